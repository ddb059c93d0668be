import Connectors
import Runtime
import Testing
import Values

@Suite("KAFKA and NONE")
struct KafkaFormatTests {
    @Test(
        arguments: [
            (.integer, .integer(-2), [0xFF, 0xFF, 0xFF, 0xFE]), (.bigint, .bigint(258), [0, 0, 0, 0, 0, 0, 1, 2]),
            (.double, .double(1), [0x3F, 0xF0, 0, 0, 0, 0, 0, 0]), (.string, .string("é"), [0xC3, 0xA9]),
            (.string, .string(""), []), (.bytes, .bytes([0, 255]), [0, 255]),
        ] as [(SQLType, Value, [UInt8])]
    )
    func bothWays(_ type: SQLType, _ value: Value, _ payload: [UInt8]) throws {
        let format = try FormatCase("KAFKA", [("K", type)], wraps: false)
        #expect(
            try format.write([[value], [.null], [value], [value]], absent: [2]).payloads == [
                payload, nil, nil, payload,
            ]
        )
        let (rows, bad) = try format.read([payload, nil, payload])
        #expect(bad.isEmpty)
        #expect(rows == [[value], [.null], [value]])
    }

    @Test(arguments: [SQLType.integer, .bigint, .double])
    func wrongLengths(_ type: SQLType) throws {
        let format = try FormatCase("KAFKA", [("K", type)], wraps: false)
        let (rows, bad) = try format.read([[1, 2, 3], nil, []])
        #expect(bad.map(\.row) == [0, 2])
        #expect(bad.first?.value == "0x010203")
        #expect(rows == [[.null], [.null], [.null]])
    }

    @Test func brokenTextIsRepaired() throws {
        let format = try FormatCase("KAFKA", [("K", .string)], wraps: false)
        // Together the two payloads would be a character.
        #expect(
            try format.read([[0xC3], [0xA9], nil, [0x61]]).rows == [
                [.string("\u{FFFD}")], [.string("\u{FFFD}")], [.null], [.string("a")],
            ]
        )
    }

    @Test(arguments: [
        ("KAFKA", [("A", SQLType.boolean)], "KAFKA has no form for column A of type BOOLEAN"),
        ("KAFKA", [("A", .decimal(precision: 3, scale: 1))], "KAFKA has no form for column A of type DECIMAL(3, 1)"),
        ("KAFKA", [("A", .array(.integer))], "KAFKA has no form for column A of type ARRAY<INTEGER>"),
        ("KAFKA", [("A", .integer), ("B", .integer)], "KAFKA holds one column, and there are 2: A INTEGER, B INTEGER"),
        ("NONE", [("K", .string)], "NONE holds no columns, and there is K STRING"),
        ("DELIMITED", [("A", .structure([]))], "DELIMITED has no form for column A of type STRUCT<>"),
        ("JSON", [("A", .map(key: .integer, value: .string))], "the keys of a MAP are names of a JSON object"),
    ])
    func refusedColumns(_ name: String, _ fields: [(String, SQLType)], _ message: String) throws {
        let format = try FormatCase(name, fields)
        let error = try #require(throws: FormatError.self) {
            try format.format.check(format.fields, isKey: true, properties: format.properties)
        }
        #expect(error.message.contains(message))
        #expect(error.hint != nil)
    }

    @Test func noColumnsNoPayload() throws {
        for name in ["NONE", "KAFKA"] {
            let format = try FormatCase(name, [])
            #expect(try format.write([[], []]).payloads == [nil, nil])
            #expect(try format.read([[1], nil]).rows == [[], []])
        }
    }
}
