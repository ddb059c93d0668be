import Connectors
import Runtime
import Testing
import Values

private let money = SQLType.decimal(precision: 4, scale: 2)

@Suite("DELIMITED")
struct DelimitedTests {
    @Test(
        arguments: [
            (.string, "abc", .string("abc")), (.string, #""a,""b""""#, .string(#"a,"b""#)),
            (.string, "a\"b", .string("a\"b")),
            (.string, " x ", .string(" x ")), (.string, "", .null), (.string, #""""#, .null),
            (.boolean, "true", .boolean(true)), (.boolean, "TRUE", .boolean(true)), (.boolean, "yes", .boolean(false)),
            (.integer, "-12", .integer(-12)), (.integer, "+12", .integer(12)), (.integer, "", .null),
            (.bigint, "-9223372036854775808", .bigint(.min)), (.double, " 1e3 ", .double(1000)),
            (.double, "NaN", .double(.nan)), (.double, "1.5f", .double(1.5)),
            (money, "1.5", .decimal(Decimal(unscaled: 150, scale: 2))),
            (money, "1.500", .decimal(Decimal(unscaled: 150, scale: 2))),
            (.bytes, "AQI=", .bytes([1, 2])), (.date, "-10", .date(-10)), (.time, "86400000", .time(86_400_000)),
            (.date, "1970-01-11", .date(10)), (.time, "00:00:01.5", .time(1500)),
            (.timestamp, "1970-01-01T01:00:00.001+01:00", .timestamp(1)), (.timestamp, "1", .timestamp(1)),
            (.string, #""quoted" "#, .string("quoted")),
        ] as [(SQLType, String, Value)]
    )
    func values(_ type: SQLType, _ text: String, _ value: Value) throws {
        let format = try FormatCase("DELIMITED", [("A", .bigint), ("V", type), ("Z", .string)])
        let (rows, bad) = try format.read(["1,\(text),z", nil, "2,\(text),", "\r\n3,\(text),\r\nsecond,record"])
        #expect(bad.isEmpty, "\(bad)")
        #expect(rows.map { $0[0] } == [.bigint(1), .null, .bigint(2), .bigint(3)])
        #expect(rows.map { $0[2] } == [.string("z"), .null, .null, .null])
        for row in [0, 2, 3] { #expect("\(rows[row][1])" == "\(value)") }
    }

    @Test(
        arguments: [
            (.integer, "1.0", "not a number"), (.integer, " 1", "not a number"),
            (.integer, "2147483648", "does not fit INTEGER"),
            (.integer, "-", "not a number"), (.bigint, "9223372036854775808", "does not fit BIGINT"),
            (.double, "x", "not a number"), (money, "1.234", "more digits"), (money, "100", "does not fit"),
            (money, "1x", "not a number"), (.bytes, "A", "base64"), (.time, "86400001", "does not fit TIME"),
            (.timestamp, "99999999999999999999", "does not fit TIMESTAMP"),
            (.date, "1970-02-30", "neither a number nor ISO 8601"),

            (.string, #""open"#, "does not end"), (.string, #""a"b"#, "closing quote"), (.string, "a,b", "found 4"),
        ] as [(SQLType, String, String)]
    )
    func refused(_ type: SQLType, _ text: String, _ reason: String) throws {
        let format = try FormatCase("DELIMITED", [("A", .bigint), ("V", type), ("Z", .string)])
        let (rows, bad) = try format.read(["1,,a", "2,\(text),b", "3,,c"])
        #expect(bad.map(\.row) == [1])
        #expect(bad.first?.reason.contains(reason) == true, "\(bad)")
        #expect(
            rows == [[.bigint(1), .null, .string("a")], [.null, .null, .null], [.bigint(3), .null, .string("c")]]
        )
    }

    @Test func emptyLinesAndWantedColumns() throws {
        let format = try FormatCase("DELIMITED", [("A", .bigint), ("B", .string)], delimiter: "\t")
        let (rows, bad) = try format.read(["", "\n", "x\tb", "1"], wanted: [1])
        #expect(bad.map(\.row) == [0, 1, 3])
        #expect(rows == [[.null], [.null], [.string("b")], [.null]])
    }

    @Test(
        arguments: [
            (.string, .string("abc"), "abc", "abc"), (.string, .string(""), #""""#, ""), (.string, .null, "", ""),
            (.string, .string("a,b"), #""a,b""#, #""a,b""#), (.string, .string("a\"b"), #""a""b""#, #""a""b""#),
            (.string, .string("a\nb"), "\"a\nb\"", "\"a\nb\""), (.string, .string(" a"), #"" a""#, #"" a""#),
            (.string, .string("a "), #""a ""#, #""a ""#), (.string, .string("#a"), ##""#a""##, ##""#a""##),
            (.string, .string("$a"), #""$a""#, "$a"), (.string, .string("é"), #""é""#, "é"),
            (.integer, .integer(-5), #""-5""#, "-5"), (.integer, .integer(5), "5", "5"),
            (.double, .double(1), "1.0", "1.0"),
            (.double, .double(1e10), "1.0E10", "1.0E10"), (.boolean, .boolean(true), "true", "true"),
            (.decimal(precision: 9, scale: 8), .decimal(Decimal(unscaled: 1, scale: 8)), "0.00000001", "0.00000001"),
            (.decimal(precision: 59, scale: 8), .decimal(Decimal(unscaled: 1, scale: 8)), "0.00000001", "0.00000001"),
            (.bytes, .bytes([1]), "AQ==", "AQ=="), (.timestamp, .timestamp(12), "12", "12"),
        ] as [(SQLType, Value, String, String)]
    )
    func writing(_ type: SQLType, _ value: Value, _ first: String, _ second: String) throws {
        let format = try FormatCase("DELIMITED", [("A", type), ("B", type)])
        #expect(try format.text([value, value]) == "\(first),\(second)")
        let single = try FormatCase("DELIMITED", [("A", type)])
        #expect(try single.text([value]) == (value == .null ? nil : first))
        #expect(try single.write([[value]], absent: [0]).payloads == [nil])
    }

    @Test func nestedTypesAreRefused() throws {
        for type in [SQLType.array(.integer), .map(key: .string, value: .integer), .structure([])] {
            let format = try FormatCase("DELIMITED", [("V", type)])
            #expect(throws: FormatError.self) {
                try format.format.check(format.fields, isKey: false, properties: format.properties)
            }
        }
    }
}
