import Values

/// The rows that both evaluate expressions over: two columns of each type, edges of the types and NULLs in them.
enum ComparisonRows {
    /// DECIMALs of two scales.
    static let money = SQLType.decimal(precision: 12, scale: 3)
    static let rate = SQLType.decimal(precision: 6, scale: 2)

    static let types: [SQLType] = [
        .integer, .bigint, .double, money, rate, .string, .boolean, .date, .time, .timestamp,
    ]
    static let count = 32

    static func prefix(_ type: SQLType) -> String {
        switch type {
        case .integer: "i"
        case .bigint: "b"
        case .double: "d"
        case money: "m"
        case .decimal: "r"
        case .string: "s"
        case .boolean: "f"
        case .date: "dt"
        case .time: "tm"
        default: "ts"
        }
    }

    static func postgresName(_ type: SQLType) -> String {
        switch type {
        case .integer: "integer"
        case .bigint: "bigint"
        case .double: "float8"
        case .decimal(let precision, let scale): "numeric(\(precision),\(scale))"
        case .string: "text"
        case .boolean: "boolean"
        case .date: "date"
        case .time: "time"
        default: "timestamp"
        }
    }

    static func columns(_ type: SQLType) -> [Term] {
        [1, 2].map { Term(type, "\(prefix(type))\($0)", "\(prefix(type))\($0)") }
    }

    static var fields: [Schema.Field] {
        types.flatMap { type in [1, 2].map { Schema.Field("\(prefix(type))\($0)".uppercased(), type) } }
    }

    /// Texts of values, edges among them, that CAST takes in both languages.
    static func constants(_ type: SQLType) -> [String] {
        switch type {
        case .integer: ["0", "1", "-1", "2", "7", "-12", "100", "2147483647", "-2147483648", "46341", "65536"]
        case .bigint:
            [
                "0", "1", "-1", "3", "1000", "-86400001", "2147483648", "1590530399123", "9223372036854775807",
                "-9223372036854775808", "4294967296",
            ]
        case .double:
            ["0.0", "1.0", "-1.0", "0.5", "-0.5", "2.5", "-2.5", "0.1", "123456.789", "-99999.99", "1e-5", "3e9"]
        case money:
            ["0.000", "1.000", "-1.000", "0.500", "-0.005", "12.345", "-12.345", "999999999.999", "0.001", "100.000"]
        case .decimal: ["0.00", "1.00", "-1.00", "0.05", "-0.50", "9999.99", "-9999.99", "12.34", "3.00"]
        case .string:
            [
                "", "a", "b", "abc", "ABC", " pad ", "é", "Straße", "a,b,,c", "12", "-7", " 42 ", "1.5", "1e3", "true",
                "Yes",
                "x%y_z", "zebra", "aaa", "2147483648", "hello world", "0", "ab,", "no",
            ]
        case .boolean: ["true", "false"]
        case .date: ["1970-01-01", "2020-02-29", "1969-12-31", "1999-12-31", "2024-03-31", "2100-01-01", "1900-02-28"]
        case .time: ["00:00:00", "23:59:59.999", "12:00:00", "10:20:30.405", "00:00:01", "06:30:00"]
        default:
            [
                "1970-01-01T00:00:00", "2020-02-29T23:59:59.999", "1969-12-31T23:59:59.001", "2024-03-31T01:30:00",
                "2000-01-01T00:00:00", "1900-06-15T12:00:00.5",
            ]
        }
    }

    /// Rows of texts, nil for NULL, as the seed deals them.
    static func deal(_ maker: inout TermMaker) -> [[String?]] {
        var rows: [[String?]] = []
        for _ in 0..<count {
            rows.append(fields.map { maker.roll(6) == 0 ? nil : maker.pick(constants($0.type)) })
        }
        return rows
    }
}
