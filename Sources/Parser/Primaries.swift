extension StatementParser {
    /// A constant, name, call, constructor, CASE, CAST or anything in parentheses.
    func primary() throws(Diagnostic) -> Expression {
        if at(.leftParenthesis) { return try parenthesised() }
        if atKeywordForm { return try keywordForm() }
        return try atCall ? call() : leaf()
    }

    private var atCall: Bool { atName && ahead(1).kind == .leftParenthesis }

    /// Whether a form starts here that has a keyword of its own.
    private var atKeywordForm: Bool {
        switch keyword {
        case .case, .cast: true
        case .array: ahead(1).kind == .leftBracket
        case .map, .struct: ahead(1).kind == .leftParenthesis
        default: false
        }
    }

    private func keywordForm() throws(Diagnostic) -> Expression {
        try enter()
        defer { leave() }
        switch keyword {
        case .case: return try caseExpression()
        case .cast: return try castExpression()
        case .array: return try arrayConstructor()
        case .map: return try mapConstructor()
        default: return try structConstructor()
        }
    }

    /// A constant or a name.
    private func leaf() throws(Diagnostic) -> Expression {
        let position = token.position
        if let constant = try optionalLiteral() { return try made(.literal(constant), at: position) }
        if at(.decimal), ahead(1).kind == .text { return try decimalLiteral() }
        guard atName else { throw noExpression() }
        return try ahead(1).kind == .text ? typedLiteral() : column()
    }

    /// `[index]`, `->field` and `AT TIME ZONE` behind a primary.
    func postfixed(_ base: Expression) throws(Diagnostic) -> Expression {
        var value = base
        while true {
            if at(.leftBracket) {
                value = try element(of: value)
            } else if at(.arrow), ahead(1).kind != .star {
                value = try field(of: value)
            } else if at(.at) {
                value = try zoned(value)
            } else {
                return value
            }
        }
    }

    private func element(of value: Expression) throws(Diagnostic) -> Expression {
        try enter()
        defer { leave() }
        let position = advance().position
        let index = try expression(.concatenation)
        try expect(.rightBracket)
        return try made(.element(of: value, index: index), at: position)
    }

    private func field(of value: Expression) throws(Diagnostic) -> Expression {
        let position = advance().position
        return try made(.field(of: value, name: try name("the name of a field")), at: position)
    }

    private func zoned(_ value: Expression) throws(Diagnostic) -> Expression {
        let position = advance().position
        try expect(.time)
        try expect(.zone)
        return try made(.atTimeZone(value, try string("the name of a time zone in quotes")), at: position)
    }

    // MARK: - Names and calls

    private func column() throws(Diagnostic) -> Expression {
        let first = try name()
        guard at(.dot), ahead(1).kind != .star else {
            return try made(.column(source: nil, name: first), at: first.position)
        }
        advance()
        let second = try name("the name of a column")
        if at(.dot) {
            throw complaint(
                "a name has at most two parts",
                hint: "a field of a struct is written \(second.spelling)->field"
            )
        }
        return try made(.column(source: first, name: second), at: first.position)
    }

    private func call() throws(Diagnostic) -> Expression {
        try enter()
        defer { leave() }
        let name = try name("the name of a function")
        advance()
        if at(.star), ahead(1).kind == .rightParenthesis {
            advance()
            advance()
            return try made(.call(FunctionCall(name: name, arguments: [], isStar: true)), at: name.position)
        }
        var arguments: [Expression] = []
        if !eat(.rightParenthesis) {
            repeat {
                arguments.append(try argument(of: name, isFirst: arguments.isEmpty))
            } while eat(.comma)
            try expect(.rightParenthesis)
        }
        return try made(.call(FunctionCall(name: name, arguments: arguments)), at: name.position)
    }

    /// The functions whose first argument is a unit of time; elsewhere DAY and the like can be columns.
    private static let unitFunctions: Set<String> = [
        "DATEADD", "DATESUB", "TIMEADD", "TIMESUB", "TIMESTAMPADD", "TIMESTAMPSUB",
    ]

    private func argument(of function: Identifier, isFirst: Bool) throws(Diagnostic) -> Expression {
        if atUnit(of: function, isFirst: isFirst) { return try timeUnit() }
        if atName, ahead(1).kind == .doubleArrow { return try lambda([try name("a parameter")]) }
        return try atLambdaParameters ? lambda(try nameList("a parameter")) : expression()
    }

    /// Whether the argument is a unit of time: always if its word is reserved, else where a function takes one.
    private func atUnit(of function: Identifier, isFirst: Bool) -> Bool {
        guard let keyword, keyword.timeUnit != nil, [.comma, .rightParenthesis].contains(ahead(1).kind) else {
            return false
        }
        return keyword.isReserved || (isFirst && StatementParser.unitFunctions.contains(function.text))
    }

    private func timeUnit() throws(Diagnostic) -> Expression {
        let word = advance()
        return try made(.timeUnit(word.keyword?.timeUnit ?? .days), at: word.position)
    }

    /// Whether `(a, b, …) =>` starts here.
    private var atLambdaParameters: Bool {
        guard at(.leftParenthesis) else { return false }
        var distance = 1
        while canBeName(ahead(distance)), ahead(distance + 1).kind == .comma { distance += 2 }
        guard canBeName(ahead(distance)), ahead(distance + 1).kind == .rightParenthesis else { return false }
        return ahead(distance + 2).kind == .doubleArrow
    }

    /// What follows the parameters of a lambda.
    private func lambda(_ parameters: [Identifier]) throws(Diagnostic) -> Expression {
        try enter()
        defer { leave() }
        try expect(.doubleArrow)
        try refuseDoubles(parameters, "this lambda has two parameters called")
        let body = try expression()
        return try made(.lambda(parameters: parameters, body: body), at: parameters[0].position)
    }

    private func refuseDoubles(_ names: [Identifier], _ message: String) throws(Diagnostic) {
        var seen: Set<Identifier> = []
        for name in names where !seen.insert(name).inserted {
            throw Diagnostic(
                "42601",
                at: name.position,
                width: name.spelling.unicodeScalars.count,
                "\(message) \(name.text)"
            )
        }
    }

    // MARK: - Constants with a type

    private func decimalLiteral() throws(Diagnostic) -> Expression {
        let position = advance().position
        let quoted = token
        let text = try string("a number in quotes")
        guard let plain = decimalText(text) else {
            throw Diagnostic(
                "22P02",
                at: quoted.position,
                width: quoted.width,
                "\(self.text(of: quoted)) is not a decimal number",
                hint: "DECIMAL '12.50'"
            )
        }
        return try made(.literal(.decimal(plain)), at: position)
    }

    /// The text without a plus sign if it is `[+-]digits[.digits]`.
    private func decimalText(_ text: String) -> String? {
        var rest = Substring(text)
        var sign = ""
        if let first = rest.first, first == "-" || first == "+" {
            sign = first == "-" ? "-" : ""
            rest.removeFirst()
        }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts.joined()
        guard !digits.isEmpty, digits.utf8.allSatisfy(isDigit) else { return nil }
        return sign + rest
    }

    private func typedLiteral() throws(Diagnostic) -> Expression {
        let type = advance()
        guard type.kind == .word, let literal = TypedLiteral(rawValue: text(of: type).uppercased()) else {
            throw complaint(
                "\(text(of: token)) cannot follow \"\(text(of: type))\"",
                hint: "only DATE, TIME, TIMESTAMP and DECIMAL can stand before a quoted text"
            )
        }
        return try made(.typedLiteral(literal, try string("a text")), at: type.position)
    }

    // MARK: - Compound forms

    private func parenthesised() throws(Diagnostic) -> Expression {
        advance()
        if at(.select) {
            throw complaint("a query cannot stand inside an expression", hint: "create a table from it and join that")
        }
        let inner = try expression()
        if at(.comma) {
            throw complaint("a list of values can only stand after IN", hint: "an array is written ARRAY[a, b]")
        }
        try expect(.rightParenthesis)
        return inner
    }

    private func caseExpression() throws(Diagnostic) -> Expression {
        let position = advance().position
        let operand = at(.when) ? nil : try expression(.concatenation)
        var branches: [CaseBranch] = []
        repeat {
            try expect(.when)
            let condition = try expression()
            try expect(.then)
            branches.append(CaseBranch(condition: condition, result: try expression()))
        } while at(.when)
        let otherwise = eat(.else) ? try expression() : nil
        guard eat(.end) else {
            note("WHEN")
            throw unexpected()
        }
        return try made(.cases(operand: operand, branches, otherwise: otherwise), at: position)
    }

    private func castExpression() throws(Diagnostic) -> Expression {
        let position = advance().position
        try expect(.leftParenthesis)
        let value = try expression()
        try expect(.as)
        let type = try type()
        try expect(.rightParenthesis)
        return try made(.cast(value, type), at: position)
    }

    private func arrayConstructor() throws(Diagnostic) -> Expression {
        let position = advance().position
        advance()
        let elements = try list(upTo: .rightBracket) { (parser) throws(Diagnostic) in try parser.expression() }
        return try made(.array(elements), at: position)
    }

    private func mapConstructor() throws(Diagnostic) -> Expression {
        let position = advance().position
        advance()
        let entries = try list(upTo: .rightParenthesis) { (parser) throws(Diagnostic) in
            let key = try parser.expression()
            try parser.expect(.assign)
            return MapEntry(key: key, value: try parser.expression())
        }
        return try made(.map(entries), at: position)
    }

    private func structConstructor() throws(Diagnostic) -> Expression {
        let position = advance().position
        advance()
        let entries = try list(upTo: .rightParenthesis) { (parser) throws(Diagnostic) in try parser.structEntry() }
        try refuseDoubles(entries.map(\.name), "this struct has two fields called")
        return try made(.structure(entries), at: position)
    }

    private func structEntry() throws(Diagnostic) -> StructEntry {
        let name = try name("the name of a field")
        try expect(.assign)
        return StructEntry(name: name, value: try expression())
    }

    /// The complaint about a token that starts no expression.
    private func noExpression() -> Diagnostic {
        note("an expression")
        if at(.variable) { return complaint("variables are not replaced here") }
        let plain = unexpected()
        guard plain.hint == nil, let keyword, keyword.isReserved else { return plain }
        // A reserved word in front of a comma or an operator was meant as a column.
        let followsAsColumn: Set<TokenKind> = [.comma, .equal, .notEqual, .less, .greater, .plus, .rightParenthesis]
        guard followsAsColumn.contains(ahead(1).kind) || ahead(1).keyword == .from || ahead(1).keyword == .as else {
            return plain
        }
        return Diagnostic(
            plain.code,
            at: plain.position,
            width: plain.width,
            "expected an expression, found the reserved word \"\(text(of: token))\"",
            hint: "quote it to use it as a name: `\(keyword.text)`"
        )
    }
}
