import Testing
import Values

@testable import Runtime

/// The in-memory twins of the embedded log and of RocksDB.
@Suite struct MemoryBrokerTests {
    private let broker = MemoryBroker()
    private let database = MemoryDatabase()
    private let task = TaskCommitID(query: "CTAS_T_1", subtopology: 0, partition: 0)
    private let input = TopicPartition("in", 0)

    private func run(_ topic: String, _ values: [String]) -> OutgoingRun {
        OutgoingRun(
            topic: topic,
            partition: 0,
            timestamps: Column.constant(.bigint, .bigint(7), count: values.count),
            keys: Column.constant(.bytes, .null, count: values.count),
            values: Column.of(.bytes, values.map { .bytes(Array($0.utf8)) })
        )
    }

    private func texts(_ run: MessageRun?) -> [String] {
        guard let run else { return [] }
        return (0..<run.count).map { String(decoding: run.values.bytes($0), as: UTF8.self) }
    }

    @Test func commitPublishesOutputsOffsetsAndStateTogether() throws {
        try broker.createTopic("in", TopicSettings(partitions: 1))
        try broker.createTopic("out", TopicSettings(partitions: 1))
        try broker.append([run("in", ["a", "b", "c"])])
        let session = try broker.makeSession(threadID: "0", state: database)
        try session.assign([input: 1])
        #expect(texts(try session.poll(rowsMax: 1, timeoutMilliseconds: 0)) == ["b"])
        #expect(texts(try session.poll(rowsMax: 9, timeoutMilliseconds: 0)) == ["c"])
        #expect(try session.poll(rowsMax: 9, timeoutMilliseconds: 1) == nil)

        try session.append(run("out", ["x"]))
        #expect(try broker.offsets(of: TopicPartition("out", 0)) == 0..<0)
        let store = StoreID(number: 1, partition: 0, changelog: "c")
        var epoch = Epoch()
        epoch.offsets[task] = [input: 3]
        let keys = Column.of(.bytes, [.bytes([2]), .bytes([1])])
        epoch.changes = [StateChange(store: store, keys: keys, values: keys)]
        #expect(try session.commit(epoch) == .committed)
        #expect(try broker.offsets(of: TopicPartition("out", 0)) == 0..<1)
        #expect(try session.restore(task, stores: [], inputs: [input]) == [input: 3])
        #expect(try database.multiGet(store, Column.of(.bytes, [.bytes([1]), .bytes([3])])).nullCount == 1)
        var scanned: [[UInt8]] = []
        try database.scan(store, from: [], to: nil) { key, _ in
            scanned.append(Array(key))
            return true
        }
        #expect(scanned == [[1], [2]])
    }

    @Test func abortedAndDroppedEpochsLeaveNothing() throws {
        try broker.createTopic("out", TopicSettings(partitions: 1))
        var session = try broker.makeSession(threadID: "0", state: database)
        var epoch = Epoch()
        epoch.offsets[task] = [input: 3]
        try session.append(run("out", ["x"]))
        broker.failNextCommit(.aborted(reason: "told to"))
        #expect(try session.commit(epoch) == .aborted(reason: "told to"))
        try session.append(run("out", ["y"]))
        session = try broker.makeSession(threadID: "0", state: database)
        #expect(try session.restore(task, stores: [], inputs: [input]) == [:])
        #expect(try broker.offsets(of: TopicPartition("out", 0)) == 0..<0)
    }

    @Test func theSortedMapAgreesWithADictionary() {
        var map = SortedBytes()
        var model: [[UInt8]: [UInt8]] = [:]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let key = [UInt8.random(in: 0..<40, using: &generator), UInt8.random(in: 0...255, using: &generator)]
            if UInt8.random(in: 0..<3, using: &generator) == 0 {
                map.remove(key)
                model[key] = nil
            } else {
                map.put(key, key)
                model[key] = key
            }
        }
        let sorted = model.keys.sorted { $0.lexicographicallyPrecedes($1) }
        #expect(map.entries(from: [], to: nil).map(\.key) == sorted)
        let (lower, upper): ([UInt8], [UInt8]) = ([10], [30])
        let between = sorted.filter { !$0.lexicographicallyPrecedes(lower) && $0.lexicographicallyPrecedes(upper) }
        #expect(map.entries(from: lower, to: upper).map(\.key) == between)
        #expect(model.allSatisfy { map[$0.key] == $0.value })
    }
}
