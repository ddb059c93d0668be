import Functions
import Values

extension Expression: CustomStringConvertible {
    /// The expression as SQL, with no more parentheses than it needs.
    public var description: String {
        switch self {
        case .column(_, let name, _), .parameter(let name, _): quotedIdentifier(name)
        case .rowTime: "ROWTIME"
        case .literal(let value, let type): value.sql(type)
        case .arithmetic(let op, let left, let right, _):
            "\(left.operand(binding)) \(op.rawValue) \(right.operand(binding + 1))"
        case .negate(let value): "-\(value.operand(binding + 1))"
        case .comparison(let op, let left, let right):
            "\(left.operand(binding + 1)) \(op.rawValue) \(right.operand(binding + 1))"
        case .and(let parts): parts.map { $0.operand(binding + 1) }.joined(separator: " AND ")
        case .or(let parts): parts.map { $0.operand(binding + 1) }.joined(separator: " OR ")
        case .not(let value): "NOT \(value.operand(binding))"
        case .isNull(let value): "\(value.operand(binding + 1)) IS NULL"
        case .isNotNull(let value): "\(value.operand(binding + 1)) IS NOT NULL"
        case .between(let value, let low, let high):
            "\(value.operand(binding + 1)) BETWEEN \(low.operand(binding + 1)) AND \(high.operand(binding + 1))"
        case .inList(let value, let items): "\(value.operand(binding + 1)) IN (\(list(items)))"
        case .like(let value, let pattern, let escape):
            "\(value.operand(binding + 1)) LIKE \(pattern.operand(binding + 1))"
                + (escape.map { " ESCAPE \(Value.string(String($0)).sql(.string))" } ?? "")
        case .cast(let value, let type): "CAST(\(value) AS \(type))"
        case .cases(let branches, let otherwise, _):
            "CASE" + branches.map { " WHEN \($0.condition) THEN \($0.result)" }.joined()
                + (otherwise.map { " ELSE \($0)" } ?? "") + " END"
        case .element(let container, let index): "\(container.operand(binding))[\(index)]"
        case .field(let value, let index): "\(value.operand(binding))->\(value.type.fieldName(index))"
        case .array(let parts, _): "ARRAY[\(list(parts))]"
        case .map(let entries, _, _): "MAP(" + entries.map { "\($0.key) := \($0.value)" }.joined(separator: ", ") + ")"
        case .structure(let fields):
            "STRUCT(" + fields.map { "\(quotedIdentifier($0.name)) := \($0.value)" }.joined(separator: ", ") + ")"
        case .call(let function, let arguments): "\(function.function.name)(\(list(arguments)))"
        case .lambda(let parameters, let body):
            "(" + parameters.map { quotedIdentifier($0.name) }.joined(separator: ", ") + ") => \(body)"
        }
    }

    private func list(_ parts: [Expression]) -> String { parts.map(\.description).joined(separator: ", ") }

    /// How tightly the operator binds; operands that bind less need parentheses.
    private var binding: Int {
        switch self {
        case .lambda: 0
        case .or: 1
        case .and: 2
        case .not: 3
        case .comparison, .isNull, .isNotNull, .between, .inList, .like: 4
        case .arithmetic(let op, _, _, _): op == .add || op == .subtract ? 5 : 6
        case .negate: 7
        default: 9
        }
    }

    private func operand(_ outer: Int) -> String { binding < outer ? "(\(self))" : description }
}

extension SQLType {
    fileprivate func fieldName(_ index: Int) -> String {
        guard case .structure(let fields) = self, fields.indices.contains(index) else { return "\(index)" }
        return quotedIdentifier(fields[index].name)
    }
}
