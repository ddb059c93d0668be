import Foundation
import Runtime
import Testing
import Values

@testable import Storage

/// The embedded log: what is written is read, by sessions and by everybody else.
@Suite struct EmbeddedLogTests {
    private let directory = TemporaryDirectory()
    private let input = TopicPartition("in", 0)

    private func open(_ partitions: Int = 1, _ settings: StorageSettings = .small) throws -> Store {
        let store = try Store(directory, settings)
        try store.log.createTopic("in", TopicSettings(partitions: partitions))
        return store
    }

    @Test func everyPartOfAMessageComesBack() throws {
        let store = try open()
        let headers = Column.of(
            headersType,
            [
                .array([.structure([.string("trace"), .bytes([1, 2])]), .structure([.string("x"), .null])]),
                .array([]),
                .array([.structure([.string(""), .bytes([])])]),
            ]
        )
        let outgoing = OutgoingRun(
            topic: "in",
            partition: 0,
            timestamps: Column.of(.bigint, [.bigint(-5), .bigint(0), .bigint(1 << 41)]),
            keys: bytes(["k", nil, ""]),
            values: bytes([nil, "", "value"]),
            headers: headers
        )
        try store.log.append([outgoing, run("in", ["plain"])])
        let read = try store.log.read(input, from: 0, rowsMax: 10, bytesMax: 1 << 20)
        #expect(read.count == 4)
        #expect((0..<4).map { read.offsets.values(as: Int64.self)[$0] } == [0, 1, 2, 3])
        #expect((0..<4).map { read.timestamps.values(as: Int64.self)[$0] } == [-5, 0, 1 << 41, 1000])
        #expect(texts(read.keys) == ["k", nil, "", nil])
        #expect(texts(read.values) == [nil, "", "value", "plain"])
        #expect((0..<3).map { read.headers?.value(at: $0) } == (0..<3).map { headers.value(at: $0) })
        #expect(read.headers?.value(at: 3) == .array([]))
        #expect(read.nextOffset == 4)
        let middle = try store.log.read(input, from: 1, rowsMax: 2, bytesMax: 1 << 20)
        #expect(texts(middle.keys) == [nil, ""])
        #expect(middle.headers?.value(at: 1) == headers.value(at: 2))
        #expect(middle.nextOffset == 3)
    }

    @Test(arguments: [1, 2, 3, 100, 4096]) func runsOfAnySizeReadTheSame(rowsMax: Int) throws {
        let store = try open()
        var expected: [String?] = []
        for size in [1, 5, 1, 1, 700, 64, 63, 2, 5000, 1, 130] {
            let values = (0..<size).map { index in index % 5 == 3 ? nil : "v\(expected.count + index)" as String? }
            expected += values
            try store.log.append([run("in", values)])
        }
        #expect(try readAll(store.log, input, rowsMax: rowsMax) == expected)
        let session = try store.log.makeSession(threadID: "0", state: store.database)
        try session.assign([input: 3])
        var polled: [String?] = []
        while let run = try session.poll(rowsMax: rowsMax, timeoutMilliseconds: 0) {
            #expect(run.count <= rowsMax)
            polled += texts(run.values)
        }
        #expect(polled == Array(expected[3...]))
        #expect(try directory.segments("in").count > 3)
        let last = try store.log.read(input, from: Int64(expected.count - 1), rowsMax: 9, bytesMax: 1)
        #expect(texts(last.values) == [expected.last ?? nil])
    }

    @Test func pollTakesTurnsPausesAndWaits() throws {
        let store = try open(3)
        for partition in 0..<3 as Range<Int32> {
            for index in 0..<3 { try store.log.append([run("in", partition, ["\(partition)\(index)"])]) }
        }
        let session = try store.log.makeSession(threadID: "0", state: store.database)
        try session.assign([input: 0, TopicPartition("in", 1): 1, TopicPartition("in", 2): 0])
        session.pause([TopicPartition("in", 2)])
        var seen: [String?] = []
        while let run = try session.poll(rowsMax: 1, timeoutMilliseconds: 0) { seen += texts(run.values) }
        #expect(seen == ["00", "11", "01", "12", "02"])
        session.pause([])
        #expect(try session.poll(rowsMax: 9, timeoutMilliseconds: 0)?.count == 3)
        let wake = session.wakeUp
        Thread.detachNewThread { wake() }
        let start = Date()
        #expect(try session.poll(rowsMax: 9, timeoutMilliseconds: 5000) == nil)
        let log = store.log
        Thread.detachNewThread { try? log.append([run("in", ["late"])]) }
        let late = try session.poll(rowsMax: 9, timeoutMilliseconds: 5000)
        #expect(late.map { texts($0.values) } == ["late"])
        #expect(Date().timeIntervalSince(start) < 4)
    }

    @Test func topicsAreKeptAndForgotten() throws {
        var store = try open(2)
        try store.log.append([run("in", 1, ["old"])])
        try store.log.createTopic("in", TopicSettings(partitions: 2))
        let kept = TopicSettings(partitions: 4, retentionMilliseconds: 7, isCompacted: true, isInternal: true)
        try store.log.createTopic("a.b-c_D", kept)
        #expect(throws: TopicError.self) { try store.log.createTopic("in", TopicSettings(partitions: 3)) }
        for name in ["", "..", "a/b", "ü"] {
            let error = #expect(throws: TopicError.self) {
                try store.log.createTopic(name, TopicSettings(partitions: 1))
            }
            #expect(error?.kind == .refused)
        }
        try store.close()
        store = try Store(directory)
        #expect(try store.log.topics() == ["a.b-c_D", "in"])
        #expect(try store.log.describe("a.b-c_D") == kept)
        #expect(try store.log.offsets(of: TopicPartition("in", 1)) == 0..<1)
        try store.log.deleteTopic("in")
        try store.log.deleteTopic("in")
        #expect(try store.log.describe("in") == nil)
        #expect(throws: TopicError.self) { try store.log.append([run("in", ["x"])]) }
        #expect(throws: TopicError.self) { _ = try store.log.offsets(of: input) }
        try store.log.createTopic("in", TopicSettings(partitions: 2))
        #expect(try store.log.offsets(of: TopicPartition("in", 1)) == 0..<0)
        let error = #expect(throws: TopicError.self) { _ = try store.log.offsets(of: TopicPartition("in", 2)) }
        #expect(error?.kind == .notFound)
    }

    @Test func aTopicDeletedBeforeItsSyncLeavesNothingToSync() throws {
        var settings = StorageSettings.small
        settings.durability = .interval(milliseconds: 3_600_000)
        let store = try open(1, settings)
        try store.log.createTopic("gone", TopicSettings(partitions: 2))
        try store.log.append([run("gone", 1, ["x"]), run("in", ["y"])])
        try store.log.deleteTopic("gone")
        try store.log.sync()
        try store.log.append([run("in", ["z"])])
        #expect(try store.log.offsets(of: input) == 0..<2)
    }

    @Test func oldSegmentsGoByAgeAndBySize() throws {
        var settings = StorageSettings.small
        settings.retentionBytes = 20_000
        let store = try open(1, settings)
        try store.log.createTopic("brief", TopicSettings(partitions: 1, retentionMilliseconds: 0))
        for topic in ["in", "brief"] {
            for index in 0..<30 { try store.log.append([run(topic, [String(repeating: "x", count: 2000 + index)])]) }
        }
        usleep(20_000)
        store.log.removeOld()
        let brief = try store.log.offsets(of: TopicPartition("brief", 0))
        #expect(brief.lowerBound >= 28 && brief.upperBound == 30)
        let kept = try store.log.offsets(of: input)
        #expect((20...24).contains(kept.lowerBound))
        #expect(try store.log.read(input, from: 0, rowsMax: 1, bytesMax: 1).nextOffset == kept.lowerBound + 1)
        #expect(try directory.segments("in").count < 10)
        try store.close()
        let again = try Store(directory, settings)
        #expect(try again.log.offsets(of: input) == kept)
        #expect(try readAll(again.log, input).count == kept.count)
    }

    @Test func internalTopicsLoseWhatTheirTaskHasRead() throws {
        let store = try open()
        try store.log.createTopic("step", TopicSettings(partitions: 1, isInternal: true))
        let step = TopicPartition("step", 0)
        let task = TaskCommitID(query: "Q", subtopology: 1, partition: 0)
        let session = try store.log.makeSession(threadID: "0", state: store.database)
        #expect(try session.restore(task, stores: [], inputs: [step]) == [:])
        for _ in 0..<20 { try store.log.append([run("step", [String(repeating: "x", count: 2000)])]) }
        var epoch = Epoch()
        epoch.offsets[task] = [step: 15]
        #expect(try session.commit(epoch) == .committed)
        let offsets = try store.log.offsets(of: step)
        #expect(offsets.lowerBound > 11 && offsets.lowerBound <= 15)
        #expect(try session.restore(task, stores: [], inputs: [step, input]) == [step: 15])
    }

    @Test func moreFilesThanMayBeOpen() throws {
        let store = try open(60)
        for round in 0..<3 {
            for partition in 0..<60 as Range<Int32> {
                try store.log.append([run("in", partition, ["\(partition):\(round)"])])
            }
        }
        for partition in 0..<60 as Range<Int32> {
            let found = try readAll(store.log, TopicPartition("in", partition))
            #expect(found == (0..<3).map { "\(partition):\($0)" })
        }
    }

    @Test func anotherLogIsRefused() throws {
        let store = try open()
        let error = #expect(throws: TopicError.self) {
            _ = try EmbeddedLog(directory: directory.path + "/log", database: store.database)
        }
        #expect(error?.kind == .refused)
    }

    /// What a query that ends with the process keeps: offsets beside its state, messages in the log.
    @Test func sessionWithStateOfItsOwn() throws {
        let store = try open()
        try store.log.createTopic("out", TopicSettings(partitions: 1))
        let memory = MemoryDatabase()
        let session = try store.log.makeSession(threadID: "0", state: memory)
        let task = TaskCommitID(query: "q1", subtopology: 0, partition: 0)
        let input = TopicPartition("out", 0)
        var epoch = Epoch()
        epoch.offsets = [task: [input: 7]]
        try session.append(run("out", 0, ["a"]))
        #expect(try session.commit(epoch) == .committed)
        #expect(try session.restore(task, stores: [], inputs: [input]) == [input: 7])
        #expect(try readAll(store.log, input) == ["a"])
        let other = try store.log.makeSession(threadID: "0", state: store.database)
        #expect(try other.restore(task, stores: [], inputs: [input]).isEmpty)
    }

    @Test func topicsOfOneNameAreToldApart() throws {
        let store = try open()
        let first = try #require(try store.log.incarnation(of: "in"))
        try store.log.createTopic("in", TopicSettings(partitions: 1))
        #expect(try store.log.incarnation(of: "in") == first)
        try store.close()
        let again = try open()
        #expect(try again.log.incarnation(of: "in") == first)
        try again.log.deleteTopic("in")
        #expect(try again.log.incarnation(of: "in") == nil)
        try again.close()
        let last = try open()
        let second = try #require(try last.log.incarnation(of: "in"))
        #expect(second != first)
        try last.close()
        let elsewhere = try Store(TemporaryDirectory())
        try elsewhere.log.createTopic("in", TopicSettings(partitions: 1))
        #expect(try elsewhere.log.incarnation(of: "in") != first)
        try elsewhere.close()
    }
}
