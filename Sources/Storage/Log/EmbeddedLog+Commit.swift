import Runtime
import Synchronization

/// What belongs to the one commit that runs at a time.
struct CommitState: Sendable {
    var directoryLock: DirectoryLock?
    var nextNumber: UInt32
    /// Something was committed since the last sync.
    var needsSync = false
    /// Partitions with committed bytes that may not be on the disk yet, and directories with new files.
    var dirtyPartitions: [ObjectIdentifier: PartitionLog] = [:]
    var dirtyDirectories: Set<String> = []
    /// Appends of which it is not known whether the database took their commit.
    var unsettled: [PartitionLog.Pending] = []
    /// A sync failed: the system may have dropped written bytes, so nothing more is promised before a restart.
    var syncFailure: StorageError?
    /// How far tasks have read the partitions of internal topics, to remove what they are done with.
    var consumed: [TopicPartition: [TaskCommitID: Int64]] = [:]

    init(directoryLock: DirectoryLock, nextNumber: UInt32) {
        self.directoryLock = directoryLock
        self.nextNumber = nextNumber
    }

    mutating func forget(_ partition: PartitionLog) {
        dirtyPartitions[ObjectIdentifier(partition)] = nil
        dirtyDirectories.remove(partition.directory)
        consumed[partition.partition] = nil
        unsettled.removeAll { $0.log === partition }
    }
}

/// ``CommitOutcome`` with the error itself.
enum CommitResult {
    case committed
    case aborted(StorageError)
    case unknown(StorageError)
}

extension EmbeddedLog {
    /// Commits the batches and the epoch, all or nothing.
    ///
    /// State and offsets kept outside the log's database belong to a query that ends with the process, so that they
    /// may follow in a write of their own.
    func commit(
        _ appends: [(PartitionLog, [EncodedBatch])],
        _ epoch: Epoch,
        state: any StateDatabase
    ) throws -> CommitResult {
        let offsets = CommittedOffsets.puts(epoch.offsets)
        let isOwn = state === database
        if !isOwn && appends.isEmpty {
            try state.write(epoch.changes, offsets, sync: false)
            return .committed
        }
        let result = commits.withLock { commits -> CommitResult in
            if let failure = commits.syncFailure { return .aborted(failure) }
            var pending: [PartitionLog.Pending] = []
            do {
                try settle(&commits)
                for (log, batches) in appends {
                    if log.isDeleted { throw StorageError(.failed, "topic '\(log.partition.topic)' was deleted") }
                    pending.append(try log.write(batches, with: writer))
                }
                try syncBeforeCommit(&pending, &commits)
            } catch {
                for one in pending { one.log.revert(one) }
                return .aborted(Self.storageError(error))
            }
            let ends = pending.map { RawPut($0.log.endKey, $0.end.value) }
            do {
                let changes = isOwn ? epoch.changes : []
                if Fault.commitsOffsetsFirst, isOwn { try Fault.commitOffsetsFirst(offsets, to: database) }
                try database.write(changes, isOwn ? offsets + ends : ends, sync: settings.durability == .commit)
                if !isOwn { try state.write(epoch.changes, offsets, sync: false) }
            } catch let error as StorageError where error.kind == .unknown {
                commits.unsettled = pending
                return .unknown(error)
            } catch {
                for one in pending { one.log.revert(one) }
                return .aborted(Self.storageError(error))
            }
            publish(pending, &commits)
            noteConsumed(epoch.offsets, &commits)
            requestSync(&commits)
            return .committed
        }
        if !appends.isEmpty { notify() }
        return result
    }

    private static func storageError(_ error: any Error) -> StorageError {
        error as? StorageError ?? StorageError(.failed, "\(error)")
    }

    /// With a sync for every commit, the files come first: a recorded end must never lie behind what is on the disk.
    private func syncBeforeCommit(_ pending: inout [PartitionLog.Pending], _ commits: inout CommitState) throws {
        guard settings.durability == .commit else { return }
        for index in pending.indices {
            do {
                for file in try Self.files(of: pending[index]) { try writer.sync(file) }
                if !pending[index].newSegments.isEmpty { try Self.syncDirectories(pending[index].log.directory) }
            } catch {
                commits.syncFailure = Self.storageError(error)
                throw error
            }
            pending[index].end.markSynced()
        }
    }

    private static func files(of pending: PartitionLog.Pending) throws -> [SegmentFile] {
        var files: [SegmentFile] = []
        for batch in pending.batches {
            let file = try batch.segment.file()
            if files.last !== file { files.append(file) }
        }
        return files
    }

    /// A new file is only found again when its directory, and those above it, are on the disk too.
    static func syncDirectories(_ partition: String) throws {
        var path = partition[...]
        for _ in 0..<3 {
            try Directories.sync(String(path))
            guard let slash = path.lastIndex(of: "/") else { return }
            path = path[..<slash]
        }
    }

    private func publish(_ pending: [PartitionLog.Pending], _ commits: inout CommitState) {
        let isSynced = settings.durability == .commit
        for one in pending {
            one.log.publish(one)
            if isSynced {
                one.log.markSynced(one.end)
                continue
            }
            commits.dirtyPartitions[ObjectIdentifier(one.log)] = one.log
            if !one.newSegments.isEmpty { commits.dirtyDirectories.insert(one.log.directory) }
        }
    }

    /// Finds out what became of appends whose commit had no answer.
    func settle(_ commits: inout CommitState) throws {
        while let pending = commits.unsettled.last {
            let recorded = try database.get(pending.log.endKey).flatMap { PartitionEnd($0) } ?? PartitionEnd()
            if recorded.offset >= pending.end.offset {
                publish([pending], &commits)
            } else {
                pending.log.revert(pending)
            }
            commits.unsettled.removeLast()
        }
    }

    /// Makes everything committed so far survive a power cut.
    func sync() throws {
        // Most of the bytes go without the lock; the rest is what was committed meanwhile.
        let partitions = commits.withLock { commits -> [PartitionLog] in
            commits.syncFailure == nil ? Array(commits.dirtyPartitions.values) : []
        }
        do {
            try syncFiles(partitions, mayBeGone: true)
        } catch {
            commits.withLock { $0.syncFailure = Self.storageError(error) }
            throw error
        }
        try commits.withLock { commits in
            if let failure = commits.syncFailure { throw failure }
            guard commits.needsSync else { return }
            do {
                try syncFiles(Array(commits.dirtyPartitions.values), mayBeGone: false)
                for directory in commits.dirtyDirectories { try Self.syncDirectories(directory) }
            } catch {
                commits.syncFailure = Self.storageError(error)
                throw error
            }
            commits.dirtyDirectories = []
            let partitions = commits.dirtyPartitions.values
            let puts = partitions.map { log in
                var end = log.end
                end.markSynced()
                return RawPut(log.endKey, end.value)
            }
            // This write also carries everything before it in the database's log to the disk.
            try database.write([], puts.isEmpty ? [Self.boundary] : puts, sync: true)
            for log in partitions { log.markSynced(log.end) }
            commits.dirtyPartitions = [:]
            commits.needsSync = false
        }
    }

    /// - Parameter mayBeGone: without the commit lock, a segment may be removed meanwhile.
    private func syncFiles(_ partitions: [PartitionLog], mayBeGone: Bool) throws {
        for log in partitions where !log.isDeleted {
            for segment in log.unsyncedSegments {
                if mayBeGone {
                    guard let file = try? segment.file() else { continue }
                    try writer.sync(file)
                } else {
                    try writer.sync(try segment.file())
                }
            }
        }
    }

    /// A write that changes nothing, for the sync alone.
    private static let boundary = RawPut(EngineArea.boundary.prefix, nil)
}
