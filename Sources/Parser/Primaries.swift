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
            let position = token.position
            if at(.leftBracket) {
                advance()
                let index = try expression(.concatenation)
                try expect(.rightBracket)
                value = try made(.element(of: value, index: index), at: position)
            } else if at(.arrow), ahead(1).kind != .star {
                advance()
                let name = try name("the name of a field")
                value = try made(.field(of: value, name: name), at: position)
            } else if at(.at) {
                advance()
                try expect(.time)
                try expect(.zone)
                let zone = try string("the name of a time zone in quotes")
                value = try made(.atTimeZone(value, zone), at: position)
            } else {
                return value
            }
        }
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
        let position = token.position
        if let unit = keyword?.timeUnit, [.comma, .rightParenthesis].contains(ahead(1).kind) {
            let takesUnit = isFirst && StatementParser.unitFunctions.contains(function.text)
            if takesUnit || keyword?.isReserved == true {
                advance()
                return try made(.timeUnit(unit), at: position)
            }
        }
        if atName, ahead(1).kind == .doubleArrow {
            let parameter = try name("a parameter")
            return try lambda([parameter], at: position)
        }
        if atLambdaParameters { return try lambda(try nameList("a parameter"), at: position) }
        return try expression()
    }

    /// Whether `(a, b, …) =>` starts here.
    private var atLambdaParameters: Bool {
        guard at(.leftParenthesis) else { return false }
        var distance = 1
        while canBeName(ahead(distance)), ahead(distance + 1).kind == .comma { distance += 2 }
        guard canBeName(ahead(distance)), ahead(distance + 1).kind == .rightParenthesis else { return false }
        return ahead(distance + 2).kind == .doubleArrow
    }

    private func lambda(_ parameters: [Identifier], at position: SourcePosition) throws(Diagnostic)
        -> Expression
    {
        try enter()
        defer { leave() }
        try expect(.doubleArrow)
        var seen: Set<Identifier> = []
        for parameter in parameters where !seen.insert(parameter).inserted {
            throw Diagnostic(
                "42601",
                at: parameter.position,
                width: parameter.spelling.unicodeScalars.count,
                "this lambda has two parameters called \(parameter.text)"
            )
        }
        return try made(.lambda(parameters: parameters, body: try expression()), at: position)
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
                "\(self.text(of: quoted)) is not a decimal number"
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
        if at(.comma) { throw complaint("a list of values can only stand after IN") }
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
        var seen: Set<Identifier> = []
        let entries = try list(upTo: .rightParenthesis) { (parser) throws(Diagnostic) in
            let name = try parser.name("the name of a field")
            guard seen.insert(name).inserted else {
                throw Diagnostic(
                    "42601",
                    at: name.position,
                    width: name.spelling.unicodeScalars.count,
                    "this struct has two fields called \(name.text)"
                )
            }
            try parser.expect(.assign)
            return StructEntry(name: name, value: try parser.expression())
        }
        return try made(.structure(entries), at: position)
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
