import Foundation
import Runtime
import Testing
import Values

@testable import Connectors

extension PostgresTests {
    @Suite struct CommitTests {
        /// Random changes of few keys, and the table that they fold to.
        private func changes(_ count: Int, keys: Int, _ random: inout SystemRandomNumberGenerator) -> [(
            String?, String?
        )] {
            (0..<count).map { index in
                let key = "\(Int.random(in: 0..<keys, using: &random))"
                if Int.random(in: 0..<5, using: &random) == 0 { return (key, nil) }
                return (key, #"{"NAME":"v\#(index)","N":\#(Int.random(in: 0..<1000, using: &random))}"#)
            }
        }

        private func folded(_ changes: [(String?, String?)]) -> [String: String] {
            var table: [String: String] = [:]
            for (key, value) in changes { table[key ?? ""] = value }
            return table
        }

        private func stored(_ scene: SinkScene, _ table: String? = nil) throws -> [String: String] {
            let rows = try scene.server.query(
                #"SELECT id, format('{"NAME":"%s","N":%s}', name, n) FROM \#(table ?? scene.table)"#
            )
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] ?? "", $0[1] ?? "") })
        }

        /// The way of the rows does not show in the table: one by one, as arrays, over a staging table.
        @Test(arguments: ["1", "100", "20000"]) func anySizeOfBatches(size: String) throws {
            var random = SystemRandomNumberGenerator()
            let scene = try SinkScene("sizes")
            let changes = changes(size == "1" ? 100 : size == "100" ? 3000 : 16000, keys: 10_000, &random)
            try scene.append(changes)
            let status = try scene.carry(["batch.size": size])
            #expect(status.lag == 0 && status.rowsWritten > 0)
            #expect(try stored(scene) == folded(changes))
        }

        /// Streams go straight into the table by COPY; nothing comes twice after a restart.
        @Test func goesOnAfterARestart() throws {
            let scene = try SinkScene("restart", isTable: false, partitions: 2)
            for part in 0..<4 {
                let letters = (0..<700).map { ("\(part * 700 + $0)", #"{"NAME":"x","N":\#(part)}"#) }
                try scene.append(letters, to: Int32(part % 2))
                try scene.carry()
            }
            #expect(
                try scene.server.query("SELECT count(*), count(DISTINCT id) FROM \(scene.table)") == [["2800", "2800"]]
            )
            let row = try scene.server.query(
                "SELECT service, owner_epoch, (offsets->'\(scene.name)') - 'incarnation' FROM weir_progress WHERE connector = 'c-\(scene.name)'"
            )
            #expect(row == [["s", "4", #"{"0": 1400, "1": 1400}"#]])
        }

        @Test func theNewerOwnerStopsTheOlder() throws {
            let scene = try SinkScene("owners", isTable: false)
            let first = try scene.sink()
            first.start()
            try scene.append([("1", #"{"N":1}"#)])
            #expect(scene.finished(first).state == .running)
            let second = try scene.sink()
            second.start()
            #expect(scene.finished(second).state == .running)
            for number in 2..<50 { try scene.append([("\(number)", #"{"N":1}"#)]) }
            #expect(scene.finished(second).state == .running)
            let status = scene.wait(for: first) { $0.state == .failed }
            #expect(status.state == .failed && status.reason?.contains("took the connector over") == true)
            first.stop()
            second.stop()
            #expect(try scene.server.query("SELECT count(*) FROM \(scene.table)") == [["49"]])
        }

        @Test func waitsForAServerThatIsDown() throws {
            let scene = try SinkScene("down", isTable: false)
            let sink = try scene.sink()
            sink.start()
            try scene.append([("1", #"{"N":1}"#)])
            #expect(scene.finished(sink).state == .running)
            scene.server.stop()
            try scene.append([("2", #"{"N":1}"#)])
            let waiting = scene.wait(for: sink) { $0.reason?.hasPrefix("08001") == true && $0.lag == 1 }
            #expect(waiting.reason?.contains("cannot connect") == true, "\(waiting)")
            scene.server.start()
            let status = scene.wait(for: sink) { $0.state == .running && $0.committed == 2 }
            #expect(status.state == .running && status.reason == nil)
            #expect(try scene.server.query("SELECT count(*) FROM \(scene.table)") == [["2"]])
            scene.server.stop()
            _ = scene.wait(for: sink) { $0.state == .waiting }
            let start = Date()
            sink.stop()
            #expect(Date().timeIntervalSince(start) < 1)
            scene.server.start()
        }

        /// The sink's backend is killed again and again while records come: neither loss nor doubles.
        @Test(.timeLimit(.minutes(1)), arguments: [true, false]) func survivesKilledBackends(isTable: Bool) throws {
            var random = SystemRandomNumberGenerator()
            let scene = try SinkScene("killed", isTable: isTable)
            let sink = try scene.sink(["batch.size": "300", "retry.backoff.ms": "10"])
            sink.start()
            let killer = try scene.server.connect()
            var all: [(String?, String?)] = []
            for round in 0..<60 {
                var part = changes(Int.random(in: 1...400, using: &random), keys: 500, &random)
                if !isTable { part = part.map { ($0.0, $0.1 ?? #"{"NAME":"","N":0}"#) } }
                try scene.append(part)
                all += part
                usleep(UInt32.random(in: 0..<8000, using: &random))
                guard round % 2 == 0 else { continue }
                try killer.execute(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name = 'weir c-\(scene.name)' AND pid <> pg_backend_pid()
                    """
                )
            }
            let status = scene.wait(for: sink, 20) { $0.state == .running && $0.committed == Int64(all.count) }
            sink.stop()
            #expect(status.committed == Int64(all.count), "\(status)")
            if isTable {
                #expect(try stored(scene) == folded(all))
            } else {
                #expect(status.rowsWritten == Int64(all.count))
                let sum = all.reduce(0) { $0 + (Int($1.0 ?? "") ?? 0) }
                #expect(
                    try scene.server.query("SELECT count(*), sum(id) FROM \(scene.table)") == [
                        ["\(all.count)", "\(sum)"]
                    ]
                )
            }
        }

        /// A statement that waits for a lock does not hold up whoever stops the sink.
        @Test func stopsInTheMiddleOfAStatement() throws {
            let scene = try SinkScene("locked", isTable: false)
            try scene.carry()
            let holder = try scene.server.connect()
            try holder.execute("BEGIN")
            try holder.execute("LOCK TABLE \(scene.table)")
            let sink = try scene.sink()
            sink.start()
            try scene.append([("1", #"{"N":1}"#)])
            let blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            let deadline = Date().addingTimeInterval(5)
            while try scene.server.query(blocked) == [["0"]], Date() < deadline {}
            let start = Date()
            sink.stop()
            #expect(Date().timeIntervalSince(start) < 0.5 && sink.status.state == .stopped)
            try holder.execute("ROLLBACK")
            try scene.carry()
            #expect(try scene.server.query("SELECT count(*) FROM \(scene.table)") == [["1"]])
        }

        private func renew(_ scene: SinkScene, _ count: Int) throws {
            try scene.broker.deleteTopic(scene.name)
            try scene.broker.createTopic(scene.name, TopicSettings(partitions: 1))
            try scene.append((0..<count).map { ("\($0 + 10)", #"{"N":2}"#) })
        }

        private func ids(_ scene: SinkScene) throws -> [String?] {
            try scene.server.query("SELECT id FROM \(scene.table) ORDER BY id").map { $0[0] }
        }

        /// A topic that was deleted and created again is written from its first record on, however long it is by then.
        @Test(arguments: [1, 2, 5], [true, false]) func writesANewTopicFromItsBeginning(count: Int, runs: Bool) throws {
            let scene = try SinkScene("anew", isTable: count == 1)
            try scene.append([("1", #"{"N":1}"#), ("2", #"{"N":1}"#)])
            let first = try scene.sink()
            first.start()
            #expect(scene.finished(first).state == .running)
            if !runs { first.stop() }
            try renew(scene, count)
            let sink = runs ? first : try scene.sink()
            sink.start()
            let wanted = ["1", "2"] + (0..<count).map { "\($0 + 10)" }
            let status = scene.wait(for: sink) { status in
                status.rowsWritten == (runs ? 2 : 0) + Int64(count) && status.committed == count
            }
            #expect(try ids(scene) == wanted, "\(status)")
            let details = status.details.first { $0.name == "made anew" }?.value
            #expect(details == "\(scene.name): once, and read from its first record; rows of the earlier one stay")
            try scene.append([("99", #"{"N":1}"#)])
            _ = scene.finished(sink)
            sink.stop()
            #expect(try scene.carry().details.allSatisfy { $0.name != "made anew" })
            #expect(try ids(scene) == wanted + ["99"])
        }

        /// Offsets without a mark are taken to belong to the topic that is there; from then on the row has the mark.
        @Test func adoptsOffsetsWithoutAMark() throws {
            let scene = try SinkScene("adopted", isTable: false)
            try scene.append([("1", #"{"N":1}"#), ("2", #"{"N":1}"#)])
            try scene.carry()
            try scene.server.run("UPDATE weir_progress SET offsets = offsets #- '{\(scene.name),incarnation}'")
            try scene.append([("3", #"{"N":1}"#)])
            try scene.carry()
            #expect(try ids(scene) == ["1", "2", "3"])
            try renew(scene, 4)
            try scene.carry()
            #expect(try ids(scene) == ["1", "2", "3", "10", "11", "12", "13"])
        }

        /// A topic that ends before the committed offset and is not known to be another one lost its end.
        @Test func waitsForATopicThatLostItsEnd() throws {
            let scene = try SinkScene("short")
            try scene.append([("1", #"{"N":1}"#), ("2", #"{"N":1}"#)])
            try scene.carry()
            try scene.server.run("UPDATE weir_progress SET offsets = offsets #- '{\(scene.name),incarnation}'")
            try renew(scene, 1)
            let reason = try scene.carry().reason ?? ""
            #expect(reason.contains("up to offset 2, but it ends at 1") && reason.contains("DELETE FROM weir_progress"))
        }
    }
}
