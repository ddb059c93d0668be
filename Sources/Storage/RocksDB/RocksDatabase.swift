import CRocksDB
import Glibc
import Runtime
import Values

/// The ``StateDatabase`` on disk: one RocksDB database for all stores and the engine's own area.
///
/// A full disk makes RocksDB read-only: writes fail, without effect, until there is space, and the first one behind that
/// opens the database anew. So it costs failed commits while it lasts, and nothing else. After any other failed write the
/// database is closed and opened again at once, which replays the write-ahead log, and the answer to "did it take effect"
/// is read from it.
public final class RocksDatabase: StateDatabase, @unchecked Sendable {
    // Unchecked: `handle`, `directoryLock` and `isClosed` change only under `gate` for writing, `isFull` and
    // `reopenedAt` are used only under `writeGate`; everything else is constant or RocksDB's business.
    private let path: String
    private let options: RocksOptions
    private var directoryLock: DirectoryLock?
    private var isClosed = false
    private let gate = ReadWriteLock()
    private let writeGate = ReadWriteLock()
    private var handle: RocksHandle?
    /// A write, a flush or a compaction found the disk full; no write may follow until the database is opened anew.
    private var isFull = false
    private var reopenedAt = 0
    /// So much space must there be before work goes on.
    private let spaceMin: Int

    /// Opens or creates the database in the directory `path`.
    /// - Throws: ``StorageError``; `.locked` when another process uses the directory.
    public init(path: String, settings: StorageSettings = StorageSettings()) throws {
        self.path = path
        spaceMin = settings.writeBufferBytes
        try Directories.create(path)
        directoryLock = try DirectoryLock(path)
        options = try RocksOptions(settings, path: path)
        handle = try RocksHandle(path, options.options)
    }

    /// Closes the database; every later call fails.
    ///
    /// What is only in memory is written to sorted files first, so that the next start has nothing to replay. A process that dies instead loses nothing.
    public func close() throws {
        defer {
            gate.write {
                handle = nil
                directoryLock = nil
                isClosed = true
            }
        }
        try flush()
    }

    /// Writes what is only in memory to sorted files.
    public func flush() throws {
        try writeGate.write {
            try goOnAfterFailures()
            try flushMemory()
        }
    }

    private func flushMemory() throws {
        try withOpen("flush") { handle, failure in
            let options = rocksdb_flushoptions_create()
            defer { rocksdb_flushoptions_destroy(options) }
            rocksdb_flush(handle.database, options, &failure)
        }
    }

    /// Makes everything written so far survive a power cut.
    public func sync() throws {
        try withOpen("sync") { rocksdb_flush_wal($0.database, 1, &$1) }
    }

    public func get(_ key: [UInt8]) throws -> [UInt8]? {
        try withOpen("read") { handle, failure in
            let slice = rocksdb_get_pinned_cf(
                handle.database,
                options.read,
                handle.family,
                key.withUnsafeBytes { $0.bindMemory(to: CChar.self).baseAddress },
                key.count,
                &failure
            )
            guard let slice else { return nil }
            defer { rocksdb_pinnableslice_destroy(slice) }
            var count = 0
            guard let bytes = rocksdb_pinnableslice_value(slice, &count) else { return [] }
            return Array(UnsafeRawBufferPointer(start: bytes, count: count))
        }
    }

    public func multiGet(_ store: StoreID, _ keys: Column) throws -> Column {
        guard keys.count > 0 else { return Column.of(.bytes, []) }
        let request = KeyRequest(store, keys)
        return try withOpen("read") { handle, failure in
            request.run(handle, options.read, &failure)
        }
    }

    public func approximateBytes(of store: StoreID) -> Int64 {
        let files = try? withOpen("measure") { handle, failure in
            StoreSize.inFiles(handle.database, handle.family, store, &failure)
        }
        if let files, files > 0 { return files }
        return (try? StoreSize.counted(self, store)) ?? 0
    }

    public func write(_ changes: [StateChange], _ puts: [RawPut], sync: Bool) throws {
        let batch = WriteBatch(changes, puts)
        try writeGate.write {
            do {
                try writeOnce(batch, sync: sync)
            } catch let error as StorageError where error.kind == .full && hasSpace {
                // The failure is an older one, of a flush: there is space again.
                try writeOnce(batch, sync: sync)
            }
        }
    }

    /// - Throws: ``StorageError``, `.unknown` when it could not be found out whether the write took effect; it did not otherwise.
    private func writeOnce(_ batch: borrowing WriteBatch, sync: Bool) throws {
        try goOnAfterFailures()
        var before: UInt64 = 0
        do {
            try withOpen("write") { handle, failure in
                before = handle.sequence
                // Counting the comparisons of keys would take longer than comparing them.
                rocksdb_set_perf_level(Int32(rocksdb_disable))
                rocksdb_write(handle.database, options.write, batch.batch, &failure)
            }
        } catch let error as StorageError {
            if error.kind != .full { return try settle(error, before: before, sync: sync) }
            // Without effect: the record in the write-ahead log is torn, if there is one at all.
            isFull = true
            throw error
        }
        guard sync else { return }
        do {
            try self.sync()
        } catch let error as StorageError {
            try settle(error, before: before, sync: true)
        }
    }

    /// Runs `body` with the open database and turns the C error it may leave into a thrown one.
    ///
    /// Opens the database again when an earlier attempt failed. The one place where RocksDB's errors become ours.
    func withOpen<Result>(
        _ operation: String,
        _ body: (borrowing RocksHandle, inout UnsafeMutablePointer<CChar>?) throws -> Result
    ) throws -> Result {
        if gate.read({ handle == nil }) { try reopen() }
        return try gate.read {
            var failure: UnsafeMutablePointer<CChar>?
            let result: Result
            switch handle {
            case .some(let handle): result = try body(handle, &failure)
            case .none: throw StorageError(.failed, "the state database '\(path)' is closed")
            }
            if let failure { throw StorageError.rocks(operation, path, takeText(failure)) }
            return result
        }
    }

    var readOptions: OpaquePointer { options.read }

    private func reopen() throws {
        try gate.write {
            guard handle == nil, !isClosed else { return }
            handle = try RocksHandle(path, options.options)
        }
    }

    /// Opens the database anew when the disk was full and is not any more.
    /// - Throws: ``StorageError`` `.full` while it still is; reads go on then.
    private func goOnAfterFailures() throws {
        if !isFull {
            // Failed flushes and compactions, which no call returns. While there is little space, the next one would fail
            // again: RocksDB still takes some writes, and then it says no itself.
            let failures = try withOpen("look at") { handle, _ in handle.backgroundFailures }
            guard failures > 0, Self.seconds() >= reopenedAt + Self.reopenSeconds, hasSpace else { return }
        } else if !hasSpace {
            throw StorageError.rocks("write", path, "No space left on device, \(spaceMin) bytes are needed to go on")
        }
        gate.write { handle = nil }
        try reopen()
        isFull = false
        reopenedAt = Self.seconds()
    }

    /// After a failed compaction the database is opened anew at most that often.
    private static let reopenSeconds = 5

    private var hasSpace: Bool { Directories.hasSpace(path, spaceMin) }

    private static func seconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec
    }

    /// After a failed write: opens the database anew and returns when the write did take effect.
    /// - Throws: `error` when it did not, `.unknown` when that cannot be found out now.
    private func settle(_ error: StorageError, before: UInt64, sync: Bool) throws {
        gate.write { handle = nil }
        do {
            try reopen()
            let after = try withOpen("read") { handle, _ in handle.sequence }
            if after <= before { throw error }
            // What was replayed is not known to be on the disk; sorted files are when they are there.
            if sync { try flushMemory() }
        } catch let second as StorageError where second.message != error.message {
            throw StorageError(.unknown, "\(error.message); then \(second.message)", hint: error.hint)
        }
    }
}
