import Foundation
import Runtime
import Synchronization
import Testing
import Values

@testable import Storage

/// A message as the tests compare it.
private struct Message: Equatable {
    let offset: Int64
    let timestamp: Int64
    let key: String?
    let value: String?
}

private let table = TopicPartition("t", 0)

extension EmbeddedLog {
    fileprivate func messages(from start: Int64 = 0, rowsMax: Int = 7) throws -> [Message] {
        var found: [Message] = []
        var offset = start
        while true {
            let run = try read(table, from: offset, rowsMax: rowsMax, bytesMax: 1 << 20)
            if run.count == 0 { return found }
            found += messages(of: run)
            offset = run.nextOffset
        }
    }

    fileprivate func messages(of run: MessageRun) -> [Message] {
        let keys = texts(run.keys)
        let values = texts(run.values)
        return (0..<run.count).map { row in
            Message(
                offset: run.offsets.values(as: Int64.self)[row],
                timestamp: run.timestamps.values(as: Int64.self)[row],
                key: keys[row],
                value: values[row]
            )
        }
    }

    /// Compacts as if it were that many milliseconds later.
    fileprivate func compact(in milliseconds: Int64 = 0, proceed: () -> Bool = { true }) {
        compact(now: Self.wallMilliseconds() + milliseconds, proceed: proceed)
    }
}

/// What was appended, and what a reader may find of it.
private struct Model {
    var all: [Message] = []

    static func fold(_ messages: some Sequence<Message>) -> [String: Message] {
        var table: [String: Message] = [:]
        for message in messages {
            guard let key = message.key else { continue }
            table[key] = message.value == nil ? nil : message
        }
        return table
    }

    mutating func add(_ run: OutgoingRun) {
        let keys = texts(run.keys)
        let values = texts(run.values)
        for row in 0..<run.count {
            all.append(
                Message(
                    offset: Int64(all.count),
                    timestamp: run.timestamps.values(as: Int64.self)[row],
                    key: keys[row],
                    value: values[row]
                )
            )
        }
    }

    /// The found messages are a part of what was appended from `start` on, and make the same table.
    func expectSame(_ found: [Message], from start: Int64 = 0, _ location: SourceLocation = #_sourceLocation) {
        let expected = all.dropFirst(Int(start))
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.offset < $1.offset }, sourceLocation: location)
        #expect(found.allSatisfy { all[Int($0.offset)] == $0 }, sourceLocation: location)
        #expect(Self.fold(found) == Self.fold(expected), sourceLocation: location)
        let keyless = found.filter { $0.key == nil }
        #expect(keyless == expected.filter { $0.key == nil }, sourceLocation: location)
        #expect(found.last == expected.last, sourceLocation: location)
    }
}

/// Compaction keeps the last message of each key, whatever happens meanwhile.
@Suite struct CompactionTests {
    private let directory = TemporaryDirectory()

    private func settings(bufferKeys: Int = 1000) -> StorageSettings {
        var settings = StorageSettings.small
        settings.compactedSegmentBytes = 4096
        settings.compactionBufferBytes = bufferKeys * 32
        return settings
    }

    private func open(_ settings: StorageSettings, writer: FileWriter = FileWriter()) throws -> Store {
        let store = try Store(directory, settings, writer: writer)
        try store.log.createTopic("t", TopicSettings(partitions: 1, isCompacted: true))
        return store
    }

    private func random(_ random: inout Seeded, keys: Int = 40) -> OutgoingRun {
        let count = Int.random(in: 1...20, using: &random)
        let names = (0..<count).map { _ in
            Int.random(in: 0..<30, using: &random) == 0 ? nil : "k\(Int.random(in: 0..<keys, using: &random))"
        }
        let values = (0..<count).map { _ -> String? in
            let kind = Int.random(in: 0..<10, using: &random)
            return kind < 2 ? nil : String(repeating: "v", count: Int.random(in: 0..<80, using: &random)) + "\(kind)"
        }
        return run("t", 0, keys: names, values)
    }

    /// Appends until so many segments are there.
    private func fill(_ log: EmbeddedLog, _ model: inout Model, segments: Int, seed: UInt64 = 5) throws {
        var source = Seeded(seed)
        let before = try directory.segments("t").count
        repeat {
            let run = random(&source)
            try log.append([run])
            model.add(run)
        } while try directory.segments("t").count < before + segments
    }

    private func bytesOnDisk() throws -> Int {
        try directory.segments("t").reduce(0) { sum, path in
            sum + (try Data(contentsOf: URL(fileURLWithPath: path)).count)
        }
    }

    @Test(arguments: 1...9 as ClosedRange<UInt64>) func anyHistoryMakesTheSameTable(seed: UInt64) throws {
        var source = Seeded(seed)
        var settings = settings(bufferKeys: [3, 17, 1000][Int(seed % 3)])
        settings.tombstoneMilliseconds = [0, 1000, 1 << 40][Int(seed / 3 % 3)]
        settings.durability = seed % 4 == 0 ? .commit : .none
        var images = [directory]
        var store = try open(settings)
        var model = Model()
        var later: Int64 = 0
        for _ in 0..<40 {
            switch Int.random(in: 0..<12, using: &source) {
            case 0..<7:
                for _ in 0..<4 {
                    let run = random(&source)
                    try store.log.append([run])
                    model.add(run)
                }
            case 7, 8:
                later += Int64.random(in: 0..<1500, using: &source)
                store.log.compact(in: later)
            case 9:
                // Killed in the middle: the rest is done by the process that comes after.
                var steps = Int.random(in: 0..<60, using: &source)
                var image: TemporaryDirectory?
                let log = store.log
                log.compact(in: later) {
                    steps -= 1
                    if steps == 0 { image = try? images.last?.crashImage() }
                    return true
                }
                guard let image else { continue }
                store.log.abandon()
                try store.database.close()
                images.append(image)
                store = try Store(image, settings)
            case 10:
                var steps = Int.random(in: 0..<40, using: &source)
                store.log.compact(in: later) {
                    steps -= 1
                    return steps > 0
                }
            default:
                try store.close()
                store = try Store(images[images.count - 1], settings)
            }
            model.expectSame(try store.log.messages(rowsMax: 1 + Int(seed)))
            let start = Int64.random(in: 0...Int64(model.all.count), using: &source)
            model.expectSame(try store.log.messages(from: start), from: start)
            #expect(try store.log.offsets(of: table) == 0..<Int64(model.all.count))
        }
        try expectOnlyTheLast(store.log, &model, later, keepsTombstones: settings.tombstoneMilliseconds > 1000)
        try store.close()
    }

    /// Behind all of a history, each key is there once, and nothing of what was deleted.
    private func expectOnlyTheLast(
        _ log: EmbeddedLog,
        _ model: inout Model,
        _ later: Int64,
        keepsTombstones: Bool
    ) throws {
        for round in 1...4 as ClosedRange<Int64> {
            for _ in 0..<12 {
                let run = run("t", 0, keys: ["last"], [String(repeating: "l", count: 1500)])
                try log.append([run])
                model.add(run)
            }
            log.compact(in: later + 2000 * round)
        }
        let found = try log.messages()
        model.expectSame(found)
        let keyed = found.filter { $0.key != nil && $0.key != "last" }
        #expect(Set(keyed.map(\.key)).count == keyed.count)
        #expect(keepsTombstones || keyed.allSatisfy { $0.value != nil })
    }

    @Test func aCrashBetweenAnyTwoStepsLosesNothing() throws {
        let settings = settings(bufferKeys: 20)
        let store = try open(settings)
        var model = Model()
        try fill(store.log, &model, segments: 3)
        var images: [TemporaryDirectory] = []
        store.log.compact {
            if let image = try? directory.crashImage() { images.append(image) }
            return true
        }
        #expect(images.count > 15)
        for image in images {
            let found = try Store(image, settings)
            model.expectSame(try found.log.messages())
            let names = try image.segments("t")
            #expect(!names.contains { $0.hasSuffix(SegmentName.unfinished) })
            let files = names.compactMap { SegmentName(($0 as NSString).lastPathComponent) }
            #expect(SegmentName.current(of: files).superseded.isEmpty)
            found.log.compact()
            model.expectSame(try found.log.messages())
            try found.close()
        }
    }

    @Test func spaceShrinksAndStaysSmall() throws {
        let store = try open(settings())
        var model = Model()
        try fill(store.log, &model, segments: 20)
        let before = try bytesOnDisk()
        store.log.compact()
        let after = try bytesOnDisk()
        #expect(after * 4 < before, "\(before) bytes became \(after)")
        #expect(try store.log.messages().count < model.all.count / 4)
        for round in 0..<10 as Range<UInt64> {
            try fill(store.log, &model, segments: 5, seed: round + 9)
            store.log.compact()
        }
        #expect(try bytesOnDisk() < 2 * after + 2 * 4096)
        model.expectSame(try store.log.messages())
        try store.close()
        model.expectSame(try Store(directory, settings()).log.messages())
    }

    @Test(arguments: [Durability.none, .interval(milliseconds: 5)])
    func upkeepCompactsByItself(durability: Durability) throws {
        var settings = settings()
        settings.upkeepMilliseconds = 20
        settings.durability = durability
        let store = try open(settings)
        var model = Model()
        for seed in 0..<20 as Range<UInt64> {
            var source = Seeded(seed)
            for _ in 0..<20 {
                let run = random(&source)
                try store.log.append([run])
                model.add(run)
            }
            usleep(5000)
        }
        let deadline = Date() + 20
        while try store.log.messages().count > model.all.count / 4, Date() < deadline { usleep(20_000) }
        let found = try store.log.messages()
        #expect(found.count <= model.all.count / 4)
        model.expectSame(found)
        try store.close()
        model.expectSame(try Store(directory, settings).log.messages())
    }

    @Test func littleThatIsNewIsLeftAlone() throws {
        var settings = settings()
        let store = try open(settings)
        // Keys that occur once: nothing can go.
        for index in 0..<400 { try store.log.append([run("t", 0, keys: ["k\(index)"], ["\(index)"])]) }
        store.log.compact()
        let clean = try directory.segments("t")
        #expect(clean.contains { SegmentName(($0 as NSString).lastPathComponent)?.next != nil })
        for index in 0..<60 { try store.log.append([run("t", 0, keys: ["k\(index)"], ["new"])]) }
        let names = try directory.segments("t")
        #expect(names.count > clean.count)
        store.log.compact()
        #expect(try directory.segments("t") == names)
        try store.close()
        settings.compactionBytes = 1
        let eager = try Store(directory, settings)
        eager.log.compact()
        #expect(try directory.segments("t") != names)
        #expect(try eager.log.messages().count < 460)
    }

    @Test func tombstonesStayForTheirTimeAndUntilTheyWereRead() throws {
        var settings = settings()
        settings.tombstoneMilliseconds = 1_000_000
        settings.compactionRatio = 0
        let store = try open(settings)
        func filler() throws {
            for index in 0..<8 {
                let long = String(repeating: "x", count: 900)
                try store.log.append([run("t", 0, keys: ["filler \(index % 2)"], [long])])
            }
        }
        try store.log.append([run("t", 0, keys: ["a", "a", "b"], ["1", nil, nil])])
        try filler()
        func tombstones() throws -> [Int64] { try store.log.messages().filter { $0.value == nil }.map(\.offset) }
        store.log.compact()
        #expect(try tombstones() == [1, 2])
        try filler()
        store.log.compact(in: 900_000)
        #expect(try tombstones() == [1, 2])
        // A query that stands at offset 2 has not seen what happened to b.
        let session = try store.log.makeSession(threadID: "0", state: store.database)
        var epoch = Epoch()
        epoch.offsets[TaskCommitID(query: "Q", subtopology: 0, partition: 0)] = [table: 2]
        epoch.offsets[TaskCommitID(query: "R", subtopology: 0, partition: 0)] = [table: 9, TopicPartition("u", 0): 0]
        #expect(try session.commit(epoch) == .committed)
        try filler()
        store.log.compact(in: 1_000_100)
        #expect(try tombstones() == [2])
        epoch.offsets = [TaskCommitID(query: "Q", subtopology: 0, partition: 0): [table: 3]]
        #expect(try session.commit(epoch) == .committed)
        try filler()
        store.log.compact(in: 1_000_200)
        #expect(try tombstones() == [])
        #expect(try store.log.messages().allSatisfy { $0.key?.hasPrefix("filler") == true })
    }

    @Test func readingAndAppendingGoOnMeanwhile() throws {
        var settings = settings()
        settings.compactionRatio = 0
        settings.openFilesMax = 8
        let store = try open(settings)
        var model = Model()
        try fill(store.log, &model, segments: 6)
        let log = store.log
        let session = try log.makeSession(threadID: "0", state: store.database)
        try session.assign([table: 0])
        var polled: [Message] = []
        let isDone = DoneFlag()
        let compacting = Background { while !isDone.value.load(ordering: .acquiring) { log.compact() } }
        for seed in 100..<140 as Range<UInt64> {
            var source = Seeded(seed)
            for _ in 0..<5 {
                let run = random(&source)
                try log.append([run])
                model.add(run)
            }
            for _ in 0..<3 {
                guard let run = try session.poll(rowsMax: 50, timeoutMilliseconds: 0) else { break }
                polled += log.messages(of: run)
            }
            if seed % 8 == 0 { model.expectSame(try log.messages()) }
        }
        while let run = try session.poll(rowsMax: 500, timeoutMilliseconds: 0) { polled += log.messages(of: run) }
        isDone.value.store(true, ordering: .releasing)
        compacting.wait()
        model.expectSame(polled)
        model.expectSame(try log.messages())
        try store.close()
    }

    @Test(arguments: [0, 1, 3]) func aFullDiskLeavesEverythingAsItWas(writes: Int) throws {
        let writer = FailingWriter()
        let store = try open(settings(), writer: writer)
        var model = Model()
        try fill(store.log, &model, segments: 8)
        let names = try directory.segments("t")
        let count = try store.log.messages().count
        writer.allow(writes)
        store.log.compact()
        #expect(try writes > 0 || directory.segments("t") == names)
        #expect(try !directory.segments("t").contains { $0.hasSuffix(SegmentName.unfinished) })
        model.expectSame(try store.log.messages())
        writer.allow(nil)
        try fill(store.log, &model, segments: 1)
        store.log.compact()
        #expect(try store.log.messages().count < count)
        model.expectSame(try store.log.messages())
    }

    @Test func whatWasDoneIsCounted() throws {
        let store = try open(settings())
        var model = Model()
        try fill(store.log, &model, segments: 6)
        func size() throws -> Int {
            try directory.segments("t").reduce(0) { try $0 + Data(contentsOf: URL(fileURLWithPath: $1)).count }
        }
        let (bytes, messages) = (try size(), try store.log.messages().count)
        store.log.compact()
        let counters = store.log.counters
        #expect(counters.files.value > 0)
        #expect(try counters.removedRecords.value == Int64(messages - store.log.messages().count))
        #expect(try counters.removedBytes.value == Int64(bytes - size()))
        #expect(counters.failures.value == 0)
        let files = counters.files.value
        store.log.compact()
        #expect(counters.files.value == files)
    }

    @Test func damagedFilesAreNotTouched() throws {
        let store = try open(settings())
        var model = Model()
        try fill(store.log, &model, segments: 4)
        let path = try directory.segments("t")[1]
        var content = try Data(contentsOf: URL(fileURLWithPath: path))
        content[200] ^= 1
        let file = try SegmentFile(path, create: false)
        _ = content.withUnsafeBytes { pwrite(file.descriptor, $0.baseAddress, $0.count, 0) }
        let names = try directory.segments("t")
        store.log.compact()
        #expect(try directory.segments("t") == names)
        #expect(throws: TopicError.self) { _ = try store.log.messages() }
    }

    @Test func aPowerCutFindsWhatTheDatabaseNames() throws {
        let store = try open(settings())
        var model = Model()
        try fill(store.log, &model, segments: 6)
        store.log.compact()
        try store.database.write([], [RawPut(LogRecords.boot, [1])], sync: false)
        let image = try directory.crashImage()
        let found = try Store(image, settings())
        #expect(found.log.recovery == [])
        model.expectSame(try found.log.messages())
    }

    @Test func otherTopicsAndDeletedOnesAreLeftAlone() throws {
        let store = try open(settings())
        try store.log.createTopic("s", TopicSettings(partitions: 1))
        for index in 0..<200 { try store.log.append([run("s", 0, keys: ["k"], ["a long enough value \(index)"])]) }
        let names = try directory.segments("s")
        var model = Model()
        try fill(store.log, &model, segments: 4)
        var steps = 0
        let log = store.log
        log.compact {
            steps += 1
            if steps == 6 { try? log.deleteTopic("t") }
            return true
        }
        #expect(steps >= 6)
        #expect(try directory.segments("s") == names)
        #expect(try readAll(log, TopicPartition("s", 0)).count == 200)
        try store.close()
        #expect(try Store(directory, settings()).log.topics() == ["s"])
        #expect(try directory.segments("t").isEmpty)
    }
}

/// A thread that can be waited for.
private final class Background: @unchecked Sendable {
    // Unchecked: the semaphore alone is shared.
    private let done = DispatchSemaphore(value: 0)

    init(_ work: @escaping @Sendable () -> Void) {
        Thread.detachNewThread { [done] in
            work()
            done.signal()
        }
    }

    func wait() { done.wait() }
}

private final class DoneFlag: Sendable {
    let value = Atomic<Bool>(false)
}
