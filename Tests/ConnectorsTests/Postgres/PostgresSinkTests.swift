import Foundation
import Runtime
import Testing
import Values

@testable import Connectors

/// One after the other: a test that stops the server must be alone with it.
@Suite(.serialized, .enabled(if: TestPostgres.isThere)) enum PostgresTests {}

extension PostgresTests {
    @Suite struct SinkTests {
        /// Changes of one key: the last one counts, a null value deletes.
        @Test func upsertsAndDeletes() throws {
            let scene = try SinkScene("upsert")
            try scene.append([
                ("1", #"{"NAME":"a","N":1}"#), ("2", #"{"NAME":"b","N":2}"#), ("1", #"{"NAME":"c","N":3}"#),
                ("3", #"{"NAME":"d"}"#),
            ])
            #expect(try scene.carry().rowsWritten == 3)
            #expect(try scene.rows() == [["1", "c", "3"], ["2", "b", "2"], ["3", "d", nil]])
            try scene.append([("2", nil), ("3", nil), ("3", #"{"NAME":"e","N":5}"#), ("4", nil)])
            let status = try scene.carry()
            #expect(status.rowsDeleted == 2 && status.rowsWritten == 1)
            #expect(try scene.rows() == [["1", "c", "3"], ["3", "e", "5"]])
        }

        @Test func appendsStreams() throws {
            let scene = try SinkScene("append", isTable: false)
            try scene.append([("1", #"{"NAME":"a","N":1}"#), ("1", #"{"NAME":"b","N":2}"#), ("1", nil)])
            try scene.carry()
            try scene.append([(nil, #"{"NAME":"c","N":3}"#)])
            try scene.carry()
            #expect(try scene.rows() == [["1", "a", "1"], ["1", "b", "2"], [nil, "c", "3"]])
        }

        @Test func updatesOnlyWhatIsThere() throws {
            let scene = try SinkScene("update")
            try scene.server.run(
                "CREATE TABLE \(scene.table) (id int, name varchar(3), n numeric(10,2), note text DEFAULT 'x')",
                "INSERT INTO \(scene.table) VALUES (1, 'a', 1)"
            )
            try scene.append([("1", #"{"NAME":"z","N":7}"#), ("2", #"{"NAME":"y","N":8}"#)])
            try scene.carry(["insert.mode": "update"])
            #expect(try scene.rows() == [["1", "z", "7.00", "x"]])
        }

        @Test func keysFromElsewhere() throws {
            let scene = try SinkScene("keys", partitions: 2)
            try scene.append([("1", #"{"NAME":"a","N":1}"#), ("2", #"{"NAME":"a","N":2}"#)])
            try scene.append([("3", #"{"NAME":"b","N":3}"#)], to: 1)
            try scene.carry(
                ["pk.mode": "record_value", "pk.fields": "name", "table.name.format": "\(scene.table)_v"],
                connector: "value"
            )
            #expect(
                try scene.server.query("SELECT * FROM \(scene.table)_v ORDER BY 1") == [
                    ["a", "2", "2"], ["b", "3", "3"],
                ]
            )
            try scene.carry(
                ["pk.mode": "kafka", "insert.mode": "upsert", "table.name.format": "\(scene.table)_k"],
                connector: "kafka"
            )
            let rows = try scene.server.query("SELECT * FROM \(scene.table)_k ORDER BY 2, 3")
            #expect(
                rows.map { Array($0[1...]) } == [
                    ["0", "0", "1", "a", "1"], ["0", "1", "2", "a", "2"], ["1", "0", "3", "b", "3"],
                ]
            )
            try scene.carry(
                [
                    "pk.mode": "record_key", "pk.fields": "customer", "fields.whitelist": "n",
                    "table.name.format": "public.\(scene.table)_r",
                ],
                connector: "renamed"
            )
            #expect(try scene.server.query("SELECT customer, n FROM \(scene.table)_r ORDER BY 1").count == 3)
        }

        @Test func windowsArePartOfTheKey() throws {
            let scene = try SinkScene("window", window: .time(sizeMilliseconds: 60_000))
            func key(_ text: String, _ start: Int64) -> String {
                let bytes = withUnsafeBytes(of: start.bigEndian) { [UInt8]($0) }
                return text + String(decoding: bytes, as: UTF8.self)
            }
            // Its bytes are ASCII, so that a text holds them.
            let first: Int64 = 0x0000_0001_0203_0405
            try scene.append([
                (key("1", first), #"{"NAME":"a","N":1}"#), (key("1", first + 256), #"{"NAME":"b","N":2}"#),
                (key("1", first), #"{"NAME":"c","N":3}"#), (key("1", first + 256), nil),
            ])
            try scene.carry()
            #expect(
                try scene.rows("id, window_start, window_end, name")
                    == [["1", "1970-02-20 02:25:19.365+00", "1970-02-20 02:26:19.365+00", "c"]]
            )
            let key = try scene.server.query(
                """
                SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
                WHERE i.indrelid = '\(scene.table)'::regclass AND i.indisprimary ORDER BY a.attnum
                """
            )
            #expect(key == [["id"], ["window_start"], ["window_end"]])
        }
    }
}
