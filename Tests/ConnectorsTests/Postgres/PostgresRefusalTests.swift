import Foundation
import Runtime
import Synchronization
import Testing
import Values

@testable import Connectors

extension PostgresTests {
    @Suite struct RefusalTests {
        /// Records that PostgreSQL can never take are named; nothing behind them is written.
        @Test(
            arguments: [
                (#"{"NAME":"a\u0000b","N":1}"#, "field name: the text has a NUL byte"),
                (#"{"NAME":"abcdef","N":1}"#, "22001: record"),
                (#"{"NAME":"abc","N":-1}"#, "23514: record"),
                (nil, "'delete.enabled' is 'false'"),
            ]
        )
        func namesTheRecord(value: String?, reason: String) throws {
            let scene = try SinkScene("refused")
            try scene.server.run(
                "CREATE TABLE \(scene.table) (id int PRIMARY KEY, name varchar(5), n int CHECK (n >= 0))"
            )
            var letters: [(String?, String?)] = (0..<40).map { ("\($0)", #"{"NAME":"ok","N":1}"#) }
            letters[17] = ("17", value)
            try scene.append(letters)
            let settings = ["delete.enabled": "false"]
            let status = try scene.carry(settings)
            #expect(status.state == .waiting)
            #expect(status.reason?.contains(reason) == true, "\(status.reason ?? "")")
            #expect(status.reason?.contains("\(scene.name)-0 at offset 17") == true, "\(status.reason ?? "")")
            #expect(try scene.server.query("SELECT count(*) FROM \(scene.table)") == [["0"]])
            // It goes on when the cause is gone, or when such records are to be left out.
            let tolerant = try scene.carry(settings.merging(["errors.tolerance": "all"]) { $1 })
            #expect(tolerant.state == .running && tolerant.rowsWritten == 39)
            #expect(try scene.server.query("SELECT count(*), sum(id) FROM \(scene.table)") == [["39", "\(780 - 17)"]])
            #expect(scene.problems.withLock { $0.map(\.offset) } == [17])
        }

        @Test func goesOnWhenTheTargetIsCorrected() throws {
            let scene = try SinkScene("corrected")
            try scene.server.run("CREATE TABLE \(scene.table) (id int PRIMARY KEY, name varchar(5), n int)")
            try scene.append([("1", #"{"NAME":"much too long"}"#), ("2", #"{"NAME":"ok"}"#)])
            let sink = try scene.sink()
            sink.start()
            #expect(scene.finished(sink).reason?.contains("offset 0: value too long") == true)
            try scene.server.run("ALTER TABLE \(scene.table) ALTER COLUMN name TYPE text")
            #expect(scene.wait(for: sink) { $0.state == .running && $0.committed == 2 }.rowsWritten == 2)
            sink.stop()
        }

        @Test func leavesOutWhatCannotBeDecoded() throws {
            let scene = try SinkScene("undecodable")
            try scene.append([("1", #"{"NAME":"a","N":1}"#), ("2", "{"), ("x", #"{"N":1}"#), (nil, #"{"N":1}"#)])
            let status = try scene.carry()
            #expect(status.details.contains { $0.name == "records left out" && $0.value == "3" })
            #expect(try scene.rows() == [["1", "a", "1"]])
            let problems = scene.problems.withLock { $0 }
            #expect(Set(problems.map(\.offset)) == [1, 2] && problems.allSatisfy { $0.kind == .deserialization })
        }

        /// Keys that are equal for the target alone: one statement must not meet a row twice.
        @Test func keysThatAreEqualForTheTargetOnly() throws {
            let scene = try SinkScene("equal", key: [("ID", .string)])
            try scene.server.run("CREATE TABLE \(scene.table) (id uuid PRIMARY KEY, name text, n int)")
            let key = "5e9f5f9e-0000-4000-8000-00000000000a"
            try scene.append([("\"\(key.uppercased())\"", #"{"N":1}"#), ("\"\(key)\"", #"{"N":2}"#)])
            #expect(try scene.carry().state == .running)
            #expect(try scene.rows("id, n").count == 1)
            let doubles = try SinkScene("zeros", key: [("ID", .double)])
            try doubles.append([("0.0", #"{"N":1}"#), ("-0.0", #"{"N":2}"#), ("\"NaN\"", #"{"N":3}"#)])
            #expect(try doubles.carry().state == .running)
            #expect(try doubles.rows("n, id").count == 2)
        }

        /// What the checks say of targets that do not fit.
        @Test(
            arguments: [
                ("CREATE TABLE @ (id int, name text, n int)", [:], "42P10", "ADD PRIMARY KEY (\"id\")"),
                (
                    "CREATE TABLE @ (id int PRIMARY KEY, nam text, n int)", [:], "42703",
                    "ADD COLUMN IF NOT EXISTS \"name\" text"
                ),
                ("CREATE TABLE @ (id int PRIMARY KEY, name bytea, n text)", [:], "", ""),
                ("CREATE TABLE @ (id int PRIMARY KEY, name text, n date)", [:], "42804", "TYPE integer"),
                (
                    "CREATE TABLE @ (id int PRIMARY KEY, name text, n int, x int NOT NULL)", [:], "23502",
                    "DROP NOT NULL"
                ),
                ("CREATE VIEW @ AS SELECT 1 id", [:], "42809", ""),
                ("", ["auto.create": "false"], "42P01", "CREATE TABLE IF NOT EXISTS"),
                ("", ["table.name.format": "nowhere.t"], "3F000", "CREATE SCHEMA"),
                ("", ["connection.user": "stranger"], "42501", "GRANT CREATE ON SCHEMA"),
                (
                    "CREATE TABLE @ (id int PRIMARY KEY, name text, n int)", ["connection.user": "stranger"], "42501",
                    "GRANT INSERT, SELECT, UPDATE, DELETE"
                ),
                ("", ["connection.user": "nobody_at_all"], "28000", ""),
                ("", ["connection.url": "host=/nowhere"], "08001", ""),
            ] as [(String, [String: String], String, String)]
        )
        func checksTheTarget(table: String, settings: [String: String], sqlstate: String, hint: String) throws {
            let scene = try SinkScene("checks")
            try scene.server.run(
                "DO $$ BEGIN CREATE ROLE stranger LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
            )
            if !table.isEmpty { try scene.server.run(table.replacing("@", with: scene.table)) }
            let sink = try scene.sink(settings)
            if sqlstate.isEmpty {
                try sink.preflight()
                return
            }
            let error = #expect(throws: PostgresError.self) { try sink.preflight() }
            #expect(error?.sqlstate == sqlstate, "\(error.map { "\($0)" } ?? "")")
            #expect(hint.isEmpty || error?.hint?.contains(hint) == true, "\(error.map { "\($0)" } ?? "")")
            sink.start()
            let status = scene.wait(for: sink) { $0.state == .waiting }
            #expect(status.reason?.hasPrefix(sqlstate) == true, "\(status.reason ?? "")")
            sink.stop()
            #expect(sink.status.state == .stopped)
        }

        @Test func addsColumnsWhenAsked() throws {
            let scene = try SinkScene("evolve")
            try scene.server.run("CREATE TABLE \(scene.table) (id int PRIMARY KEY)")
            try scene.append([("1", #"{"NAME":"a","N":1}"#)])
            try scene.carry(["auto.evolve": "true"])
            #expect(try scene.rows() == [["1", "a", "1"]])
        }
    }
}
