/// The types that may stand before a quoted text to make a constant.
public enum TypedLiteral: String, Sendable, Hashable, CaseIterable {
    case date = "DATE"
    case time = "TIME"
    case timestamp = "TIMESTAMP"
}

/// A sign.
public enum UnaryOperator: String, Sendable, Hashable {
    case plus = "+"
    case minus = "-"
}

/// An operator of arithmetic or text.
public enum BinaryOperator: String, Sendable, Hashable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case concatenate = "||"
}

/// An operator that compares two values.
public enum ComparisonOperator: String, Sendable, Hashable {
    case equal = "="
    case notEqual = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isDistinct = "IS DISTINCT FROM"
    case isNotDistinct = "IS NOT DISTINCT FROM"
}

/// AND or OR.
public enum LogicalOperator: String, Sendable, Hashable {
    case and = "AND"
    case or = "OR"
}

/// `WHEN condition THEN result`.
public struct CaseBranch: Sendable, Hashable {
    /// The condition, or the value to compare with the operand of CASE.
    public let condition: Expression
    /// The value if the condition holds.
    public let result: Expression

    /// A branch.
    public init(condition: Expression, result: Expression) {
        self.condition = condition
        self.result = result
    }
}

/// `name(arguments)` or `name(*)`.
public struct FunctionCall: Sendable, Hashable {
    /// The function's name.
    public let name: Identifier
    /// The arguments; none for `name(*)`.
    public let arguments: [Expression]
    /// Whether it is `name(*)`.
    public let isStar: Bool

    /// A call.
    public init(name: Identifier, arguments: [Expression], isStar: Bool = false) {
        self.name = name
        self.arguments = arguments
        self.isStar = isStar
    }
}

/// `key := value` of a MAP constructor.
public struct MapEntry: Sendable, Hashable {
    /// The key.
    public let key: Expression
    /// The value.
    public let value: Expression

    /// An entry.
    public init(key: Expression, value: Expression) {
        self.key = key
        self.value = value
    }
}

/// `name := value` of a STRUCT constructor.
public struct StructEntry: Sendable, Hashable {
    /// The field's name.
    public let name: Identifier
    /// The field's value.
    public let value: Expression

    /// An entry.
    public init(name: Identifier, value: Expression) {
        self.name = name
        self.value = value
    }
}
