import Connectors
import Foundation
import Runtime
import Synchronization
import Testing
import Values

extension KafkaTests {
    @Suite(.enabled(if: TestCluster.isThere, "WEIR_TEST_KAFKA names no cluster"), .timeLimit(.minutes(1)))
    struct KafkaBrokerTests {
        private static let letters = [
            Letter(key: "a", value: "1", time: 1),
            Letter(key: nil, value: "no key", headers: ["trace": "abc", "empty": ""]),
            Letter(key: "a", value: nil),
            Letter(key: "", value: "", time: 1_600_000_000_123),
            Letter(key: "long", value: String(repeating: "x", count: 100_000)),
        ]

        @Test func messagesComeBackAsTheyWereWritten() throws {
            let broker = try TestCluster.broker()
            let topic = TestCluster.name("round-trip")
            try broker.createTopic(topic, TopicSettings(partitions: 2))
            let first = OutgoingRun(topic, 0, KafkaBrokerTests.letters)
            try broker.append([first, OutgoingRun(topic, 1, [Letter(key: "other", value: "partition")])])
            try broker.append([OutgoingRun(topic, 0, [Letter(key: "alone", value: "one")])])
            let expected = KafkaBrokerTests.letters + [Letter(key: "alone", value: "one")]
            #expect(try broker.letters(topic, 0) == expected)
            #expect(try broker.letters(topic, 1) == [Letter(key: "other", value: "partition")])

            let session = try broker.makeSession(threadID: "0", state: MemoryDatabase())
            try session.assign([TopicPartition(topic, 0): 0])
            #expect(try session.receive(expected.count, rowsMax: 2) == expected)
        }

        @Test func readsBeginAnywhereAndEndEmpty() throws {
            let broker = try TestCluster.broker()
            let topic = TestCluster.name("read")
            try broker.createTopic(topic, TopicSettings(partitions: 1))
            let partition = TopicPartition(topic, 0)
            #expect(try broker.read(partition, from: 0, rowsMax: 10, bytesMax: 1000).count == 0)
            try broker.append([OutgoingRun(topic, 0, (0..<10).map { Letter(key: nil, value: "\($0)") })])
            let run = try broker.read(partition, from: 4, rowsMax: 3, bytesMax: 1000)
            #expect(run.letters.map(\.value) == ["4", "5", "6"])
            #expect(run.nextOffset == 7)
            for _ in 0..<3 {
                #expect(
                    try broker.read(partition, from: 7, rowsMax: 9, bytesMax: 1000).letters.map(\.value) == [
                        "7", "8", "9",
                    ]
                )
            }
            let end = try broker.offsets(of: partition)
            #expect(end.lowerBound == 0 && end.upperBound >= 10)
            #expect(try broker.read(partition, from: 10, rowsMax: 9, bytesMax: 1000).count == 0)
            // Who reads on at the end sees the next message at once.
            let next = try broker.read(partition, from: 10, rowsMax: 9, bytesMax: 1000).nextOffset
            try broker.append([OutgoingRun(topic, 0, [Letter(key: nil, value: "late")])])
            #expect(try broker.read(partition, from: next, rowsMax: 9, bytesMax: 1000).letters.map(\.value) == ["late"])
        }

        @Test func topicsAreCreatedDescribedAndDeleted() throws {
            let broker = try TestCluster.broker()
            let plain = TestCluster.name("plain")
            let changelog = "weir-\(TestCluster.name("t"))-changelog"
            #expect(try broker.describe(plain) == nil)
            let retained = TopicSettings(partitions: 3, retentionMilliseconds: 86_400_000)
            let compacted = TopicSettings(partitions: 1, isCompacted: true, isInternal: true)
            try broker.createTopic(plain, retained)
            try broker.createTopic(plain, retained)
            try broker.createTopic(changelog, compacted)
            #expect(try broker.describe(plain) == retained)
            #expect(try broker.describe(changelog) == compacted)
            #expect(throws: TopicError.self) { try broker.createTopic(plain, TopicSettings(partitions: 2)) }
            #expect(Set([plain, changelog]).isSubset(of: try broker.topics()))
            try broker.deleteTopic(plain)
            try broker.deleteTopic(plain)
            #expect(try broker.describe(plain) == nil)
            try broker.createTopic(plain, TopicSettings(partitions: 1))
            try broker.append([OutgoingRun(plain, 0, [Letter(key: nil, value: "again")])])
            #expect(try broker.letters(plain).map(\.value) == ["again"])
            try broker.deleteTopic(plain)
            try broker.deleteTopic(changelog)
        }

        @Test func whatIsMissingIsNamed() throws {
            let broker = try TestCluster.broker()
            let topic = TestCluster.name("missing")
            func kind(_ body: () throws -> Void) -> TopicError.Kind? {
                do {
                    try body()
                    return nil
                } catch {
                    return (error as? TopicError)?.kind
                }
            }
            #expect(kind { try broker.append([OutgoingRun(topic, 0, [Letter(key: nil, value: "x")])]) } == .notFound)
            #expect(kind { _ = try broker.offsets(of: TopicPartition(topic, 0)) } == .notFound)
            #expect(
                kind { _ = try broker.read(TopicPartition(topic, 0), from: 0, rowsMax: 1, bytesMax: 1) } == .notFound
            )
            let session = try broker.makeSession(threadID: "0", state: MemoryDatabase())
            #expect(kind { try session.assign([TopicPartition(topic, 0): 0]) } == .notFound)
            #expect(try broker.describe(topic) == nil)
        }

        @Test func subscribersHearOfCommits() throws {
            let broker = try TestCluster.broker()
            let topic = TestCluster.name("notice")
            try broker.createTopic(topic, TopicSettings(partitions: 1))
            let calls = Atomic(0)
            var subscription: AppendSubscription? = broker.onAppend { calls.add(1, ordering: .relaxed) }
            try broker.append([OutgoingRun(topic, 0, [Letter(key: nil, value: "x")])])
            #expect(calls.load(ordering: .relaxed) > 0)
            withExtendedLifetime(subscription) {}
            subscription = nil
            Thread.sleep(forTimeInterval: 0.1)
            let last = calls.load(ordering: .relaxed)
            try broker.append([OutgoingRun(topic, 0, [Letter(key: nil, value: "y")])])
            #expect(calls.load(ordering: .relaxed) == last)
        }
    }

    @Suite struct KafkaUnreachableTests {
        @Test func aClusterThatIsDownIsSaidToBe() throws {
            var settings = KafkaSettings()
            settings.requestTimeoutMilliseconds = 300
            let lines = Mutex<[String]>([])
            let broker = try KafkaBroker(bootstrapServers: "127.0.0.1:1", settings: settings) { _, text in
                lines.withLock { $0.append(text) }
            }
            let error = #expect(throws: TopicError.self) { try broker.check() }
            #expect(error?.kind == .unreachable)
            #expect(error?.message.contains("Kafka at 127.0.0.1:1 does not answer") == true)
            // Every client of the broker says it, the log says it once.
            #expect(lines.withLock { $0.filter { $0.contains("Connection refused") }.count } == 1)
        }

        @Test func aWrongPropertyIsNamed() {
            var settings = KafkaSettings()
            settings.properties = ["no.such.property": "1"]
            let error = #expect(throws: TopicError.self) {
                try KafkaBroker(bootstrapServers: "127.0.0.1:1", settings: settings)
            }
            #expect(error?.message.contains("no.such.property") == true)
        }
    }
}
