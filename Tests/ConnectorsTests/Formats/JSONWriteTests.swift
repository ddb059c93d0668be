import Connectors
import Runtime
import Testing
import Values

@Suite("JSON, writing")
struct JSONWriteTests {
    @Test(
        arguments: [
            (.boolean, .boolean(true), "true"), (.integer, .integer(-5), "-5"),
            (.bigint, .bigint(.min), "-9223372036854775808"),
            (.double, .double(1), "1.0"), (.double, .double(1e10), "1.0E10"), (.double, .double(.nan), #""NaN""#),
            (.double, .double(-.infinity), #""-Infinity""#),
            (.decimal(precision: 6, scale: 3), .decimal(Decimal(unscaled: -1500, scale: 3)), "-1.500"),
            (.decimal(precision: 9, scale: 8), .decimal(Decimal(unscaled: 0, scale: 8)), "0E-8"),
            (.decimal(precision: 59, scale: 9), .decimal(Decimal(unscaled: 0, scale: 9)), "0E-9"),
            (.decimal(precision: 59, scale: 9), .decimal(Decimal(unscaled: -25, scale: 9)), "-2.5E-8"),
            (
                .decimal(precision: 59, scale: 9),
                .decimal(Decimal(unscaled: -.powerOfTen(50), scale: 9)),
                "-1" + String(repeating: "0", count: 41) + ".000000000"
            ),
            (.string, .string("plain"), #""plain""#), (.string, .string(""), #""""#),
            (.string, .string("a\"b\\c\nd\u{1}e\u{1f}é😀"), #""a\"b\\c\nd\u0001e\u001Fé😀""#),
            (.string, .string("long enough for words \" and more"), #""long enough for words \" and more""#),
            (.bytes, .bytes([1, 2, 3, 4]), #""AQIDBA==""#), (.bytes, .bytes([]), #""""#),
            (.date, .date(20_000), "20000"), (.time, .time(1), "1"), (.timestamp, .timestamp(-1), "-1"),
            (.array(.integer), .array([.integer(1), .null]), "[1,null]"), (.array(.string), .array([]), "[]"),
            (
                .map(key: .string, value: .double),
                .map([MapEntry(.string("k\""), .double(2)), MapEntry(.string("n"), .null)]),
                #"{"k\"":2.0,"n":null}"#
            ),
            (
                .structure([StructField("A", .integer), StructField("b\"", .array(.string))]),
                .structure([.null, .array([.string("x"), .string("y")])]), #"{"A":null,"b\"":["x","y"]}"#
            ),
        ] as [(SQLType, Value, String)]
    )
    func values(_ type: SQLType, _ value: Value, _ expected: String) throws {
        let wrapped = try FormatCase("JSON", [("A", .bigint), ("quo\"ted", type)])
        #expect(try wrapped.text([.null, value]) == #"{"A":null,"quo\"ted":\#(expected)}"#)
        #expect(try wrapped.text([.bigint(1), .null]) == #"{"A":1,"quo\"ted":null}"#)
        let bare = try FormatCase("JSON", [("V", type)], wraps: false)
        #expect(try bare.text([value]) == expected)
        #expect(try bare.text([.null]) == nil)
    }

    @Test func absentRowsHaveNoPayload() throws {
        let json = try FormatCase("JSON", [("A", .bigint)])
        let payloads = try json.write([[.bigint(1)], [.null], [.bigint(3)]], absent: [1]).payloads
        #expect(payloads == [Array(#"{"A":1}"#.utf8), nil, Array(#"{"A":3}"#.utf8)])
        let bare = try FormatCase("JSON", [("A", .string)], wraps: false)
        #expect(
            try bare.write([[.string("x")], [.string("y")], [.null]], absent: [0]).payloads == [
                nil, Array(#""y""#.utf8), nil,
            ]
        )
        let none = try FormatCase("JSON", [])
        #expect(try none.write([[], []]).payloads == [Array("{}".utf8), Array("{}".utf8)])
    }

    /// Every byte that needs an escape, at every place of a word.
    @Test func escapesAtEveryPlace() throws {
        let json = try FormatCase("JSON", [("A", .string)], wraps: false)
        for length in 0..<20 {
            for special in ["\"", "\\", "\u{0}", "\u{1f}", "\u{7f}", " ", "!", "#", "[", "]", "é"] {
                let text = String(repeating: "x", count: length) + special + String(repeating: "y", count: length % 7)
                let payload = try json.text([.string(text)])
                #expect(try json.read([payload]).rows == [[.string(text)]])
            }
        }
    }
}
