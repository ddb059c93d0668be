/// One SQL value as a plain Swift value, for the control plane, tests and literals; the data path uses ``Column``.
public indirect enum Value: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int32)
    case bigint(Int64)
    case double(Double)
    case decimal(Decimal)
    case string(String)
    case bytes([UInt8])
    /// Milliseconds of the day.
    case time(Int32)
    /// Days since 1970-01-01.
    case date(Int32)
    /// Milliseconds since 1970-01-01T00:00:00Z.
    case timestamp(Int64)
    case array([Value])
    /// Entries in order; keys are unique.
    case map([MapEntry])
    /// The fields in the order of the type.
    case structure([Value])

    public var isNull: Bool { self == .null }
}

/// A key and its value in a MAP.
public struct MapEntry: Hashable, Sendable {
    public let key: Value
    public let value: Value

    public init(_ key: Value, _ value: Value) {
        self.key = key
        self.value = value
    }
}
