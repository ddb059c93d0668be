import Connectors
import Foundation
import Runtime
import TestSupport
import Testing
import Values

extension KafkaTests {
    /// Kills the broker while a task copies and counts, again and again; every input message must be there exactly once.
    @Suite(
        .enabled(if: TestCluster.canBeKilled, "WEIR_TEST_KAFKA_CONTROL names no script and directory"),
        .serialized,
        .timeLimit(.minutes(2))
    )
    struct KafkaCrashTests {
        private let broker: KafkaBroker
        private let input = TestCluster.name("in")
        private let output = TestCluster.name("out")
        private let changelog = "weir-\(TestCluster.name("t"))-changelog"
        private let task = TaskCommitID(query: "COPY_1", subtopology: 0, partition: 0)

        private static let messages = 6000
        private static let kills = 1

        init() throws {
            broker = try TestCluster.broker { $0.commitTimeoutMilliseconds = 1500 }
            for topic in [input, output] { try broker.createTopic(topic, TopicSettings(partitions: 1)) }
            try broker.createTopic(changelog, TopicSettings(partitions: 1, isCompacted: true, isInternal: true))
            let letters = (0..<KafkaCrashTests.messages).map { Letter(key: "k\($0 % 7)", value: "\($0)") }
            try broker.append([OutgoingRun(input, 0, letters)])
        }

        @Test func everyMessageIsCopiedOnceWhileTheBrokerIsKilled() throws {
            try SharedBroker.alone { try copyWhileTheBrokerIsKilled() }
        }

        private func copyWhileTheBrokerIsKilled() throws {
            let killer = Thread {
                for _ in 0..<KafkaCrashTests.kills {
                    Thread.sleep(forTimeInterval: Double.random(in: 0.3...0.9))
                    do {
                        try TestCluster.kill()
                        // Longer than a commit may take, so that some outcomes are unknown.
                        Thread.sleep(forTimeInterval: 2)
                        try TestCluster.start()
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            killer.start()
            let database = MemoryDatabase()
            var outcomes: [String: Int] = [:]
            var sessions = 0
            while try !copy(database, &outcomes) || !killer.isFinished {
                sessions += 1
                Thread.sleep(forTimeInterval: 0.05)
            }
            let store = StoreID(number: 1, partition: 0, changelog: changelog)
            let copied = try broker.letters(output, count: KafkaCrashTests.messages).map(\.value)
            #expect(copied == (0..<KafkaCrashTests.messages).map { "\($0)" }, "\(outcomes), \(sessions) sessions")
            #expect(try database.rows(store) == ["count": "\(KafkaCrashTests.messages)"])
            let wiped = MemoryDatabase()
            let session = try broker.makeSession(threadID: "0", state: wiped)
            _ = try session.restore(task, stores: [store], inputs: [])
            #expect(try wiped.rows(store) == ["count": "\(KafkaCrashTests.messages)"])
        }

        /// One life of a stream thread; false when an error ended it before everything was copied.
        private func copy(_ database: MemoryDatabase, _ outcomes: inout [String: Int]) throws -> Bool {
            let partition = TopicPartition(input, 0)
            let store = StoreID(number: 1, partition: 0, changelog: changelog)
            do {
                let session = try broker.makeSession(threadID: "0", state: database)
                var offset = try session.restore(task, stores: [store], inputs: [partition])[partition] ?? 0
                var count = Int(try database.rows(store)["count"] ?? "0") ?? 0
                try session.assign([partition: offset])
                while count < KafkaCrashTests.messages {
                    guard let run = try session.poll(rowsMax: 100, timeoutMilliseconds: 200) else { continue }
                    try session.append(
                        OutgoingRun(
                            topic: output,
                            partition: 0,
                            timestamps: run.timestamps,
                            keys: run.keys,
                            values: run.values
                        )
                    )
                    count += run.count
                    offset = run.nextOffset
                    var epoch = Epoch()
                    epoch.offsets = [task: [partition: offset]]
                    epoch.changes = [
                        StateChange(
                            store: store,
                            keys: Column.of(.bytes, [.bytes(Array("count".utf8))]),
                            values: Column.of(.bytes, [.bytes(Array("\(count)".utf8))])
                        )
                    ]
                    let outcome = try session.commit(epoch)
                    guard outcome == .committed else {
                        if case .unknown = outcome { outcomes["unknown", default: 0] += 1 }
                        if case .aborted = outcome { outcomes["aborted", default: 0] += 1 }
                        return false
                    }
                }
                return true
            } catch let error as TopicError where error.kind == .unreachable {
                outcomes["unreachable", default: 0] += 1
                return false
            }
        }
    }
}
