import Glibc
import Runtime
import Synchronization

/// The topics of an engine without Kafka: segment files in a directory, their ends in the state database.
///
/// A commit appends to the files and then writes state, input offsets and the new ends in one atomic write of the
/// database. What lies behind a recorded end was never committed: no reader sees it and the next start cuts it off.
/// Call ``close()`` when done; a process that dies instead loses nothing that was committed.
public final class EmbeddedLog: Broker {
    let directory: String
    let database: any StateDatabase
    let settings: StorageSettings
    let writer: FileWriter
    let openFiles: OpenFiles
    let commits: Mutex<CommitState>
    /// Held while compacting: there is one compaction at a time.
    let compacting = Mutex(())
    let counters = CompactionCounters()
    private let allTopics = Mutex<[String: LogTopic]>([:])
    private let subscribers = Mutex<(next: Int, all: [Int: @Sendable () -> Void])>((0, [:]))
    private let upkeep = Upkeep()
    private let identity: String

    /// What was found damaged by a power cut when the log was opened, a sentence each; empty after any other stop.
    public let recovery: [String]

    /// Opens or creates the log in `directory`.
    ///
    /// `database` keeps its ends and belongs to the caller, who closes it later.
    /// - Throws: ``TopicError``: `.refused` when another process uses the directory, `.corrupt` with file and position.
    public convenience init(
        directory: String,
        database: any StateDatabase,
        settings: StorageSettings = StorageSettings()
    ) throws {
        try self.init(directory: directory, database: database, settings: settings, writer: FileWriter())
    }

    init(directory: String, database: any StateDatabase, settings: StorageSettings, writer: FileWriter) throws {
        self.directory = directory
        self.database = database
        self.settings = settings
        self.writer = writer
        openFiles = OpenFiles(limit: settings.openFilesMax)
        do {
            try Directories.create(directory)
            let lock = try DirectoryLock(directory)
            let loaded = try LogStart(directory, database, settings, openFiles)
            allTopics.withLock { $0 = loaded.topics }
            recovery = loaded.notes
            identity = loaded.identity
            commits = Mutex(CommitState(directoryLock: lock, nextNumber: loaded.nextNumber))
        } catch let error as StorageError {
            throw error.asTopicError
        }
        upkeep.start(self)
    }

    deinit { upkeep.stop(andWait: false) }

    /// Makes everything committed survive a power cut and releases the directory; no call may follow.
    public func close() throws {
        upkeep.stop(andWait: true)
        try sync()
        commits.withLock { $0.directoryLock = nil }
    }

    /// Releases the directory and leaves everything else as a process does that is killed; for tests.
    func abandon() {
        upkeep.stop(andWait: true)
        commits.withLock { $0.directoryLock = nil }
    }

    // MARK: Topics

    public func createTopic(_ name: String, _ settings: TopicSettings) throws {
        try LogTopic.checkName(name)
        try commits.withLock { commits in
            if let topic = topic(name) {
                guard topic.settings.partitions != settings.partitions else { return }
                throw TopicError.partitionsDiffer(name, has: topic.settings.partitions, wanted: settings.partitions)
            }
            guard settings.partitions > 0 else { throw TopicError.withoutPartitions(name) }
            let number = commits.nextNumber
            let puts = [
                RawPut(LogRecords.topicKey(name), LogRecords.topicValue(number, settings)),
                RawPut(LogRecords.nextNumber, LogRecords.bytes(number + 1)),
            ]
            try translated { try database.write([], puts, sync: self.settings.durability == .commit) }
            commits.nextNumber += 1
            let topic = LogTopic(
                name,
                number: number,
                settings,
                root: directory,
                storage: self.settings,
                openFiles: openFiles
            )
            allTopics.withLock { $0[name] = topic }
            requestSync(&commits)
        }
    }

    public func deleteTopic(_ name: String) throws {
        try commits.withLock { commits in
            guard let topic = topic(name) else { return }
            try translated {
                let puts =
                    [RawPut(LogRecords.topicKey(name), nil)] + topic.partitions.map { RawPut($0.endKey, nil) }
                    + (try CommittedOffsets.forget(topic: name, in: database))
                try database.write([], puts, sync: settings.durability == .commit)
            }
            allTopics.withLock { _ = $0.removeValue(forKey: name) }
            for partition in topic.partitions {
                partition.markDeleted()
                commits.forget(partition)
            }
            requestSync(&commits)
            // Files that cannot be removed now are removed at the next start, since no topic has their number.
            try? Directories.removeTree(topic.directory)
        }
        notify()
    }

    public func describe(_ name: String) throws -> TopicSettings? { topic(name)?.settings }

    public func incarnation(of topic: String) throws -> String? {
        self.topic(topic).map { "\(identity)/\($0.number)" }
    }

    public func topics() throws -> [String] { allTopics.withLock { $0.keys.sorted() } }

    public func offsets(of partition: TopicPartition) throws -> Range<Int64> {
        try find(partition).offsets
    }

    // MARK: Messages

    public func append(_ runs: [OutgoingRun]) throws {
        let outcome = try commit(try batches(of: runs), Epoch(), state: database)
        switch outcome {
        case .committed: return
        case .aborted(let error), .unknown(let error): throw error.asTopicError
        }
    }

    public func read(
        _ partition: TopicPartition,
        from offset: Int64,
        rowsMax: Int,
        bytesMax: Int
    ) throws -> MessageRun {
        let log = try find(partition)
        var cursor = PartitionCursor(log)
        let run = try translated { try cursor.read(from: offset, rowsMax: rowsMax, bytesMax: bytesMax) }
        return run ?? .empty(partition, at: max(offset, log.offsets.lowerBound))
    }

    public func onAppend(_ notify: @escaping @Sendable () -> Void) -> AppendSubscription {
        let id = subscribers.withLock { subscribers in
            subscribers.next += 1
            subscribers.all[subscribers.next] = notify
            return subscribers.next
        }
        return AppendSubscription { [weak self] in
            self?.subscribers.withLock { _ = $0.all.removeValue(forKey: id) }
        }
    }

    public func makeSession(threadID: String, state: any StateDatabase) throws -> any BrokerSession {
        EmbeddedSession(self, state: state)
    }

    // MARK: For sessions and upkeep

    func topic(_ name: String) -> LogTopic? { allTopics.withLock { $0[name] } }

    var topicList: [LogTopic] { allTopics.withLock { Array($0.values) } }

    func find(_ partition: TopicPartition) throws -> PartitionLog {
        guard let topic = topic(partition.topic) else { throw TopicError.noTopic(partition.topic) }
        let index = Int(partition.partition)
        guard topic.partitions.indices.contains(index) else {
            throw TopicError.noPartition(partition, of: topic.partitions.count)
        }
        return topic.partitions[index]
    }

    /// The runs as batches by partition.
    func batches(of runs: [OutgoingRun]) throws -> [(PartitionLog, [EncodedBatch])] {
        var order: [TopicPartition] = []
        var groups: [TopicPartition: [OutgoingRun]] = [:]
        for run in runs where run.count > 0 {
            if groups[run.target] == nil { order.append(run.target) }
            groups[run.target, default: []].append(run)
        }
        return try order.map { (try find($0), EncodedBatch.batches(of: groups[$0] ?? [])) }
    }

    func notify() {
        for subscriber in subscribers.withLock({ Array($0.all.values) }) { subscriber() }
    }

    /// Asks for a sync within the interval that the durability setting names.
    func requestSync(_ commits: inout CommitState) {
        commits.needsSync = true
        if case .interval = settings.durability { upkeep.wake() }
    }
}

/// Runs `body`; failures of files and database become ``TopicError``s.
func translated<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as StorageError {
        throw error.asTopicError
    }
}
