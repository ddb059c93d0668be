import Functions
import Parser
import Runtime
import Values

extension ExpressionTyper {
    func unary(_ op: UnaryOperator, _ value: SyntaxExpression, at position: SourcePosition) throws(PlanError)
        -> Expression
    {
        let typed = try type(value)
        guard typed.type.isNumeric else {
            throw PlanError(
                SQLState.typeMismatch,
                "\(op.rawValue) needs a number, but \(typed) is \(typed.type)",
                at: value.position,
                hint: typed.castHint(to: .double)
            )
        }
        return op == .plus ? typed : .negate(typed)
    }

    func binary(
        _ op: BinaryOperator,
        _ left: SyntaxExpression,
        _ right: SyntaxExpression,
        at position: SourcePosition
    ) throws(PlanError) -> Expression {
        let a = try type(left)
        let b = try type(right)
        guard let arithmetic = op.arithmetic else {
            return try resolve("CONCAT", [a, b], [left, right], at: position)
        }
        guard let type = arithmetic.resultType(a.type, b.type) else {
            throw PlanError(
                SQLState.typeMismatch,
                "operator \(op.rawValue) does not take \(a.type) and \(b.type)",
                at: position,
                detail: "in \(Expression.arithmetic(arithmetic, a, b, a.type))",
                hint: hint(arithmetic, a, b)
            )
        }
        if case .decimal(let precision, let scale) = type, precision > SQLType.decimalPrecisionMax {
            throw PlanError(
                SQLState.notSupported,
                "the result of \(arithmetic.rawValue) would be a DECIMAL(\(precision), \(scale)), which has too many digits",
                at: position,
                hint:
                    "a DECIMAL has at most \(SQLType.decimalPrecisionMax) digits: CAST(… AS DECIMAL(38, 10)) the operands"
            )
        }
        return .arithmetic(arithmetic, a, b, type)
    }

    /// What somebody may have meant by an operator that does not take its operands; nil when nothing comes to mind.
    private func hint(_ op: Expression.Arithmetic, _ a: Expression, _ b: Expression) -> String? {
        let prefix: [SQLType: String] = [.date: "DATE", .time: "TIME", .timestamp: "TIMESTAMP"]
        if let name = prefix[a.type], b.type.isNumeric, op == .add || op == .subtract {
            let unit = a.type == .date ? "DAYS" : "SECONDS"
            return "\(name)\(op == .add ? "ADD" : "SUB")(\(unit), \(b), \(a)) computes with times"
        }
        guard a.type == .string || b.type == .string else { return nil }
        let (text, other) = a.type == .string ? (a, b) : (b, a)
        let cast = other.type.isNumeric ? text.castHint(to: other.type) : nil
        return (cast.map { $0 + "; " } ?? "") + "|| joins texts"
    }

    func comparison(
        _ op: ComparisonOperator,
        _ left: SyntaxExpression,
        _ right: SyntaxExpression,
        at position: SourcePosition
    ) throws(PlanError) -> Expression {
        if let a = try magicTimestamp(left, comparedWith: right) {
            return .comparison(op.typed, a, try type(right))
        }
        if let b = try magicTimestamp(right, comparedWith: left) { return .comparison(op.typed, try type(left), b) }
        if op.typed.isNullSafe == false, left.isNullLiteral || right.isNullLiteral {
            throw PlanError(
                SQLState.nullNotAllowed,
                "a comparison with NULL is never true",
                at: position,
                hint: op == .notEqual ? "use IS NOT NULL" : "use IS NULL"
            )
        }
        let (a, b) = try pair(left, right)
        guard op.typed.operandType(a.type, b.type) != nil else {
            throw PlanError(
                SQLState.typeMismatch,
                "\(a.type) and \(b.type) cannot be compared by \(op.rawValue)",
                at: position,
                detail: "in \(Expression.comparison(op.typed, a, b))",
                hint: a.hint(toCompareWith: b)
            )
        }
        return .comparison(op.typed, a, b)
    }

    /// Two operands; a bare NULL takes the type of the other one.
    private func pair(_ left: SyntaxExpression, _ right: SyntaxExpression) throws(PlanError) -> (
        Expression, Expression
    ) {
        let a = try type(left)
        let b = try type(right)
        if left.isNullLiteral { return (.literal(.null, b.type), b) }
        if right.isNullLiteral { return (a, .literal(.null, a.type)) }
        return (a, b)
    }

    func logical(_ op: LogicalOperator, _ parts: [SyntaxExpression]) throws(PlanError) -> Expression {
        var typed: [Expression] = []
        for part in parts { typed.append(try condition(part)) }
        return op == .and ? .and(typed) : .or(typed)
    }

    func between(
        _ value: SyntaxExpression,
        _ low: SyntaxExpression,
        _ high: SyntaxExpression,
        at position: SourcePosition
    ) throws(PlanError) -> Expression {
        let typed = try type(value)
        var bounds: [Expression] = []
        for bound in [low, high] {
            if let literal = try magicTimestamp(bound, comparedWith: value) {
                bounds.append(literal)
                continue
            }
            let candidate = try type(bound)
            guard !bound.isNullLiteral else {
                throw PlanError(
                    SQLState.nullNotAllowed,
                    "BETWEEN with NULL is never true",
                    at: bound.position,
                    hint: "use >= or <= for a single bound"
                )
            }
            guard Expression.Comparison.lessOrEqual.operandType(typed.type, candidate.type) != nil else {
                throw PlanError(
                    SQLState.typeMismatch,
                    "\(typed.type) and \(candidate.type) cannot be compared by BETWEEN",
                    at: bound.position,
                    detail: "\(typed) is \(typed.type), \(candidate) is \(candidate.type)",
                    hint: typed.hint(toCompareWith: candidate)
                )
            }
            bounds.append(candidate)
        }
        return .between(typed, low: bounds[0], high: bounds[1])
    }

    func like(_ value: SyntaxExpression, _ pattern: SyntaxExpression, _ escape: Character?) throws(PlanError)
        -> Expression
    {
        let (a, b) = try pair(value, pattern)
        for (typed, syntax) in [(a, value), (b, pattern)] where typed.type != .string {
            throw PlanError(
                SQLState.typeMismatch,
                "LIKE needs a STRING, but \(typed) is \(typed.type)",
                at: syntax.position,
                hint: typed.castHint(to: .string)
            )
        }
        return .like(a, pattern: b, escape: escape)
    }

    func cases(
        _ operand: SyntaxExpression?,
        _ branches: [CaseBranch],
        _ otherwise: SyntaxExpression?,
        at position: SourcePosition
    ) throws(PlanError) -> Expression {
        var conditions: [Expression] = []
        for branch in branches {
            if let operand {
                conditions.append(
                    try comparison(.equal, operand, branch.condition, at: branch.condition.position)
                )
            } else {
                conditions.append(try condition(branch.condition))
            }
        }
        let results = branches.map(\.result) + (otherwise.map { [$0] } ?? [])
        var typed: [Expression] = []
        for result in results { typed.append(try type(result)) }
        var type: SQLType?
        for (value, syntax) in zip(typed, results) where !syntax.isNullLiteral {
            guard let known = type else {
                type = value.type
                continue
            }
            guard known == value.type || known.numericUnion(value.type) != nil else {
                throw PlanError(
                    SQLState.typeMismatch,
                    "the results of CASE have different types: \(known) and \(value.type)",
                    at: syntax.position,
                    hint: value.castHint(to: known) ?? "CAST one of them"
                )
            }
            type = known == value.type ? known : known.numericUnion(value.type)
        }
        let result = type ?? .string
        var values = typed.map { $0.converted(to: result) }
        let last = otherwise == nil ? nil : values.removeLast()
        return .cases(
            zip(conditions, values).map { Expression.Branch(when: $0, then: $1) },
            otherwise: last,
            result
        )
    }
}

extension Expression {
    /// The expression with another type: a typed NULL, or a CAST where one is needed.
    func converted(to type: SQLType) -> Expression {
        if isNull { return .literal(.null, type) }
        return self.type == type ? self : .cast(self, type)
    }
}

extension BinaryOperator {
    /// The arithmetic operator; nil for `||`.
    fileprivate var arithmetic: Expression.Arithmetic? { Expression.Arithmetic(rawValue: rawValue) }
}

extension ComparisonOperator {
    var typed: Expression.Comparison {
        switch self {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        case .isDistinct: .isDistinct
        case .isNotDistinct: .isNotDistinct
        }
    }
}
