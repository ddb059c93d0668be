import Connectors
import Testing
import Values

@Suite("Rows of replies")
struct ReplyRowTests {
    private let types: [SQLType] = [
        .bigint, .string, .double, .decimal(precision: 5, scale: 2), .bytes, .date, .time, .timestamp, .boolean,
    ]
    private let rows: [[Value]] = [
        [
            .bigint(.max), .string("a\"b\n,\u{1}\t\\"), .double(.nan), .decimal(Decimal(unscaled: -150, scale: 2)),
            .bytes([1]),
            .date(20_666), .time(43_203_007), .timestamp(1_785_585_603_007), .boolean(true),
        ],
        [
            .bigint(0), .string(""), .double(1e10), .decimal(Decimal(unscaled: 0, scale: 2)), .bytes([]),
            .date(-719_528),
            .time(0), .timestamp(-1), .boolean(false),
        ],
        Array(repeating: .null, count: 9),
    ]

    private func text(_ encoder: ReplyRowEncoder, _ rows: [[Value]], deleted: [Int] = []) -> String {
        let columns = types.indices.map { index in Column.of(types[index], rows.map { $0[index] }) }
        let flags = Buffer.zeroed(capacity: rows.count)
        for row in deleted { flags.base.storeBytes(of: 1, toByteOffset: row, as: UInt8.self) }
        var arena = ByteArena(capacity: 1)
        encoder.append(columns, rows: 0..<rows.count, deleted: flags, to: &arena)
        return String(decoding: arena.bytes, as: UTF8.self)
    }

    @Test func arrays() {
        let expected = #"""
            [9223372036854775807,"a\"b\n,\u0001\t\\","NaN","-1.50","AQ==","2026-08-01","12:00:03.007","2026-08-01T12:00:03.007Z",true]
            [0,"",1.0E10,"0.00","","0000-01-01","00:00:00.000","1969-12-31T23:59:59.999Z",false]
            [null,null,null,null,null,null,null,null,null]

            """#
        #expect(text(ReplyRowEncoder(types), rows) == expected)
        let numbers = text(ReplyRowEncoder(types, decimalsAsNumbers: true), [rows[0]])
        #expect(numbers.contains(#","NaN",-1.50,"AQ==","#))
    }

    @Test func deletionsAndTags() {
        let keyed = ReplyRowEncoder(types, prefix: Array("@t1 ".utf8), keyColumns: [0, 8])
        #expect(text(keyed, [rows[1], rows[1]], deleted: [0]).hasPrefix("@t1 ![0,false]\n@t1 [0,\"\","))
        #expect(text(ReplyRowEncoder(types), [rows[2]], deleted: [0]).hasPrefix("![null,"))
        #expect(text(ReplyRowEncoder(types, .csv), [rows[2]], deleted: [0]) == "!=,,,,,,,,\n")
    }

    @Test func separatedValues() {
        #expect(
            text(ReplyRowEncoder(types, .csv), rows) == #"""
                =9223372036854775807,"a""b\n,\u0001\t\",NaN,-1.50,AQ==,2026-08-01,12:00:03.007,2026-08-01T12:00:03.007Z,true
                =0,"",1.0E10,0.00,"",0000-01-01,00:00:00.000,1969-12-31T23:59:59.999Z,false
                =,,,,,,,,

                """#
        )
        #expect(
            text(ReplyRowEncoder(types, .tsv), [rows[0], rows[2]])
                == "=9223372036854775807\ta\"b\\n,\\u0001\\t\\\\\tNaN\t-1.50\tAQ==\t2026-08-01\t12:00:03.007"
                + "\t2026-08-01T12:00:03.007Z\ttrue\n=\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n"
        )
    }

    @Test func nestedValues() {
        let type = SQLType.structure([
            StructField("A", .array(.timestamp)), StructField("M", .map(key: .integer, value: .string)),
        ])
        let value = Value.structure([.array([.timestamp(0), .null]), .map([MapEntry(.integer(1), .string("x"))])])
        let batch = Batch(
            schema: Schema(key: [], values: [Schema.Field("S", type)]),
            count: 1,
            columns: [Column.of(type, [value])],
            timestamps: Column.of(.bigint, [.bigint(0)])
        )
        let json = #"{"A":["1970-01-01T00:00:00.000Z",null],"M":{"1":"x"}}"#
        #expect(String(decoding: ReplyRowEncoder([type]).lines(batch), as: UTF8.self) == "[\(json)]\n")
        let quoted = json.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        #expect(String(decoding: ReplyRowEncoder([type], .csv).lines(batch), as: UTF8.self) == "=\"\(quoted)\"\n")
    }

    @Test func tablesArePadded() {
        let types: [SQLType] = [.bigint, .string, .string]
        let values: [[Value]] = [
            [.bigint(5), .string("é"), .string("x")], [.bigint(12_345), .null, .string("longer")],
        ]
        let columns = types.indices.map { index in Column.of(types[index], values.map { $0[index] }) }
        var arena = ByteArena(capacity: 1)
        ReplyRowEncoder(types, .table).append(columns, rows: 0..<2, to: &arena)
        #expect(String(decoding: arena.bytes, as: UTF8.self) == "=    5  é     x\n=12345  NULL  longer\n")
    }
}
