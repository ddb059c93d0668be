/// How tightly an operator binds, loosest first.
enum Precedence: Int, Comparable, Sendable {
    case or
    case and
    case not
    /// Comparisons, BETWEEN, IN, LIKE, IS: they do not chain.
    case predicate
    case concatenation
    case sum
    case product
    case sign
    case primary

    static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }

    /// The next tighter level.
    var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .primary }
}

extension StatementParser {
    /// An expression of any form but a lambda or a unit of time.
    func expression() throws(Diagnostic) -> Expression { try expression(.or) }

    /// An expression whose operators bind at least as tightly as a level.
    func expression(_ minimum: Precedence) throws(Diagnostic) -> Expression {
        try enter()
        defer { leave() }
        var left = try prefixed(minimum)
        // What may still follow: after a predicate only AND and OR.
        var ceiling = Precedence.primary
        while let (level, infix) = infix(), level >= minimum {
            guard level <= ceiling else { throw chained() }
            left = try joined(left, infix, level)
            ceiling = level == .predicate ? .not : level
        }
        if at(.doubleArrow) { throw misplacedLambda() }
        return left
    }

    // MARK: - Prefixes

    private func prefixed(_ minimum: Precedence) throws(Diagnostic) -> Expression {
        if at(.not), minimum <= .not {
            let position = advance().position
            return try made(.not(try expression(.not)), at: position)
        }
        if at(.minus) || at(.plus) { return try signed() }
        return try postfixed(try primary())
    }

    private func signed() throws(Diagnostic) -> Expression {
        if let constant = try signedConstant() { return try postfixed(constant) }
        let position = token.position
        let sign: UnaryOperator = advance().kind == .minus ? .minus : .plus
        return try made(.unary(sign, try expression(.sign)), at: position)
    }

    private func signedConstant() throws(Diagnostic) -> Expression? {
        let position = token.position
        guard let constant = try optionalLiteral() else { return nil }
        return try made(.literal(constant), at: position)
    }

    // MARK: - Infixes

    /// An operator between two operands.
    private enum Infix {
        case logical(LogicalOperator)
        case binary(BinaryOperator)
        case comparison(ComparisonOperator)
        case between, inList, like, isTest
    }

    /// The operator at the current token; `NOT` in front of BETWEEN, IN and LIKE is looked over.
    private func infix() -> (Precedence, Infix)? {
        switch token.kind {
        case .plus: return (.sum, .binary(.add))
        case .minus: return (.sum, .binary(.subtract))
        case .star: return (.product, .binary(.multiply))
        case .slash: return (.product, .binary(.divide))
        case .percent: return (.product, .binary(.remainder))
        case .concatenate: return (.concatenation, .binary(.concatenate))
        case .equal: return (.predicate, .comparison(.equal))
        case .notEqual: return (.predicate, .comparison(.notEqual))
        case .less: return (.predicate, .comparison(.less))
        case .lessOrEqual: return (.predicate, .comparison(.lessOrEqual))
        case .greater: return (.predicate, .comparison(.greater))
        case .greaterOrEqual: return (.predicate, .comparison(.greaterOrEqual))
        case .word: break
        default: return nil
        }
        switch at(.not) ? ahead(1).keyword : keyword {
        case .and where !at(.not): return (.and, .logical(.and))
        case .or where !at(.not): return (.or, .logical(.or))
        case .is where !at(.not): return (.predicate, .isTest)
        case .between: return (.predicate, .between)
        case .in: return (.predicate, .inList)
        case .like: return (.predicate, .like)
        default: return nil
        }
    }

    private func joined(
        _ left: Expression,
        _ infix: Infix,
        _ level: Precedence
    ) throws(Diagnostic) -> Expression {
        switch infix {
        case .logical(let operation):
            return try logicalChain(left, operation, level)
        case .binary(let operation):
            return try binary(left, operation, level)
        case .comparison(let operation):
            return try compared(left, operation)
        case .between, .inList, .like:
            return try tested(left, infix)
        case .isTest:
            return try isTested(left)
        }
    }

    private func binary(
        _ left: Expression,
        _ operation: BinaryOperator,
        _ level: Precedence
    ) throws(Diagnostic) -> Expression {
        let position = advance().position
        return try made(.binary(operation, left, try expression(level.tighter)), at: position)
    }

    private func compared(_ left: Expression, _ operation: ComparisonOperator) throws(Diagnostic) -> Expression {
        let position = advance().position
        return try made(.comparison(operation, left, try expression(.concatenation)), at: position)
    }

    private func logicalChain(
        _ left: Expression,
        _ operation: LogicalOperator,
        _ level: Precedence
    ) throws(Diagnostic) -> Expression {
        let position = token.position
        var operands = [left]
        while at(operation == .and ? .and : .or) {
            advance()
            operands.append(try expression(level.tighter))
        }
        return try made(.logical(operation, operands), at: position)
    }

    /// `[NOT] BETWEEN`, `[NOT] IN`, `[NOT] LIKE`.
    private func tested(_ value: Expression, _ infix: Infix) throws(Diagnostic) -> Expression {
        let negated = eat(.not)
        switch infix {
        case .between: return try between(value, negated)
        case .like: return try like(value, negated)
        default:
            let position = advance().position
            return try made(.inList(value, try listItems(), negated: negated), at: position)
        }
    }

    private func between(_ value: Expression, _ negated: Bool) throws(Diagnostic) -> Expression {
        let position = advance().position
        let low = try expression(.concatenation)
        try expect(.and)
        let high = try expression(.concatenation)
        return try made(.between(value, low: low, high: high, negated: negated), at: position)
    }

    private func like(_ value: Expression, _ negated: Bool) throws(Diagnostic) -> Expression {
        let position = advance().position
        let pattern = try expression(.concatenation)
        let escape = eat(.escape) ? try escapeCharacter() : nil
        return try made(.like(value, pattern: pattern, escape: escape, negated: negated), at: position)
    }

    /// `(expression, …)`.
    private func listItems() throws(Diagnostic) -> [Expression] {
        try enter()
        defer { leave() }
        return try valueList()
    }

    private func escapeCharacter() throws(Diagnostic) -> Character {
        let start = token
        let text = try string("one character in quotes")
        guard let character = text.first, text.count == 1 else {
            throw Diagnostic(
                "22025",
                at: start.position,
                width: start.width,
                "ESCAPE takes exactly one character",
                hint: "ESCAPE '!'"
            )
        }
        return character
    }

    /// `IS [NOT] NULL`, `IS [NOT] DISTINCT FROM`.
    private func isTested(_ value: Expression) throws(Diagnostic) -> Expression {
        let position = advance().position
        let negated = eat(.not)
        if eat(.null) { return try made(.isNull(value, negated: negated), at: position) }
        try expect(.distinct)
        try expect(.from)
        let other = try expression(.concatenation)
        return try made(.comparison(negated ? .isNotDistinct : .isDistinct, value, other), at: position)
    }

    // MARK: - Diagnostics

    /// The complaint about an operator behind a predicate.
    private func chained() -> Diagnostic {
        complaint(
            "a comparison cannot be followed by \"\(text(of: token))\"",
            hint: "put the comparison in parentheses, or join two with AND"
        )
    }

    private func misplacedLambda() -> Diagnostic {
        complaint("a lambda can only be an argument of a function", hint: "TRANSFORM(list, x => x + 1)")
    }

    /// An expression, if it does not stand inside too many others.
    func made(_ kind: Expression.Kind, at position: SourcePosition) throws(Diagnostic) -> Expression {
        let expression = Expression(kind, position: position)
        guard expression.height <= options.nestingMax else { throw tooDeep(at: position) }
        return expression
    }
}
