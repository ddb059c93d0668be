import Values

/// A PostgreSQL type in which values are sent; the target's column may have another one that takes it.
enum WireType: Hashable, Sendable {
    case bool, int4, int8, float8, text, bytea, date, time, timestamptz, jsonb
    case numeric(precision: Int, scale: Int)

    /// The type for values of a SQL type.
    init(_ type: SQLType) {
        self =
            switch type {
            case .boolean: .bool
            case .integer: .int4
            case .bigint: .int8
            case .double: .float8
            case .decimal(let precision, let scale): .numeric(precision: precision, scale: scale)
            case .string: .text
            case .bytes: .bytea
            case .date: .date
            case .time: .time
            case .timestamp: .timestamptz
            case .array, .map, .structure: .jsonb
            }
    }

    /// The name without precision, as casts and temporary tables use it.
    var name: String {
        switch self {
        case .bool: "boolean"
        case .int4: "integer"
        case .int8: "bigint"
        case .float8: "double precision"
        case .numeric: "numeric"
        case .text: "text"
        case .bytea: "bytea"
        case .date: "date"
        case .time: "time"
        case .timestamptz: "timestamptz"
        case .jsonb: "jsonb"
        }
    }

    /// The type as CREATE TABLE gets it.
    var declaration: String {
        // A declared numeric has at most 1000 digits; without a declaration there is room for every DECIMAL.
        if case .numeric(let precision, let scale) = self, precision <= 1000 { return "numeric(\(precision),\(scale))" }
        return name
    }

    /// The fixed OIDs of the type and of the array of it.
    var oids: (element: UInt32, array: UInt32) {
        switch self {
        case .bool: (16, 1000)
        case .int4: (23, 1007)
        case .int8: (20, 1016)
        case .float8: (701, 1022)
        case .numeric: (1700, 1231)
        case .text: (25, 1009)
        case .bytea: (17, 1001)
        case .date: (1082, 1182)
        case .time: (1083, 1183)
        case .timestamptz: (1184, 1185)
        case .jsonb: (3802, 3807)
        }
    }

    /// True when a column of the type `target` (its name in pg_type) takes every value, or refuses it with an error:
    /// nothing is rounded or cut silently.
    func fits(_ target: String, modifier: Int) -> Bool {
        // Text can become anything that reads text.
        if self == .text || target == "text" || target == "varchar" { return self != .bytea || target == "bytea" }
        return switch self {
        case .bool: target == "bool"
        case .int4: ["int2", "int4", "int8", "numeric", "float8"].contains(target) && keepsDigits(modifier, 0)
        case .int8: ["int2", "int4", "int8", "numeric"].contains(target) && keepsDigits(modifier, 0)
        case .float8: target == "float8" || (target == "numeric" && modifier < 0)
        case .numeric(_, let scale): target == "numeric" && keepsDigits(modifier, scale)
        case .bytea: target == "bytea"
        case .date: ["date", "timestamp", "timestamptz"].contains(target)
        case .time: target == "time" && !(0..<3).contains(modifier)
        case .timestamptz: ["timestamptz", "timestamp"].contains(target) && !(0..<3).contains(modifier)
        case .jsonb: ["jsonb", "json"].contains(target)
        case .text: true
        }
    }

    /// True when a numeric's type modifier has room for that many digits behind the point.
    private func keepsDigits(_ modifier: Int, _ scale: Int) -> Bool { modifier < 4 || (modifier - 4) & 0x7FF >= scale }

    /// True when an explicit cast is needed to put the values into a column of the type.
    func needsCast(to target: String) -> Bool {
        switch self {
        case .text: !["text", "varchar", "bpchar"].contains(target)
        case .jsonb: target != "jsonb"
        default: false
        }
    }
}
