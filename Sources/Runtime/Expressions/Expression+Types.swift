import Values

extension Expression.Arithmetic {
    /// The type of `left op right` by the dialect's promotion; nil when the operator does not take such operands.
    public func resultType(_ left: SQLType, _ right: SQLType) -> SQLType? {
        if self == .add, left == .string, right == .string { return .string }
        guard left.isNumeric, right.isNumeric else { return nil }
        if left == .double || right == .double { return .double }
        if let (a, b) = decimals(left, right) { return decimalType(a, b) }
        return left == .bigint || right == .bigint ? .bigint : .integer
    }

    private typealias Digits = (precision: Int, scale: Int)

    /// Both as DECIMAL, when at least one is.
    private func decimals(_ left: SQLType, _ right: SQLType) -> (Digits, Digits)? {
        switch (left, right) {
        case (.decimal, _), (_, .decimal):
            guard let a = left.asDecimal, let b = right.asDecimal else { return nil }
            return (a, b)
        default: return nil
        }
    }

    private func decimalType(_ a: Digits, _ b: Digits) -> SQLType {
        let scale: Int
        let precision: Int
        switch self {
        case .add, .subtract:
            scale = max(a.scale, b.scale)
            precision = scale + max(a.precision - a.scale, b.precision - b.scale) + 1
        case .multiply:
            scale = a.scale + b.scale
            precision = a.precision + b.precision + 1
        case .divide:
            scale = max(6, a.scale + b.precision + 1)
            precision = a.precision - a.scale + b.scale + scale
        case .remainder:
            scale = max(a.scale, b.scale)
            precision = min(a.precision - a.scale, b.precision - b.scale) + scale
        }
        return .decimal(precision: precision, scale: scale)
    }
}

extension SQLType {
    /// The digits of the type as an exact number; nil for what is not exact.
    var asDecimal: (precision: Int, scale: Int)? {
        switch self {
        case .integer: (10, 0)
        case .bigint: (19, 0)
        case .decimal(let precision, let scale): (precision, scale)
        default: nil
        }
    }

    /// The narrowest numeric type that both fit in; nil unless both are numeric.
    public func numericUnion(_ other: SQLType) -> SQLType? {
        guard isNumeric, other.isNumeric else { return nil }
        if self == other { return self }
        if self == .double || other == .double { return .double }
        if case (.decimal, _) = (self, other) { return decimalUnion(other) }
        if case (_, .decimal) = (self, other) { return decimalUnion(other) }
        return .bigint
    }

    private func decimalUnion(_ other: SQLType) -> SQLType? {
        guard let a = asDecimal, let b = other.asDecimal else { return nil }
        let scale = max(a.scale, b.scale)
        return .decimal(precision: scale + max(a.precision - a.scale, b.precision - b.scale), scale: scale)
    }
}

extension Expression.Comparison {
    /// True for `<`, `<=`, `>` and `>=`.
    public var isOrdering: Bool {
        switch self {
        case .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }

    /// True for IS [NOT] DISTINCT FROM.
    public var isNullSafe: Bool { self == .isDistinct || self == .isNotDistinct }

    /// The type that both operands are compared as; nil when the dialect does not compare them.
    public func operandType(_ left: SQLType, _ right: SQLType) -> SQLType? {
        switch (left, right) {
        case (.boolean, .boolean): return isOrdering ? nil : .boolean
        case (.array, .array), (.map, .map), (.structure, .structure):
            return !isOrdering && left == right ? left : nil
        case (.string, .string), (.bytes, .bytes), (.time, .time), (.date, .date), (.timestamp, .timestamp): return left
        case (.date, .timestamp), (.timestamp, .date): return .timestamp
        case (.string, .date), (.string, .time), (.string, .timestamp): return right
        case (.date, .string), (.time, .string), (.timestamp, .string): return left
        default: return left.numericUnion(right)
        }
    }
}

extension Expression {
    /// Whether the value is computed of numbers, so that a NULL among them leaves it without one.
    var isArithmetic: Bool {
        switch self {
        case .arithmetic(_, _, _, let type): type != .string
        case .negate: true
        case .cast(let value, _): value.isArithmetic
        default: false
        }
    }
}
