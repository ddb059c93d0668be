import Foundation
import Runtime
import Testing
import Values

@testable import Storage

/// What a start makes of files that were left by a crash, or damaged.
@Suite struct RecoveryTests {
    private let directory = TemporaryDirectory()
    private let input = TopicPartition("in", 0)

    /// A closed log with ten batches of three messages in several segments.
    private func fill(_ settings: StorageSettings = .small) throws -> [String?] {
        let store = try Store(directory, settings)
        try store.log.createTopic("in", TopicSettings(partitions: 1))
        var expected: [String?] = []
        for batch in 0..<10 {
            let values = (0..<3).map { "\(batch)\($0)" + String(repeating: "-", count: 300) }
            expected += values
            try store.log.append([run("in", values)])
        }
        try store.close()
        return expected
    }

    private func change(_ path: String, _ body: (inout Data) -> Void) throws {
        var content = try Data(contentsOf: URL(fileURLWithPath: path))
        body(&content)
        try content.write(to: URL(fileURLWithPath: path))
    }

    @Test(arguments: [1, 64, 5000]) func whatLiesBehindTheEndIsCutOff(garbage: Int) throws {
        let expected = try fill()
        let last = try #require(directory.segments("in").last)
        // The beginning of a valid batch that was never committed is garbage too.
        let valid = try Data(contentsOf: URL(fileURLWithPath: last)).prefix(garbage)
        try change(last) { $0.append(valid + Data(repeating: 7, count: garbage - valid.count)) }
        let uncommitted = (last as NSString).deletingLastPathComponent + "/" + Segment.name(30)
        try Data(repeating: 1, count: 100).write(to: URL(fileURLWithPath: uncommitted))
        let store = try Store(directory)
        #expect(try readAll(store.log, input) == expected)
        #expect(!FileManager.default.fileExists(atPath: uncommitted))
        try store.log.append([run("in", ["more"])])
        #expect(try readAll(store.log, input) == expected + ["more"])
        try store.close()
        #expect(try readAll(Store(directory).log, input) == expected + ["more"])
    }

    @Test(arguments: [4, 20, 63, 64, 200, 1100]) func aDamagedByteIsReportedWithItsPlace(position: Int) throws {
        let expected = try fill()
        let first = try directory.segments("in")[0]
        var length = 0
        try change(first) { content in
            length = Int(content[8]) + Int(content[9]) << 8
            content[length + position % length] ^= 0x20
        }
        let store = try Store(directory)
        #expect(
            try texts(store.log.read(input, from: 0, rowsMax: 3, bytesMax: 1 << 20).values) == Array(expected[..<3])
        )
        let error = #expect(throws: TopicError.self) { _ = try readAll(store.log, input, rowsMax: 3) }
        #expect(error?.kind == .corrupt)
        #expect(error?.message.contains(first) == true)
        #expect(error?.message.contains("at byte \(length)") == true)
        let session = try store.log.makeSession(threadID: "0", state: store.database)
        try session.assign([input: 3])
        #expect(throws: TopicError.self) { _ = try session.poll(rowsMax: 9, timeoutMilliseconds: 0) }
    }

    @Test func missingBytesAreReported() throws {
        _ = try fill()
        let last = try #require(directory.segments("in").last)
        try change(last) { $0.removeLast(10) }
        let store = try Store(directory)
        let error = #expect(throws: TopicError.self) { _ = try readAll(store.log, input) }
        #expect(error?.kind == .corrupt)
        #expect(error?.message.contains("10 committed bytes are missing") == true)
    }

    @Test func afterAPowerCutTheUnsyncedEndIsCheckedAndCut() throws {
        let store = try Store(directory)
        try store.log.createTopic("in", TopicSettings(partitions: 1))
        try store.log.append([run("in", ["synced"])])
        try store.log.sync()
        for text in ["a", "b", "c"] { try store.log.append([run("in", [text])]) }
        // Another run of the system, in which the last bytes were never written.
        try store.database.write([], [RawPut(LogRecords.boot, [1])], sync: false)
        let image = try directory.crashImage()
        let last = try #require(image.segments("in").last)
        try change(last) { $0.replaceSubrange($0.count - 100..<$0.count, with: Data(count: 100)) }
        let again = try Store(image)
        #expect(again.log.recovery.count == 1)
        #expect(again.log.recovery.first?.contains("offsets 3 to 3 were lost by a power cut") == true)
        #expect(try readAll(again.log, input) == ["synced", "a", "b"])
        try again.log.append([run("in", ["d"])])
        #expect(try readAll(again.log, input) == ["synced", "a", "b", "d"])
    }

    @Test func syncsInIntervals() throws {
        var settings = StorageSettings.small
        settings.durability = .interval(milliseconds: 10)
        let store = try Store(directory, settings)
        try store.log.createTopic("in", TopicSettings(partitions: 1))
        try store.log.append([run("in", ["x"])])
        let log = try store.log.find(input)
        let deadline = Date().addingTimeInterval(30)
        while !log.end.isSynced, Date() < deadline { usleep(5000) }
        #expect(log.end.isSynced)
    }

    /// Both brokers are told the same; the embedded log is closed or killed and opened again now and then.
    @Test(arguments: 1...6) func behavesAsTheMemoryBroker(seed: UInt64) throws {
        var random = Seeded(seed)
        var directory = TemporaryDirectory()
        var store = try Store(directory)
        let memory = MemoryBroker()
        let memoryState = MemoryDatabase()
        let task = TaskCommitID(query: "q", subtopology: 0, partition: 0)
        for topic in ["a", "b"] {
            for broker in [store.log, memory] as [any Broker] {
                try broker.createTopic(topic, TopicSettings(partitions: 2))
            }
        }
        for step in 0..<40 {
            let sessions = [
                try store.log.makeSession(threadID: "0", state: store.database),
                try memory.makeSession(threadID: "0", state: memoryState),
            ]
            for part in 0..<Int.random(in: 0..<4, using: &random) {
                let rows = [0, 1, 3, 20, 300].randomElement(using: &random) ?? 1
                let topic = Bool.random(using: &random) ? "a" : "b"
                let partition = Int32.random(in: 0..<2, using: &random)
                let values = (0..<rows).map { $0 % 7 == 2 ? nil : "\(step).\(part).\($0)" as String? }
                let keys = values.map { _ in Bool.random(using: &random) ? "key" as String? : nil }
                for session in sessions { try session.append(run(topic, partition, keys: keys, values)) }
            }
            var epoch = Epoch()
            epoch.offsets[task] = [input: Int64(step)]
            let isAborted = Int.random(in: 0..<5, using: &random) == 0
            for session in sessions {
                if isAborted { session.abort() } else { #expect(try session.commit(epoch) == .committed) }
            }
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                try store.close()
                store = try Store(directory)
            case 1:
                directory = try directory.crashImage()
                store = try Store(directory)
            default: break
            }
            let partition = TopicPartition(
                Bool.random(using: &random) ? "a" : "b",
                Int32.random(in: 0..<2, using: &random)
            )
            let from = Int64.random(in: 0..<200, using: &random)
            let limit = [3, 50, 4096].randomElement(using: &random) ?? 1
            #expect(try store.log.offsets(of: partition) == memory.offsets(of: partition))
            let found = try content(store.log, partition, from, limit)
            #expect(found == (try content(memory, partition, from, limit)))
            #expect(
                try sessions[1].restore(task, stores: [], inputs: [input])
                    == store.log.makeSession(threadID: "1", state: store.database)
                    .restore(task, stores: [], inputs: [input])
            )
        }
    }

    private func content(
        _ broker: any Broker,
        _ partition: TopicPartition,
        _ from: Int64,
        _ limit: Int
    ) throws -> [String] {
        var found: [String] = []
        var offset = from
        while true {
            let run = try broker.read(partition, from: offset, rowsMax: limit, bytesMax: 1 << 20)
            guard run.count > 0, found.count < 400 else { return Array(found.prefix(400)) }
            for row in 0..<run.count {
                let number = run.offsets.values(as: Int64.self)[row]
                let time = run.timestamps.values(as: Int64.self)[row]
                found.append("\(number) \(time) \(run.keys.value(at: row)) \(run.values.value(at: row))")
            }
            offset = run.nextOffset
        }
    }
}
