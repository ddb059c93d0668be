import Values

/// An aggregate function: what it says about itself, and what a call of it means.
public struct AggregateFunction: Sendable {
    /// Upper case.
    public let name: String
    /// What it does, in one sentence.
    public let summary: String
    /// Its signatures as DESCRIBE FUNCTION shows them, such as `TOPK(x ANY, k INTEGER) -> ARRAY<x>`.
    public let signatures: [String]
    /// A call, the values it is given, and what it gives.
    public let example: AggregateExample
    /// What a call means; nil when the function does not take the arguments.
    let bind: @Sendable (AggregateCall) throws(AggregateError) -> AggregateBinding?

    public init(
        _ name: String,
        _ summary: String,
        _ signatures: [String],
        example: AggregateExample,
        bind: @escaping @Sendable (AggregateCall) throws(AggregateError) -> AggregateBinding?
    ) {
        self.name = name
        self.summary = summary
        self.signatures = signatures
        self.example = example
        self.bind = bind
    }
}

/// A call over a few rows, shown by DESCRIBE FUNCTION and executed by a test.
public struct AggregateExample: Sendable {
    /// The call as SQL, such as `SUM(x)`.
    public let call: String
    /// The type of `x`.
    public let type: SQLType
    /// The values of `x`, one a row.
    public let rows: [Value]
    /// Literal arguments behind `x`.
    public let literals: [Value]
    /// How many arguments in front of the literals are `x`.
    public let columns: Int
    public let result: Value

    public init(
        _ call: String,
        _ type: SQLType,
        _ rows: [Value],
        literals: [Value] = [],
        columns: Int = 1,
        gives result: Value
    ) {
        self.call = call
        self.columns = columns
        self.type = type
        self.rows = rows
        self.literals = literals
        self.result = result
    }
}

/// The arguments of a call: types, and values where they are literals.
public struct AggregateCall {
    public let types: [SQLType]
    /// The value of each argument that is a literal, nil for the others.
    public let literals: [Value?]
    public let limits: AggregateLimits

    /// How many arguments there are.
    public var count: Int { types.count }

    /// The type of the only argument; nil when there are more or fewer.
    public var single: SQLType? { types.count == 1 ? types[0] : nil }

    /// The value of a literal that is a whole number; nil when the argument is none.
    public func integer(_ index: Int) -> Int? {
        guard index < count else { return nil }
        return switch literals[index] {
        case .integer(let number): Int(number)
        case .bigint(let number): Int(number)
        default: nil
        }
    }

    /// A literal that says how many values a group keeps; nil when it is no whole number.
    func limit(_ index: Int) throws(AggregateError) -> Int? {
        guard let number = integer(index) else { return nil }
        guard number >= 1, number <= Int(Int32.max) else {
            throw AggregateError("the number of values to keep is \(number)", hint: "it is from 1 to \(Int32.max)")
        }
        return number
    }

    func boolean(_ index: Int) -> Bool? {
        guard index < count, case .boolean(let flag) = literals[index] else { return nil }
        return flag
    }
}

/// How a call is carried out.
public struct AggregateBinding {
    let result: SQLType
    let accumulator: any Accumulator
    /// How many leading arguments are columns; the others are literals.
    let columns: Int

    public init(_ result: SQLType, columns: Int = 1, _ accumulator: any Accumulator) {
        self.result = result
        self.accumulator = accumulator
        self.columns = columns
    }
}

/// Limits of functions whose state can grow without one; see the properties `ksql.functions.….limit`.
public struct AggregateLimits: Hashable, Sendable {
    public var collectList: Int
    public var collectSet: Int

    public init(collectList: Int = .max, collectSet: Int = .max) {
        self.collectList = collectList < 0 ? .max : collectList
        self.collectSet = collectSet < 0 ? .max : collectSet
    }
}
