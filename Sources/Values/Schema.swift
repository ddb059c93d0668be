/// The columns of a row: first the key columns, then the window bounds of a windowed key, then the rest.
public struct Schema: Hashable, Sendable {
    /// A named column.
    public struct Field: Hashable, Sendable {
        public let name: String
        public let type: SQLType

        public init(_ name: String, _ type: SQLType) {
            self.name = name
            self.type = type
        }
    }

    public let fields: [Field]
    /// How many leading columns are the key; window bounds are not counted.
    public let keyCount: Int
    /// True when columns `keyCount` and `keyCount + 1` are WINDOWSTART and WINDOWEND (BIGINT, never NULL).
    public let isWindowed: Bool

    public static let windowStart = "WINDOWSTART"
    public static let windowEnd = "WINDOWEND"

    /// - Parameter values: must not repeat the window bounds, which are inserted when `isWindowed`.
    public init(key: [Field], isWindowed: Bool = false, values: [Field]) {
        let window =
            isWindowed ? [Field(Schema.windowStart, .bigint), Field(Schema.windowEnd, .bigint)] : []
        fields = key + window + values
        keyCount = key.count
        self.isWindowed = isWindowed
    }

    public var key: ArraySlice<Field> { fields[..<keyCount] }
    /// Index of the first value column.
    public var valueStart: Int { keyCount + (isWindowed ? 2 : 0) }
    public var values: ArraySlice<Field> { fields[valueStart...] }

    /// The index of the column `name`, exactly as spelled.
    public func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }
}

extension Schema: CustomStringConvertible {
    /// The columns as SQL, such as `ID BIGINT KEY, N BIGINT`.
    public var description: String {
        fields.enumerated().map { index, field in
            "\(quotedIdentifier(field.name)) \(field.type)" + (index < keyCount ? " KEY" : "")
        }.joined(separator: ", ")
    }
}
