import Connectors
import Runtime
import Testing
import Values

/// One JSON value for one column: the value, or a part of the reason for refusing it.
struct JSONCase: CustomTestStringConvertible {
    let type: SQLType
    let json: String
    let value: Value?
    let reason: String

    init(_ type: SQLType, _ json: String, _ value: Value) {
        (self.type, self.json, self.value, self.reason) = (type, json, value, "")
    }

    init(_ type: SQLType, _ json: String, refused reason: String) {
        (self.type, self.json, self.value, self.reason) = (type, json, nil, reason)
    }

    var testDescription: String { "\(json) as \(type)" }
}

private let decimal42 = SQLType.decimal(precision: 4, scale: 2)
private let decimal502 = SQLType.decimal(precision: 50, scale: 2)
private let digits48 = "123456789012345678901234567890123456789012345678"

private func number(_ text: String) -> Decimal { Decimal(text) ?? Decimal(unscaled: 0, scale: 0) }

private let point = SQLType.structure([StructField("X", .integer), StructField("y", .string)])

private let scalarCases: [JSONCase] = [
    JSONCase(.boolean, "true", .boolean(true)), JSONCase(.boolean, "false", .boolean(false)),
    JSONCase(.boolean, "null", .null), JSONCase(.boolean, "1", refused: "expected BOOLEAN, found a number"),
    JSONCase(.boolean, #""true""#, refused: "found a string"), JSONCase(.boolean, "tru", refused: "malformed"),
    JSONCase(.integer, "42", .integer(42)), JSONCase(.integer, "-2147483648", .integer(.min)),
    JSONCase(.integer, "2147483648", refused: "does not fit INTEGER"),
    JSONCase(.integer, "3.99", .integer(3)), JSONCase(.integer, "-3.99", .integer(-3)),
    JSONCase(.integer, "1.5e3", .integer(1500)), JSONCase(.integer, #""17""#, .integer(17)),
    JSONCase(.integer, #""+17""#, .integer(17)), JSONCase(.integer, #"" 17""#, refused: "not a number"),
    JSONCase(.integer, #""1.0""#, refused: "not a number"), JSONCase(.integer, #""""#, refused: "not a number"),
    JSONCase(.integer, "true", refused: "found a boolean"), JSONCase(.integer, "[1]", refused: "found an array"),
    JSONCase(.integer, "01", refused: "malformed"), JSONCase(.integer, "-", refused: "malformed"),
    JSONCase(.integer, "1 2", refused: "malformed"), JSONCase(.integer, "1.", refused: "malformed"),
    JSONCase(.integer, "0", .integer(0)), JSONCase(.integer, "-0", .integer(0)),
    JSONCase(.bigint, "9223372036854775807", .bigint(.max)), JSONCase(.bigint, "-9223372036854775808", .bigint(.min)),
    JSONCase(.bigint, "9223372036854775808", refused: "does not fit BIGINT"),
    JSONCase(.bigint, "123456789012345678901234567890123456789012345", refused: "does not fit BIGINT"),
    JSONCase(.bigint, "1e400", refused: "does not fit BIGINT"), JSONCase(.bigint, "1e-400", .bigint(0)),
    JSONCase(.bigint, "1754049603000", .bigint(1_754_049_603_000)),
    JSONCase(.bigint, "1234567890123456789", .bigint(1_234_567_890_123_456_789)),
    JSONCase(.bigint, "12345678", .bigint(12_345_678)), JSONCase(.bigint, "123456789", .bigint(123_456_789)),
    JSONCase(.bigint, "1234567x", refused: "malformed"), JSONCase(.bigint, "12345678x", refused: "malformed"),
    JSONCase(.double, "1.5", .double(1.5)), JSONCase(.double, "1", .double(1)),
    JSONCase(.double, "-0.0", .double(-0.0)),
    JSONCase(.double, "1e400", .double(.infinity)), JSONCase(.double, "1e-400", .double(0)),
    JSONCase(.double, "0.30000000000000004", .double(0.30000000000000004)),
    JSONCase(.double, "1.7976931348623157e308", .double(.greatestFiniteMagnitude)),
    JSONCase(.double, "123456789012345678901234567890", .double(1.2345678901234568e29)),
    JSONCase(.double, #""2.5""#, .double(2.5)), JSONCase(.double, #"" 2.5e1 ""#, .double(25)),
    JSONCase(.double, #""Infinity""#, .double(.infinity)), JSONCase(.double, #""two""#, refused: "not a number"),
    JSONCase(.double, "1.e3", refused: "malformed"), JSONCase(.double, "NaN", refused: "malformed"),
    JSONCase(decimal42, "12.34", .decimal(Decimal(unscaled: 1234, scale: 2))),
    JSONCase(decimal42, "1", .decimal(Decimal(unscaled: 100, scale: 2))),
    JSONCase(decimal42, "1.500", .decimal(Decimal(unscaled: 150, scale: 2))),
    JSONCase(decimal42, #""-.5""#, .decimal(Decimal(unscaled: -50, scale: 2))),
    JSONCase(decimal42, "1.2e1", .decimal(Decimal(unscaled: 1200, scale: 2))),
    JSONCase(decimal42, "1.234", refused: "more digits behind the point"),
    JSONCase(decimal42, "123.4", refused: "does not fit DECIMAL(4, 2)"),
    JSONCase(decimal42, "true", refused: "found a boolean"), JSONCase(decimal42, #""x""#, refused: "not a number"),
    JSONCase(
        .decimal(precision: 38, scale: 0),
        "99999999999999999999999999999999999999",
        .decimal(Decimal("99999999999999999999999999999999999999") ?? Decimal(unscaled: 0, scale: 0))
    ),
    JSONCase(decimal502, digits48 + ".25", .decimal(number(digits48 + ".25"))),
    JSONCase(decimal502, "-" + digits48 + "e0", .decimal(number("-" + digits48 + ".00"))),
    JSONCase(decimal502, "0.10000e-1", .decimal(number("0.01"))),
    JSONCase(decimal502, "-0e99", .decimal(number("0.00"))),
    JSONCase(decimal502, "1e47", .decimal(number("1" + String(repeating: "0", count: 47) + ".00"))),
    JSONCase(decimal502, "\"" + digits48 + "00e-2\"", .decimal(number(digits48 + ".00"))),
    JSONCase(decimal502, #""+.5""#, .decimal(number("0.50"))), JSONCase(decimal502, "null", .null),
    JSONCase(decimal502, digits48 + ".251", refused: "more digits behind the point"),
    JSONCase(decimal502, "1e-3", refused: "more digits behind the point"),
    JSONCase(decimal502, "1e48", refused: "does not fit DECIMAL(50, 2)"),
    JSONCase(decimal502, digits48 + "0", refused: "does not fit DECIMAL(50, 2)"),
    JSONCase(decimal502, "1e999999999999", refused: "does not fit DECIMAL(50, 2)"),
    JSONCase(decimal502, "1.", refused: "malformed"), JSONCase(decimal502, #""1e""#, refused: "not a number"),
    JSONCase(decimal502, "{}", refused: "found an object"), JSONCase(decimal502, #""""#, refused: "not a number"),
    JSONCase(.string, #""héllo""#, .string("héllo")), JSONCase(.string, #""""#, .string("")),
    JSONCase(.string, #""a\"b\\c\/d\b\f\n\r\t""#, .string("a\"b\\c/d\u{8}\u{c}\n\r\t")),
    JSONCase(.string, #""\u00e9\u20ac\ud83d\ude00""#, .string("é€😀")),
    JSONCase(.string, #""\ud83d!""#, .string("\u{FFFD}!")), JSONCase(.string, #""\x""#, refused: "escape"),
    JSONCase(.string, #""\u12""#, refused: "escape"),
    JSONCase(
        .string,
        #""sixteen bytes ..\n and more than sixteen""#,
        .string("sixteen bytes ..\n and more than sixteen")
    ),
    JSONCase(.string, "12", .string("12")), JSONCase(.string, "1.10", .string("1.10")),
    JSONCase(.string, "1e3", .string("1E+3")), JSONCase(.string, "12.5e1", .string("125")),
    JSONCase(.string, "0.0000001", .string("1E-7")), JSONCase(.string, "-1.25e-8", .string("-1.25E-8")),
    JSONCase(.string, "1.5e-1", .string("0.15")), JSONCase(.string, "true", .string("true")),
    JSONCase(.string, #"{ "b" : [ 1, {"x": "y"} ], "a":null }"#, .string(#"{"b":[1,{"x":"y"}],"a":null}"#)),
    JSONCase(.string, #"[1, "two", null, [3], {"a": 4}]"#, .string(#"[1, two, null, [3], {"a":4}]"#)),
    JSONCase(.string, "nul", refused: "malformed"), JSONCase(.string, "[1 2]", refused: "malformed"),
    JSONCase(.bytes, #""AQID""#, .bytes([1, 2, 3])), JSONCase(.bytes, #""AQ==""#, .bytes([1])),
    JSONCase(.bytes, #""""#, .bytes([])), JSONCase(.bytes, #""AQ=""#, refused: "base64"),
    JSONCase(.bytes, #""A*ID""#, refused: "base64"), JSONCase(.bytes, "1", refused: "expected BYTES"),
    JSONCase(.time, "86399999", .time(86_399_999)), JSONCase(.time, "86400001", refused: "does not fit TIME"),
    JSONCase(.time, "-1", refused: "does not fit TIME"), JSONCase(.date, "-1", .date(-1)),
    JSONCase(.timestamp, "1754049603000", .timestamp(1_754_049_603_000)),
    JSONCase(.timestamp, "{}", refused: "expected TIMESTAMP, found an object"),
    JSONCase(.timestamp, #""2025-08-01T12:00:03.250Z""#, .timestamp(1_754_049_603_250)),
    JSONCase(.timestamp, #""2025-08-01 14:00:03+02:00""#, .timestamp(1_754_049_603_000)),
    JSONCase(.timestamp, #""-0001-01-01T00:00:00.000Z""#, .timestamp(-62_198_755_200_000)),
    JSONCase(.timestamp, #""1754049603000""#, .timestamp(1_754_049_603_000)),
    JSONCase(.timestamp, #""2025-02-30T00:00:00Z""#, refused: "neither a number nor ISO 8601, expected TIMESTAMP"),
    JSONCase(.date, #""1969-12-31""#, .date(-1)), JSONCase(.date, #""12""#, .date(12)),
    JSONCase(.date, #""tomorrow""#, refused: "neither a number nor ISO 8601, expected DATE"),
    JSONCase(.time, #""23:59:59.999""#, .time(86_399_999)),
    JSONCase(.time, #""24:00:00""#, refused: "neither a number nor ISO 8601, expected TIME"),
    JSONCase(.array(.date), #"["1970-01-02", 2]"#, .array([.date(1), .date(2)])),
]

private let nestedCases: [JSONCase] = [
    JSONCase(.array(.integer), "[1, null ,3]", .array([.integer(1), .null, .integer(3)])),
    JSONCase(.array(.integer), "[]", .array([])), JSONCase(.array(.integer), "{}", refused: "found an object"),
    JSONCase(.array(.integer), "[1,]", refused: "malformed"), JSONCase(.array(.integer), "[1}", refused: "malformed"),
    JSONCase(.array(.integer), "[,1]", refused: "malformed"),
    JSONCase(.array(.array(.string)), #"[["a"],null,[]]"#, .array([.array([.string("a")]), .null, .array([])])),
    JSONCase(
        .map(key: .string, value: .integer),
        #"{"a":1,"b":null,"a":3}"#,
        .map([MapEntry(.string("a"), .integer(3)), MapEntry(.string("b"), .null)])
    ),
    JSONCase(.map(key: .string, value: .integer), "{}", .map([])),
    JSONCase(.map(key: .string, value: .integer), #"{"a":"x"}"#, refused: "not a number"),
    JSONCase(.map(key: .string, value: .integer), "[]", refused: "found an array"),
    JSONCase(point, #"{"x":1,"y":"b","z":[{}]}"#, .structure([.integer(1), .string("b")])),
    JSONCase(point, #"{"x":1,"X":2,"x":3,"Y":"no"}"#, .structure([.integer(2), .null])),
    JSONCase(point, "{}", .structure([.null, .null])), JSONCase(point, "[]", refused: "found an array"),
    JSONCase(point, #"{"x":1,}"#, refused: "malformed"), JSONCase(point, #"{"x" 1}"#, refused: "malformed"),
    JSONCase(.array(point), #"[{"x":true}]"#, refused: "expected INTEGER, found a boolean"),
]

@Suite("JSON, reading")
struct JSONReadTests {
    @Test(arguments: scalarCases + nestedCases)
    func valuesOfMembers(_ sample: JSONCase) throws {
        let json = try FormatCase("JSON", [("A", .string), ("V", sample.type), ("Z", .bigint)])
        // Between good rows, which must not suffer.
        let good = #"{"A":"a","V":null,"Z":7}"#
        let (rows, bad) = try json.read([good, #"{"A":"b","V": \#(sample.json) ,"Z":8}"#, good])
        #expect(rows[0] == [.string("a"), .null, .bigint(7)])
        #expect(rows[2] == rows[0])
        if let value = sample.value {
            #expect(bad.isEmpty)
            #expect(rows[1] == [.string("b"), value, .bigint(8)])
        } else {
            #expect(bad.count == 1)
            #expect(bad.first?.row == 1)
            #expect(bad.first?.reason.contains(sample.reason) == true, "\(bad.first?.reason ?? "")")
            #expect(rows[1] == [.null, .null, .null])
        }
    }

    @Test(arguments: scalarCases + nestedCases)
    func bareValues(_ sample: JSONCase) throws {
        let json = try FormatCase("JSON", [("V", sample.type)], wraps: false)
        let (rows, bad) = try json.read([sample.json, nil, " \(sample.json) "])
        #expect(rows[1] == [.null])
        if let value = sample.value {
            #expect(bad.isEmpty, "\(bad)")
            #expect(rows[0] == [value] && rows[2] == [value])
        } else {
            #expect(bad.map(\.row) == [0, 2])
            #expect(rows[0] == [.null])
        }
    }

    @Test(
        arguments: [
            (#"{"id":1,"NAME":"a"}"#, [.bigint(1), .string("a")]),
            (#"{"ID":1,"id":2,"name":"a","Name":"b"}"#, [.bigint(1), .string("b")]),
            (#"{"id":2,"ID":1,"ID":3}"#, [.bigint(3), .null]), (#"{"ID":null,"id":2}"#, [.null, .null]),
            (#"{"other":{"ID":1,"x":[1,{"}":"]"}]},"ID":5}"#, [.bigint(5), .null]),
            (#"{"\u0049D":5,"NAM\u0045":"x"}"#, [.bigint(5), .string("x")]),
            ("  {  }  ", [.null, .null]), ("null", [.null, .null]), (" null ", [.null, .null]),
            ("{\"ID\"\n:\t1\r,\"NAME\" : \"q\"\n}\n", [.bigint(1), .string("q")]),
        ] as [(String, [Value])]
    )
    func namesAndShapes(_ payload: String, _ expected: [Value]) throws {
        let json = try FormatCase("JSON", [("ID", .bigint), ("NAME", .string)])
        let (rows, bad) = try json.read([#"{"ID":9,"NAME":"z"}"#, payload, payload, #"{"ID":9,"NAME":"z"}"#])
        #expect(bad.isEmpty, "\(bad)")
        #expect(rows[1] == expected && rows[2] == expected)
        #expect(rows[3] == [.bigint(9), .string("z")])
    }

    @Test func lowerCaseColumnsMatchExactlyOnly() throws {
        let json = try FormatCase("JSON", [("foo", .bigint), ("FOO", .bigint)])
        #expect(
            try json.read([#"{"foo":1}"#, #"{"FOO":2}"#, #"{"Foo":3}"#]).rows == [
                [.bigint(1), .bigint(1)], [.null, .bigint(2)], [.null, .bigint(3)],
            ]
        )
    }

    @Test(arguments: [
        ("", "empty"), ("   ", "empty"), ("[]", "expected a JSON object, found an array"), ("12", "found a number"),
        (#"{"ID":1"#, "malformed"), (#"{"ID":1}}"#, "behind the value"), (#"{"ID":1} x"#, "behind the value"),
        (#"{"ID":1}{"ID":2}"#, "behind the value"), (#"{"ID" 1}"#, "malformed"), (#"{"ID":}"#, "malformed"),
        (#"{"ID":1,}"#, "malformed"), (#"{,"ID":1}"#, "malformed"), (#"{ID:1}"#, "malformed"), ("x{}", "found no JSON"),
        (#"{"NAME":"abc}"#, "does not end"), ("{\"NAME\":\"a\nb\"}", "control character"), ("nullx", "found"),
        (#"{"ID":[1}"#, "malformed"), (#"{"x":[1,[2]}"#, "malformed"), ("}", "found no JSON"), ("{", "malformed"),
        (#"{"ID":1 2}"#, "malformed"), (#"{"ID":1"NAME":"x"}"#, "malformed"), (#"\{"ID":1}"#, "found no JSON"),
        (#"{"NAME":"a"b}"#, "malformed"),
    ])
    func malformedPayloadsLeaveTheirNeighboursAlone(_ payload: String, _ reason: String) throws {
        let json = try FormatCase("JSON", [("ID", .bigint), ("NAME", .string)])
        let good = #"{"ID":9,"NAME":"z"}"#
        let (rows, bad) = try json.read([good, nil, payload, good, payload, good])
        #expect(bad.map(\.row) == [2, 4])
        #expect(bad.allSatisfy { $0.reason.contains(reason) }, "\(bad)")
        #expect(
            rows == [0, 1, 2, 3, 4, 5].map { [0, 3, 5].contains($0) ? [.bigint(9), .string("z")] : [.null, .null] }
        )
    }

    @Test func brokenUTF8() throws {
        let json = try FormatCase("JSON", [("NAME", .string)])
        let broken: [UInt8] = Array(#"{"NAME":""#.utf8) + [0xC3] + Array(#""}"#.utf8)
        let (rows, bad) = try json.read([Array(#"{"NAME":"a"}"#.utf8), broken, Array(#"{"NAME":"b"}"#.utf8)])
        #expect(bad.map(\.row) == [1])
        #expect(bad.first?.reason.contains("UTF-8") == true)
        #expect(rows == [[.string("a")], [.null], [.string("b")]])
    }

    @Test func errorsNameThePath() throws {
        let json = try FormatCase("JSON", [("ITEMS", .array(point)), ("M", .map(key: .string, value: .double))])
        let bad = try json.read([#"{"items":[{"x":1},{"x":{"a":1}}]}"#, #"{"m":{"k":[1]}}"#, "[1]"]).bad
        #expect(bad.map(\.field) == ["ITEMS[*].X", "M[*]", nil])
        #expect(bad.map(\.value) == [#"{"a":1}"#, "[1]", "[1]"])
    }

    @Test func onlyTheWantedColumns() throws {
        let json = try FormatCase("JSON", [("A", .bigint), ("B", .string), ("C", .boolean)])
        #expect(
            try json.read([#"{"A":"no number","B":"b","C":true}"#], wanted: [2, 1]).rows == [
                [.boolean(true), .string("b")]
            ]
        )
        #expect(try json.read(["{}", "x"], wanted: []).bad.map(\.row) == [1])
    }

    @Test func deepNesting() throws {
        let json = try FormatCase("JSON", [("A", .string), ("B", .bigint)])
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        let (rows, bad) = try json.read([#"{"A":\#(deep),"B":1}"#, #"{"X":\#(deep),"B":1}"#])
        #expect(bad.map(\.reason) == ["the value is nested too deeply"])
        #expect(rows[1] == [.null, .bigint(1)])
    }

    @Test func manyRowsWithMembersInAnyOrder() throws {
        let json = try FormatCase("JSON", [("A", .bigint), ("LONGER_THAN_SIXTEEN_BYTES", .string), ("C", .double)])
        var payloads: [String?] = []
        var expected: [[Value]] = []
        for row in 0..<3_000 {
            let text = String(repeating: "t", count: row % 40)
            var members = [
                #""a":\#(row)"#, #""longer_than_sixteen_bytes":"\#(text)""#, #""c":\#(row).5"#, #""other":[1]"#,
            ]
            if row % 3 == 1 { members.swapAt(0, row % 4) }
            if row % 11 == 5 {
                payloads.append(nil)
                expected.append([.null, .null, .null])
                continue
            }
            payloads.append("{" + members.joined(separator: ",") + "}")
            expected.append([.bigint(Int64(row)), .string(text), .double(Double(row) + 0.5)])
        }
        let (rows, bad) = try json.read(payloads)
        #expect(bad.isEmpty)
        #expect(rows == expected)
    }

    @Test func mapKeysOtherThanStringAreRefused() throws {
        let json = try FormatCase("JSON", [("M", .map(key: .integer, value: .string))])
        #expect(throws: FormatError.self) {
            try json.format.check(json.fields, isKey: false, properties: json.properties)
        }
    }
}
