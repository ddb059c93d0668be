import Foundation
import Runtime
import Testing
import Values

@testable import Connectors

extension PostgresTests {
    @Suite struct TypeTests {
        private static let columns: [(String, SQLType)] = [
            ("B", .boolean), ("I", .integer), ("L", .bigint), ("D", .double), ("N", .decimal(precision: 38, scale: 5)),
            ("M", .decimal(precision: 9, scale: 0)), ("S", .string), ("Y", .bytes), ("DAY", .date), ("CLOCK", .time),
            ("AT", .timestamp), ("A", .array(.integer)), ("MAP", .map(key: .string, value: .double)),
            ("R", .structure([StructField("X", .string), StructField("T", .timestamp)])),
            ("W", .decimal(precision: 60, scale: 21)), ("V", .decimal(precision: 1100, scale: 1100)),
        ]

        private var fraction: String { String(repeating: "00000123456789", count: 77) + "1234567890500000000007" }

        private func decimal(_ text: String) -> Value { .decimal(Decimal(text) ?? Decimal(unscaled: 0, scale: 0)) }

        /// Rows of every type, and what PostgreSQL shows of them in a zone that is not UTC.
        private var cases: [(row: [Value], shown: [String?])] {
            [
                (
                    [
                        .boolean(true), .integer(-7), .bigint(.max), .double(1.5),
                        decimal("12345678901234567890.00001"),
                        decimal("-120000"), .string("q'\"\\ü\t\n"), .bytes([0, 255, 92]), .date(20_000),
                        .time(3_723_004),
                        .timestamp(1_700_000_000_123), .array([.integer(1), .null]),
                        .map([MapEntry(.string("k"), .double(0.25))]),
                        .structure([.string("x\""), .timestamp(0)]),
                        decimal("123456789012345678901234567890123456789.000000000000000000001"),
                        decimal("0." + fraction),
                    ],
                    [
                        "t", "-7", "9223372036854775807", "1.5", "12345678901234567890.00001", "-120000", "q'\"\\ü\t\n",
                        "\\x00ff5c", "2024-10-04", "01:02:03.004", "2023-11-15 07:13:20.123+09", "[1, null]",
                        #"{"k": 0.25}"#, #"{"T": "1970-01-01T00:00:00.000Z", "X": "x\""}"#,
                        "123456789012345678901234567890123456789.000000000000000000001", "0." + fraction,
                    ]
                ),
                (Array(repeating: .null, count: 16), Array(repeating: nil, count: 16)),
                (
                    [
                        .boolean(false), .integer(.min), .bigint(.min), .double(-0.0), decimal("-0.00010"),
                        decimal("0"),
                        .string(""), .bytes([]), .date(-800_000), .time(0), .timestamp(-62_135_596_800_001), .array([]),
                        .map([]), .structure([.null, .null]), decimal("-0.000000000000000000010"), decimal("0"),
                    ],
                    [
                        "f", "-2147483648", "-9223372036854775808", "-0", "-0.00010", "0", "", "\\x", "0222-09-04 BC",
                        "00:00:00", "0001-01-01 09:18:58.999+09:18:59", "[]", "{}", #"{"T": null, "X": null}"#,
                        "-0.000000000000000000010", "0." + String(repeating: "0", count: 1100),
                    ]
                ),
                (
                    [
                        .boolean(true), .integer(.max), .bigint(0), .double(.greatestFiniteMagnitude),
                        decimal("999999999999999999999999999999999.99999"), decimal("999999999"), .string("🦉"),
                        .bytes([1]), .date(2_000_000), .time(86_399_999), .timestamp(9_000_000_000_000_000),
                        .array([.integer(0)]), .map([MapEntry(.string(""), .null)]), .structure([.string(""), .null]),
                        decimal("-120000000000000000000000000000000000000"), decimal("-0." + fraction),
                    ],
                    [
                        "t", "2147483647", "0", "1.7976931348623157e+308", "999999999999999999999999999999999.99999",
                        "999999999", "🦉", "\\x01", "7445-10-25", "23:59:59.999", "287168-08-25 01:00:00+09", "[0]",
                        #"{"": null}"#, #"{"T": null, "X": ""}"#,
                        "-120000000000000000000000000000000000000.000000000000000000000", "-0." + fraction,
                    ]
                ),
            ]
        }

        /// Every type, by arrays and by COPY.
        @Test(arguments: [1, 1100]) func roundTrip(copies: Int) throws {
            let scene = try SinkScene("types", values: TypeTests.columns)
            let cases = cases
            var rows: [[Value]] = []
            for copy in 0..<copies {
                for (index, one) in cases.enumerated() { rows.append([.bigint(Int64(copy * 4 + index))] + one.row) }
            }
            try scene.append(rows: rows)
            let status = try scene.carry()
            #expect(status.state == .running, "\(status.reason ?? "")")
            let connection = try scene.server.connect()
            try connection.execute("SET timezone = 'Asia/Tokyo'")
            let found = try connection.rows("SELECT * FROM \(scene.table) ORDER BY id")
            #expect(found.count == rows.count)
            for (index, row) in found.enumerated() where row[1...] != cases[index % 4].shown[...] {
                #expect(Array(row[1...]) == cases[index % 4].shown)
                return
            }
        }

        @Test func doublesThatAreNoNumbers() throws {
            let scene = try SinkScene("doubles", values: [("D", .double), ("A", .array(.double))])
            try scene.append([
                ("1", #"{"D":"NaN"}"#), ("2", #"{"D":"Infinity"}"#), ("3", #"{"D":"-Infinity","A":["NaN"]}"#),
            ])
            try scene.carry()
            #expect(
                try scene.rows("id, d, a") == [
                    ["1", "NaN", nil], ["2", "Infinity", nil], ["3", "-Infinity", #"["NaN"]"#],
                ]
            )
        }

        /// The target's own types, where they take the values.
        @Test func otherTypesOfTheTarget() throws {
            let scene = try SinkScene(
                "other",
                values: [("U", .string), ("J", .string), ("N", .bigint), ("T", .timestamp)]
            )
            try scene.server.run(
                """
                CREATE TABLE \(scene.table) (n numeric(20,0), "ID" smallint PRIMARY KEY, u uuid, j jsonb, t timestamp(3),
                extra serial)
                """
            )
            let row = #"{"U":"5e9f5f9e-0000-4000-8000-000000000001","J":"{\"a\": [1]}","N":5,"T":1700000000123}"#
            try scene.append([("1", row), ("2", row), ("1", row)])
            let reason = try scene.carry().reason
            #expect(reason == nil)
            #expect(
                try scene.server.query(#"SELECT "ID", n, u, j->'a'->0, t FROM \#(scene.table) WHERE "ID" = 1"#)
                    == [["1", "5", "5e9f5f9e-0000-4000-8000-000000000001", "1", "2023-11-14 22:13:20.123"]]
            )
        }
    }
}
