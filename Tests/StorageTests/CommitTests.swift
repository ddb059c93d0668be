import Foundation
import Glibc
import Runtime
import Synchronization
import Testing
import Values

@testable import Storage

/// Lets writes and syncs of files fail when told to.
final class FailingWriter: FileWriter, @unchecked Sendable {
    // Unchecked: the only state is a mutex.
    private let left = Mutex<Int?>(nil)

    /// Lets `writes` more writes pass; nil: all.
    func allow(_ writes: Int?) { left.withLock { $0 = writes } }

    override func write(_ pieces: [iovec], to file: SegmentFile, at position: Int) throws(StorageError) {
        let isFull = left.withLock { left in
            guard let count = left else { return false }
            left = max(count - 1, 0)
            return count == 0
        }
        guard isFull else { return try super.write(pieces, to: file, at: position) }
        // As a full disk does it: a part is written.
        try super.write([pieces[0]], to: file, at: position)
        throw .system("write", file.path, ENOSPC)
    }
}

/// A database whose writes fail, with or without effect.
private final class FailingDatabase: StateDatabase {
    private let inner: RocksDatabase
    private let failure = Mutex<(error: StorageError, isApplied: Bool)?>(nil)

    init(_ inner: RocksDatabase) { self.inner = inner }

    func fail(_ kind: StorageError.Kind, isApplied: Bool) {
        failure.withLock { $0 = (StorageError(kind, "told to fail"), isApplied) }
    }

    func get(_ key: [UInt8]) throws -> [UInt8]? { try inner.get(key) }

    func multiGet(_ store: StoreID, _ keys: Column) throws -> Column { try inner.multiGet(store, keys) }

    func scan(
        _ store: StoreID,
        from lower: [UInt8],
        to upper: [UInt8]?,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        try inner.scan(store, from: lower, to: upper, body)
    }

    func scanRaw(from lower: [UInt8], to upper: [UInt8], _ body: ([UInt8], [UInt8]) throws -> Bool) throws {
        try inner.scanRaw(from: lower, to: upper, body)
    }

    func write(_ changes: [StateChange], _ puts: [RawPut], sync: Bool) throws {
        let failure = failure.withLock { failure in
            defer { failure = nil }
            return failure
        }
        if failure?.isApplied ?? true { try inner.write(changes, puts, sync: sync) }
        if let failure { throw failure.error }
    }

    func approximateBytes(of store: StoreID) -> Int64 { inner.approximateBytes(of: store) }
}

/// All of an epoch, or nothing of it.
@Suite struct CommitTests {
    private let directory = TemporaryDirectory()
    private let task = TaskCommitID(query: "CTAS_T_1", subtopology: 0, partition: 2)
    private let source = TopicPartition("in", 0)
    private let store = StoreID(number: 7, partition: 0, changelog: "")
    private let targets = (0..<3).map { TopicPartition("out", $0) }

    private func createTopics(_ log: EmbeddedLog) throws {
        try log.createTopic("in", TopicSettings(partitions: 1))
        try log.createTopic("out", TopicSettings(partitions: 3))
    }

    /// Holds an output for each partition, and returns the epoch with state and offsets of `number`.
    private func epoch(_ number: Int, _ session: any BrokerSession) throws -> Epoch {
        for partition in 0..<3 as Range<Int32> {
            try session.append(run("out", partition, ["first of \(number)"]))
            try session.append(run("out", partition, keys: ["k"], ["second of \(number)"]))
        }
        var epoch = Epoch()
        epoch.offsets[task] = [source: Int64(number)]
        epoch.changes = [StateChange(store: store, keys: bytes(["sum"]), values: bytes(["\(number)"]))]
        return epoch
    }

    /// Outputs, state and offsets must all be those of exactly `numbers`, the last one being current.
    private func expect(_ numbers: [Int], _ log: EmbeddedLog, _ database: any StateDatabase) throws {
        for target in targets {
            #expect(try readAll(log, target) == numbers.flatMap { ["first of \($0)", "second of \($0)"] })
            #expect(try log.offsets(of: target) == 0..<Int64(numbers.count * 2))
        }
        #expect(try texts(database.multiGet(store, bytes(["sum"]))) == [numbers.last.map { "\($0)" }])
        let session = try log.makeSession(threadID: "x", state: database)
        let expected = numbers.last.map { [source: Int64($0)] } ?? [:]
        #expect(try session.restore(task, stores: [store], inputs: [source]) == expected)
    }

    @Test(arguments: [Durability.commit, .interval(milliseconds: 5), .none])
    func committedEpochsSurviveAKill(durability: Durability) throws {
        var settings = StorageSettings.small
        settings.durability = durability
        let first = try Store(directory, settings)
        try createTopics(first.log)
        let session = try first.log.makeSession(threadID: "0", state: first.database)
        for number in 1...5 { #expect(try session.commit(epoch(number, session)) == .committed) }
        let uncommitted = try epoch(6, session)
        let image = try directory.crashImage()
        let second = try Store(image, settings)
        try expect([1, 2, 3, 4, 5], second.log, second.database)
        #expect(second.log.recovery.isEmpty)
        session.abort()
        #expect(try session.commit(uncommitted) == .committed)
        #expect(try readAll(first.log, targets[0]).count == 10)
        try first.close()
    }

    @Test(arguments: 0..<3) func aFullDiskAbortsTheEpochAndLaterOnesGoThrough(passing: Int) throws {
        let writer = FailingWriter()
        let opened = try Store(directory, writer: writer)
        try createTopics(opened.log)
        let session = try opened.log.makeSession(threadID: "0", state: opened.database)
        #expect(try session.commit(epoch(1, session)) == .committed)
        writer.allow(passing)
        let outcome = try session.commit(epoch(2, session))
        guard case .aborted(let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("No space left") && reason.contains("make space"))
        let error = #expect(throws: TopicError.self) { try opened.log.append([run("in", ["x"])]) }
        #expect(error?.kind == .full)
        try expect([1], opened.log, opened.database)
        writer.allow(nil)
        #expect(try session.commit(epoch(3, session)) == .committed)
        try expect([1, 3], opened.log, opened.database)
        let image = try Store(directory.crashImage())
        try expect([1, 3], image.log, image.database)
    }

    @Test(arguments: [StorageError.Kind.full, .unknown], [false, true])
    func aFailedWriteOfTheDatabaseIsNeverHalfACommit(kind: StorageError.Kind, isApplied: Bool) throws {
        // A definite failure is one that had no effect.
        if kind == .full && isApplied { return }
        let rocks = try RocksDatabase(path: directory.path + "/state", settings: .small)
        let database = FailingDatabase(rocks)
        let log = try EmbeddedLog(directory: directory.path + "/log", database: database, settings: .small)
        try createTopics(log)
        let session = try log.makeSession(threadID: "0", state: database)
        #expect(try session.commit(epoch(1, session)) == .committed)
        database.fail(kind, isApplied: isApplied)
        let outcome = try session.commit(epoch(2, session))
        if kind == .unknown {
            #expect(outcome == .unknown(reason: "told to fail"))
        } else {
            #expect(outcome == .aborted(reason: "told to fail"))
        }
        let image = try Store(directory.crashImage())
        try expect(isApplied ? [1, 2] : [1], image.log, image.database)
        let fresh = try log.makeSession(threadID: "0", state: database)
        let restored = try fresh.restore(task, stores: [store], inputs: [source])
        #expect(restored == [source: isApplied ? 2 : 1])
        #expect(try fresh.commit(epoch(3, fresh)) == .committed)
        try expect(isApplied ? [1, 2, 3] : [1, 3], log, database)
        log.abandon()
    }

    @Test func aTopicDeletedMeanwhileAbortsTheEpoch() throws {
        let opened = try Store(directory)
        try createTopics(opened.log)
        let session = try opened.log.makeSession(threadID: "0", state: opened.database)
        let held = try epoch(1, session)
        try opened.log.deleteTopic("out")
        guard case .aborted = try session.commit(held) else {
            Issue.record("an epoch with messages for a deleted topic was committed")
            return
        }
        #expect(try opened.database.multiGet(store, bytes(["sum"])).nullCount == 1)
    }
}
