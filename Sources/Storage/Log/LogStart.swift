import Glibc
import Runtime
import Synchronization
import Values

/// What the log finds when it is opened.
struct LogStart {
    private(set) var topics: [String: LogTopic] = [:]
    private(set) var nextNumber: UInt32 = 1
    /// Random, made with the log.
    private(set) var identity = ""
    private(set) var notes: [String] = []

    init(
        _ directory: String,
        _ database: any StateDatabase,
        _ settings: StorageSettings,
        _ openFiles: OpenFiles
    ) throws {
        var byNumber: [UInt32: LogTopic] = [:]
        try database.scanRaw(
            from: LogRecords.topics,
            to: CommittedOffsets.successor(of: LogRecords.topics)
        ) { key, value in
            let name = String(decoding: key.dropFirst(LogRecords.topics.count), as: UTF8.self)
            guard let (number, topicSettings) = LogRecords.topic(value) else {
                throw StorageError(.corrupt, "the settings of topic '\(name)' are damaged")
            }
            let topic = LogTopic(
                name,
                number: number,
                topicSettings,
                root: directory,
                storage: settings,
                openFiles: openFiles
            )
            topics[name] = topic
            byNumber[number] = topic
            return true
        }
        if let value = try database.get(LogRecords.nextNumber) {
            nextNumber = value.reduce(0) { $0 << 8 | UInt32($1) }
        }
        identity = try Self.readIdentity(database)
        try Self.readEnds(database, byNumber)
        try removeOrphans(directory)
        try verifyAfterRestart(of: database)
    }

    private static func readIdentity(_ database: any StateDatabase) throws -> String {
        if let value = try database.get(LogRecords.identity) { return String(decoding: value, as: UTF8.self) }
        let made =
            String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
        try database.write([], [RawPut(LogRecords.identity, Array(made.utf8))], sync: true)
        return made
    }

    private static func readEnds(_ database: any StateDatabase, _ topics: [UInt32: LogTopic]) throws {
        try database.scanRaw(
            from: LogRecords.ends,
            to: CommittedOffsets.successor(of: LogRecords.ends)
        ) { key, value in
            guard let (number, index) = LogRecords.endTarget(key), let topic = topics[number] else { return true }
            guard let end = PartitionEnd(value), topic.partitions.indices.contains(index) else {
                throw StorageError(.corrupt, "the recorded end of a partition of topic '\(topic.name)' is damaged")
            }
            topic.partitions[index].adopt(end)
            return true
        }
    }

    /// Removes the directories of topics that were deleted, or whose creation was never committed.
    private func removeOrphans(_ directory: String) throws {
        let known = Set(topics.values.map { LogTopic.directoryName($0.name, $0.number) })
        for name in try Directories.names(in: directory) where name.contains("@") && !known.contains(name) {
            try Directories.removeTree(directory + "/" + name)
        }
    }

    /// After a restart of the operating system, reads what was committed and not yet synced: a power cut may have taken it.
    ///
    /// While the system has been running it holds every written byte, however the process ended, and nothing need be read.
    private mutating func verifyAfterRestart(of database: any StateDatabase) throws {
        let boot = Self.bootIdentity()
        guard try database.get(LogRecords.boot) != boot else { return }
        var puts = [RawPut(LogRecords.boot, boot)]
        for topic in topics.values {
            for partition in topic.partitions where !partition.end.isSynced {
                let check = TailCheck(partition)
                guard let lost = try check.run() else { continue }
                puts.append(RawPut(partition.endKey, partition.end.value))
                notes.append(lost)
            }
        }
        try database.write([], puts, sync: true)
    }

    private static func bootIdentity() -> [UInt8] {
        let descriptor = Glibc.open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 36)
        return read(descriptor, &text, text.count) == text.count ? text : []
    }
}

/// Checks the batches of a partition behind its last synced position.
struct TailCheck {
    private let log: PartitionLog

    init(_ log: PartitionLog) { self.log = log }

    /// Cuts the partition off before the first batch that is not there whole.
    /// - Returns: a sentence about what was lost; nil when nothing was.
    func run() throws -> String? {
        let recorded = log.end
        var reached = PartitionEnd()
        reached.start = recorded.start
        reached.offset = recorded.syncedSegment
        reached.segment = recorded.syncedSegment
        var damage: String?
        var segment: Int64? = recorded.syncedSegment
        while let base = segment, damage == nil {
            reached.segment = base
            reached.position = 0
            reached.offset = base
            let from = base == recorded.syncedSegment ? Int(recorded.syncedPosition) : 0
            let limit = base == recorded.segment ? Int(recorded.position) : Int.max
            (reached.offset, reached.position, damage) = try walk(base, from, limit)
            segment = base == recorded.segment ? nil : try next(after: base)
        }
        guard reached.offset < recorded.offset else { return nil }
        reached.markSynced()
        log.adopt(reached)
        return "topic '\(log.partition.topic)' partition \(log.partition.partition): offsets \(reached.offset) to "
            + "\(recorded.offset - 1) were lost by a power cut (\(damage ?? "the file is too short"))"
    }

    private func next(after base: Int64) throws -> Int64? {
        try Directories.names(in: log.directory).compactMap { SegmentName($0)?.base }.filter { $0 > base }.min()
    }

    /// Walks one segment; the part before `from` by its headers, what is behind it with all checksums.
    private func walk(_ base: Int64, _ from: Int, _ limit: Int) throws -> (Int64, Int64, String?) {
        let path = log.directory + "/" + Segment.name(base)
        guard let file = try? SegmentFile(path, create: false) else { return (base, 0, "file '\(path)' is missing") }
        let size = min(try file.status().size, limit)
        var position = 0
        var offset = base
        let head = Buffer(capacity: BatchHeader.size)
        while position < size {
            let read = try file.read(head.base, min(BatchHeader.size, size - position), at: position)
            guard read == BatchHeader.size, let header = BatchHeader(from: head.base),
                position + header.length <= size
            else { return (offset, Int64(position), "file '\(path)' is damaged at byte \(position)") }
            if position >= from {
                let block = Buffer(capacity: header.length)
                _ = try file.read(block.base, header.length, at: position)
                do {
                    _ = try DecodedBatch(header, block, at: 0)
                } catch {
                    return (offset, Int64(position), "file '\(path)' at byte \(position): \(error.reason)")
                }
            }
            position += header.length
            offset = header.nextOffset
        }
        return (offset, Int64(position), nil)
    }
}
