import Connectors
import Foundation
import Runtime
import Testing
import Values

extension KafkaTests {
    @Suite(.enabled(if: TestCluster.isThere, "WEIR_TEST_KAFKA names no cluster"), .timeLimit(.minutes(1)))
    struct KafkaSessionTests {
        private let broker: KafkaBroker
        private let service = TestCluster.name("service")
        private let input = TestCluster.name("in")
        private let output = TestCluster.name("out")
        private let changelog = "weir-\(TestCluster.name("t"))-changelog"
        private let task = TaskCommitID(query: "CTAS_T_1", subtopology: 0, partition: 0)

        init() throws {
            broker = try TestCluster.broker(service: service)
            try broker.createTopic(input, TopicSettings(partitions: 2))
            try broker.createTopic(output, TopicSettings(partitions: 1))
            try broker.createTopic(changelog, TopicSettings(partitions: 1, isCompacted: true, isInternal: true))
        }

        private var store: StoreID { StoreID(number: 1, partition: 0, changelog: changelog) }

        private func change(
            _ rows: [(String, String?)],
            deleting ranges: [(String, String)] = []
        ) -> StateChange {
            StateChange(
                store: store,
                keys: Column.of(.bytes, rows.map { .bytes(Array($0.0.utf8)) }),
                values: Column.of(.bytes, rows.map { $0.1.map { .bytes(Array($0.utf8)) } ?? .null }),
                deletedRanges: ranges.map { (Array($0.0.utf8), Array($0.1.utf8)) }
            )
        }

        private func epoch(_ offset: Int64, _ changes: [StateChange] = []) -> Epoch {
            var epoch = Epoch()
            epoch.offsets = [task: [TopicPartition(input, 0): offset]]
            epoch.changes = changes
            return epoch
        }

        private func letter(_ value: String) -> OutgoingRun { OutgoingRun(output, 0, [Letter(key: "k", value: value)]) }

        @Test func onlyCommittedMessagesAreSeen() throws {
            let session = try broker.makeSession(threadID: "0", state: MemoryDatabase())
            try session.append(letter("aborted"))
            session.abort()
            try session.append(letter("first"))
            #expect(try broker.letters(output).isEmpty)
            #expect(try session.commit(epoch(1)) == .committed)
            #expect(try broker.letters(output, count: 1).map(\.value) == ["first"])
            try session.append(letter("aborted, too"))
            session.abort()
            #expect(try session.commit(epoch(1)) == .committed)
            try session.append(letter("second"))
            #expect(try session.commit(epoch(2)) == .committed)
            #expect(try broker.letters(output, count: 2).map(\.value) == ["first", "second"])
            #expect(
                try session.restore(task, stores: [], inputs: [TopicPartition(input, 0)])[TopicPartition(input, 0)] == 2
            )
        }

        @Test func anOlderSessionIsFenced() throws {
            let older = try broker.makeSession(threadID: "0", state: MemoryDatabase())
            try older.append(letter("of the older"))
            let newer = try broker.makeSession(threadID: "0", state: MemoryDatabase())
            var outcome: CommitOutcome?
            let error = #expect(throws: TopicError.self) { outcome = try older.commit(epoch(5)) }
            #expect(error?.kind == .fenced)
            #expect(outcome == nil)
            #expect(throws: TopicError.self) { try older.append(letter("again")) }
            try newer.append(letter("of the newer"))
            #expect(try newer.commit(epoch(1)) == .committed)
            #expect(try broker.letters(output, count: 1).map(\.value) == ["of the newer"])
            let offsets = try newer.restore(
                task,
                stores: [],
                inputs: [TopicPartition(input, 0), TopicPartition(input, 1)]
            )
            #expect(offsets == [TopicPartition(input, 0): 1])
        }

        @Test func stateComesBackFromItsChangelog() throws {
            let database = MemoryDatabase()
            let session = try broker.makeSession(threadID: "0", state: database)
            #expect(try session.restore(task, stores: [store], inputs: [TopicPartition(input, 0)]) == [:])
            #expect(try session.commit(epoch(1, [change([("a", "1"), ("b", "1"), ("c", "1")])])) == .committed)
            let early = try database.rows(store)
            #expect(early == ["a": "1", "b": "1", "c": "1"])
            #expect(try session.commit(epoch(2, [change([("b", nil), ("a", "2"), ("e", "2")])])) == .committed)
            #expect(try session.commit(epoch(3, [change([("d", "3")], deleting: [("c", "f")])])) == .committed)
            #expect(try database.rows(store) == ["a": "2", "d": "3"])
            // Not committed: must not come back.
            try session.append(letter("x"))
            session.abort()

            let wiped = MemoryDatabase()
            let next = try broker.makeSession(threadID: "0", state: wiped)
            let offsets = try next.restore(task, stores: [store], inputs: [TopicPartition(input, 0)])
            #expect(offsets == [TopicPartition(input, 0): 3])
            #expect(try wiped.rows(store) == ["a": "2", "d": "3"])
            // Nothing to do for a store that is up to date.
            #expect(try next.restore(task, stores: [store], inputs: []) == [:])
            #expect(try wiped.rows(store) == ["a": "2", "d": "3"])
        }

        @Test func changelogsHoldManyAndLongValues() throws {
            let rows = (0..<1500).map { ("key \($0)", $0 == 700 ? nil : String(repeating: "v", count: $0)) }
            let long = String(repeating: "w", count: 200_000)
            let session = try broker.makeSession(threadID: "0", state: MemoryDatabase())
            #expect(try session.commit(epoch(1, [change([("key 700", "old")])])) == .committed)
            #expect(try session.commit(epoch(2, [change(rows), change([("long", long), ("", "")])])) == .committed)
            let wiped = MemoryDatabase()
            let next = try broker.makeSession(threadID: "0", state: wiped)
            _ = try next.restore(task, stores: [store], inputs: [TopicPartition(input, 0)])
            var expected = Dictionary(uniqueKeysWithValues: rows.compactMap { row in row.1.map { (row.0, $0) } })
            (expected["long"], expected[""]) = (long, "")
            #expect(try wiped.rows(store) == expected)
        }

        @Test func whatWasReadOfRepartitionTopicsIsRemoved() throws {
            let eager = try TestCluster.broker(service: service) { $0.trimMilliseconds = 0 }
            let topic = "weir-\(TestCluster.name("t"))-repartition-1"
            try eager.createTopic(topic, TopicSettings(partitions: 2, isInternal: true))
            let session = try eager.makeSession(threadID: "0", state: MemoryDatabase())
            for number in 0..<4 {
                try session.append(OutgoingRun(topic, 0, [Letter(key: "k", value: "\(number)")]))
                try session.append(OutgoingRun(topic, 1, [Letter(key: "k", value: "\(number)")]))
            }
            #expect(try session.commit(epoch(1)) == .committed)
            #expect(try eager.letters(topic, count: 4).count == 4)
            session.release(before: [TopicPartition(topic, 0): 3])
            let deadline = Date().addingTimeInterval(10)
            while try eager.offsets(of: TopicPartition(topic, 0)).lowerBound < 3, Date() < deadline { usleep(20_000) }
            #expect(try eager.offsets(of: TopicPartition(topic, 0)).lowerBound == 3)
            #expect(try eager.offsets(of: TopicPartition(topic, 1)).lowerBound == 0)
            // The one that is left is still read.
            try session.assign([TopicPartition(topic, 0): 3])
            #expect(try session.receive(1).map(\.value) == ["3"])
        }

        @Test func aCommitThatMissedTheLocalStateIsRepeatedThere() throws {
            let database = FragileDatabase()
            let session = try broker.makeSession(threadID: "0", state: database)
            #expect(try session.commit(epoch(1, [change([("a", "1"), ("b", "1")])])) == .committed)
            database.isBroken = true
            try session.append(letter("kept"))
            let outcome = try session.commit(epoch(2, [change([("a", "2")])]))
            guard case .unknown = outcome else {
                Issue.record("unexpected outcome \(outcome)")
                return
            }
            #expect(throws: TopicError.self) { try session.append(letter("no")) }
            database.isBroken = false
            #expect(try database.rows(store) == ["a": "1", "b": "1"])
            let next = try broker.makeSession(threadID: "0", state: database)
            #expect(
                try next.restore(task, stores: [store], inputs: [TopicPartition(input, 0)]) == [
                    TopicPartition(input, 0): 2
                ]
            )
            #expect(try database.rows(store) == ["a": "2", "b": "1"])
            #expect(try broker.letters(output, count: 1).map(\.value) == ["kept"])
        }

        @Test func aDeadThreadsTransactionIsSettledByItsSuccessor() throws {
            let database = MemoryDatabase()
            do {
                let dead = try broker.makeSession(threadID: "7", state: database)
                #expect(try dead.commit(epoch(1, [change([("a", "1")])])) == .committed)
                try dead.append(letter("never committed"))
                try dead.append(OutgoingRun(changelog, 0, [Letter(key: "a", value: "never committed")]))
                Thread.sleep(forTimeInterval: 0.2)
            }
            let next = try broker.makeSession(threadID: "7", state: MemoryDatabase())
            #expect(
                try next.restore(task, stores: [store], inputs: [TopicPartition(input, 0)]) == [
                    TopicPartition(input, 0): 1
                ]
            )
            try next.append(letter("committed"))
            #expect(try next.commit(epoch(2)) == .committed)
            #expect(try broker.letters(output, count: 1).map(\.value) == ["committed"])
        }

        @Test func partitionsArePausedAndTakeTurns() throws {
            let letters = (0..<20).map { Letter(key: nil, value: "\($0)") }
            try broker.append([OutgoingRun(input, 0, letters), OutgoingRun(input, 1, letters)])
            let session = try broker.makeSession(threadID: "0", state: MemoryDatabase())
            let (zero, one) = (TopicPartition(input, 0), TopicPartition(input, 1))
            try session.assign([zero: 0, one: 10])
            session.pause([zero])
            #expect(try session.receive(10) == Array(letters[10...]))
            #expect(try session.poll(rowsMax: 10, timeoutMilliseconds: 50)?.count == nil)
            session.pause([])
            #expect(try session.poll(rowsMax: 5, timeoutMilliseconds: 5000)?.letters == Array(letters[..<5]))
            // Partition 0 is where it stands, partition 1 starts over.
            try session.assign([zero: 5, one: 0])
            var seen: [Int32: [Letter]] = [:]
            while seen.values.map(\.count).reduce(0, +) < 35,
                let run = try session.poll(rowsMax: 4, timeoutMilliseconds: 5000)
            {
                seen[run.partition, default: []] += run.letters
            }
            #expect(seen == [0: Array(letters[5...]), 1: letters])
        }

        @Test func fetchingGoesOnAsSoonAsThereIsRoom() throws {
            let broker = try TestCluster.broker {
                $0.prefetchBytesMax = 64 << 10
                $0.properties = ["fetch.message.max.bytes": "65536"]
            }
            let long = Letter(key: nil, value: String(repeating: "x", count: 10_000))
            for _ in 0..<20 { try broker.append([OutgoingRun(input, 0, Array(repeating: long, count: 20))]) }
            let session = try broker.makeSession(threadID: "0", state: MemoryDatabase())
            try session.assign([TopicPartition(input, 0): 0])
            #expect(try session.poll(rowsMax: 1, timeoutMilliseconds: 5000)?.count == 1)
            // Everything that may be fetched is.
            Thread.sleep(forTimeInterval: 0.3)
            let start = Date()
            #expect(try session.receive(399, rowsMax: 1).count == 399)
            // Left alone, librdkafka would sleep a second after every 64 KiB.
            #expect(Date().timeIntervalSince(start) < 10)
        }

        @Test func aWaitingPollIsWoken() throws {
            let session = try broker.makeSession(threadID: "0", state: MemoryDatabase())
            try session.assign([TopicPartition(input, 0): 0])
            let wakeUp = session.wakeUp
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 0.3)
                wakeUp()
            }
            let start = Date()
            #expect(try session.poll(rowsMax: 10, timeoutMilliseconds: 20_000)?.count == nil)
            #expect(Date().timeIntervalSince(start) < 10)
        }

        @Test func readingBehindTheEndIsAnError() throws {
            let session = try broker.makeSession(threadID: "0", state: MemoryDatabase())
            try session.assign([TopicPartition(input, 0): 1000])
            let error = #expect(throws: TopicError.self) {
                for _ in 0..<100 { _ = try session.poll(rowsMax: 10, timeoutMilliseconds: 100) }
            }
            #expect(error?.kind == .corrupt)
        }
    }
}
