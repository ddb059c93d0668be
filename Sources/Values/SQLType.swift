/// A SQL type of the dialect.
public indirect enum SQLType: Hashable, Sendable {
    case boolean
    case integer
    case bigint
    case double
    /// Exact decimal of `precision` digits, `scale` of them behind the point.
    case decimal(precision: Int, scale: Int)
    case string
    case bytes
    /// Milliseconds of a day, 0 to 86 399 999.
    case time
    /// Days since 1970-01-01.
    case date
    /// Milliseconds since 1970-01-01T00:00:00Z.
    case timestamp
    case array(SQLType)
    case map(key: SQLType, value: SQLType)
    case structure([StructField])

    /// The most digits that a DECIMAL has.
    public static let decimalPrecisionMax = 10_000
    /// The largest precision whose unscaled value always fits 128 bits; DECIMALs with more digits are wide.
    public static let narrowPrecisionMax = 38
}

/// A named field of a STRUCT type.
public struct StructField: Hashable, Sendable {
    public let name: String
    public let type: SQLType

    public init(_ name: String, _ type: SQLType) {
        self.name = name
        self.type = type
    }
}

extension SQLType: CustomStringConvertible {
    /// The type as the dialect writes it, such as ``ARRAY<DECIMAL(4, 2)>``.
    public var description: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .integer: "INTEGER"
        case .bigint: "BIGINT"
        case .double: "DOUBLE"
        case .decimal(let precision, let scale): "DECIMAL(\(precision), \(scale))"
        case .string: "STRING"
        case .bytes: "BYTES"
        case .time: "TIME"
        case .date: "DATE"
        case .timestamp: "TIMESTAMP"
        case .array(let element): "ARRAY<\(element)>"
        case .map(let key, let value): "MAP<\(key), \(value)>"
        case .structure(let fields):
            "STRUCT<" + fields.map { "\(quotedIdentifier($0.name)) \($0.type)" }.joined(separator: ", ") + ">"
        }
    }
}

extension SQLType {
    /// How values of the type lie in a column's data buffer.
    public var storage: ColumnStorage {
        switch self {
        case .boolean: .fixed(1)
        case .integer, .date, .time: .fixed(4)
        case .bigint, .double, .timestamp: .fixed(8)
        case .decimal: isWideDecimal ? .variable : .fixed(16)
        case .string, .bytes: .variable
        case .array, .map: .list
        case .structure: .structure
        }
    }

    /// True for DECIMALs whose values do not fit 128 bits.
    public var isWideDecimal: Bool {
        guard case .decimal(let precision, _) = self else { return false }
        return precision > SQLType.narrowPrecisionMax
    }

    /// True for INTEGER, BIGINT, DECIMAL and DOUBLE.
    public var isNumeric: Bool {
        switch self {
        case .integer, .bigint, .double, .decimal: true
        default: false
        }
    }

    /// The columns below a column of this type: an element, a key and a value, or the fields.
    public var childTypes: [SQLType] {
        switch self {
        case .array(let element): [element]
        case .map(let key, let value): [key, value]
        case .structure(let fields): fields.map(\.type)
        default: []
        }
    }
}

/// The physical layout of a column.
public enum ColumnStorage: Equatable, Sendable {
    /// That many bytes a row in the data buffer.
    case fixed(Int)
    /// `count + 1` offsets (Int32) into a byte arena.
    case variable
    /// `count + 1` offsets (Int32) into the child columns.
    case list
    /// Only child columns.
    case structure
}

/// The identifier as SQL text: plain when it needs no quotes, in backticks otherwise.
public func quotedIdentifier(_ name: String) -> String {
    let plain =
        !name.isEmpty
        && name.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
        && !(48...57).contains(name.utf8.first ?? 48)
    return plain
        ? name : "`" + name.split(separator: "`", omittingEmptySubsequences: false).joined(separator: "``") + "`"
}
