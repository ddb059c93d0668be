import Parser
import Runtime
import Values

extension ExpressionTyper {
    /// The constant that a literal stands for.
    func type(_ literal: Literal, at position: SourcePosition) throws(PlanError) -> Expression {
        switch literal {
        case .null: return .literal(.null, .string)
        case .boolean(let flag): return .literal(.boolean(flag), .boolean)
        case .integer(let number): return .literal(.integer(number), .integer)
        case .bigint(let number): return .literal(.bigint(number), .bigint)
        case .double(let number): return .literal(.double(number), .double)
        case .string(let text): return .literal(.string(text), .string)
        case .decimal(let text):
            guard let number = Decimal(text), number.precision <= SQLType.decimalPrecisionMax else {
                throw PlanError(
                    SQLState.outOfRange,
                    "\(text.prefix(60))… has more than \(SQLType.decimalPrecisionMax) digits",
                    at: position,
                    hint: "write it with an exponent, e.g. 1E0, for a DOUBLE"
                )
            }
            let precision = max(number.precision, number.scale)
            return .literal(.decimal(number), .decimal(precision: precision, scale: number.scale))
        }
    }

    func type(_ kind: TypedLiteral, _ text: String, at position: SourcePosition) throws(PlanError) -> Expression {
        let target: SQLType =
            switch kind {
            case .date: .date
            case .time: .time
            case .timestamp: .timestamp
            }
        return .literal(try constant(text, as: target, at: position), target)
    }

    /// The value that a text means as a constant of a type.
    /// - Throws: when it means none.
    func constant(_ text: String, as type: SQLType, at position: SourcePosition) throws(PlanError) -> Value {
        var value = Expression.cast(.literal(.string(text), .string), type).constantValue() ?? .null
        // CAST takes every other text for FALSE; a constant must say so.
        let word = text.lowercased()
        if type == .boolean, !["true", "yes", "false", "no"].contains(where: { !word.isEmpty && $0.hasPrefix(word) }) {
            value = .null
        }
        guard !value.isNull else {
            throw PlanError(
                SQLState.invalidText,
                "invalid input syntax for type \(type): \"\(text)\"",
                at: position,
                hint: exampleText(of: type).map { "write it like '\($0)'" }
            )
        }
        return value
    }

    private func exampleText(of type: SQLType) -> String? {
        switch type {
        case .boolean: "true"
        case .date: "2026-08-31"
        case .time: "23:59:58"
        case .timestamp: "2026-08-31T23:59:58.123"
        case .integer, .bigint: "42"
        case .double, .decimal: "12.5"
        case .bytes: "aGVsbG8="
        default: nil
        }
    }

    /// The literal in the place of a string that is compared with a time in milliseconds; nil when it is not that.
    ///
    /// ROWTIME, WINDOWSTART and WINDOWEND are BIGINT; people compare them with texts such as '2026-08-31T12:00'.
    func magicTimestamp(_ syntax: SyntaxExpression, comparedWith other: SyntaxExpression) throws(PlanError)
        -> Expression?
    {
        guard let text = syntax.stringLiteral, case .column(_, let name) = other.kind,
            ["ROWTIME", "WINDOWSTART", "WINDOWEND"].contains(name.text)
        else { return nil }
        guard case .timestamp(let milliseconds) = try constant(text, as: .timestamp, at: syntax.position) else {
            return nil
        }
        return .literal(.bigint(milliseconds), .bigint)
    }
}

extension Expression {
    /// True for a NULL without a type of its own.
    var isNull: Bool {
        guard case .literal(.null, _) = self else { return false }
        return true
    }

    /// True when nothing of a row takes part.
    var isConstant: Bool {
        switch self {
        case .column, .rowTime, .parameter: false
        case .lambda: false
        default: isDeterministic && children.allSatisfy(\.isConstant)
        }
    }
}
