import Glibc
import Runtime
import Synchronization

extension EmbeddedLog {
    /// Milliseconds since the epoch.
    static func wallMilliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    var needsSync: Bool { commits.withLock { $0.needsSync } }

    /// Notes from where a task reads the partitions of internal topics.
    func register(
        _ task: TaskCommitID,
        _ inputs: [TopicPartition],
        _ offsets: [TopicPartition: Int64],
        _ commits: inout CommitState
    ) {
        for input in inputs where isReadOnce(input) {
            commits.consumed[input, default: [:]][task] = offsets[input] ?? 0
        }
    }

    /// Repartition topics are read once, by one task of the same query: what it has committed need not be kept.
    private func isReadOnce(_ partition: TopicPartition) -> Bool {
        guard let settings = topic(partition.topic)?.settings else { return false }
        return settings.isInternal && !settings.isCompacted && settings.retentionMilliseconds == nil
    }

    /// Removes the segments of internal topics that all their tasks have read.
    func noteConsumed(_ offsets: [TaskCommitID: [TopicPartition: Int64]], _ commits: inout CommitState) {
        for (task, inputs) in offsets {
            for (input, offset) in inputs where commits.consumed[input] != nil || isReadOnce(input) {
                commits.consumed[input, default: [:]][task] = offset
                guard let log = try? find(input), let least = commits.consumed[input]?.values.min() else { continue }
                // Failures do not matter here: the segments stay and are removed later.
                try? log.remove(upTo: log.firstSegment(holding: least), in: database)
            }
        }
    }

    /// Removes the segments that are older than their topic's retention, or beyond the size that is kept.
    func removeOld() {
        for topic in topicList where !topic.settings.isCompacted {
            let age = topic.settings.retentionMilliseconds
            guard age != nil || settings.retentionBytes != nil else { continue }
            for log in topic.partitions where !log.offsets.isEmpty {
                commits.withLock { _ in
                    guard let base = try? log.firstKept(age: age, bytes: settings.retentionBytes) else { return }
                    try? log.remove(upTo: base, in: database)
                }
            }
        }
    }
}

extension PartitionLog {
    /// The first offset of the segment that holds `offset`.
    func firstSegment(holding offset: Int64) -> Int64 {
        state.withLock { $0.segments.last { $0.base <= offset }?.base ?? $0.end.start }
    }

    /// The first offset that must be kept.
    ///
    /// The age of a segment is the time since it was last appended to, so that old
    /// messages that were just written are not removed at once.
    func firstKept(age: Int64?, bytes: Int64?) throws -> Int64 {
        let segments = try state.withLock { state in
            try open(&state)
            return state.segments
        }
        let milliseconds = EmbeddedLog.wallMilliseconds()
        var total: Int64 = 0
        var first = segments.last?.base ?? 0
        for segment in segments.reversed() {
            let (size, modified) = try segment.file().status()
            total += Int64(size)
            let isActive = segment === segments.last
            if !isActive, let age, milliseconds - modified > age { break }
            if !isActive, let bytes, total > bytes { break }
            first = segment.base
        }
        return first
    }

    /// Removes the segments before `base`, which begins one; under the commit lock.
    ///
    /// The new start is recorded first, so that no reader looks for what is gone.
    func remove(upTo base: Int64, in database: any StateDatabase) throws {
        var end = end
        guard base > end.start else { return }
        end.start = base
        try database.write([], [RawPut(endKey, end.value)], sync: false)
        let removed = try state.withLock { state -> [Segment] in
            try open(&state)
            state.end.start = base
            defer { state.segments.removeAll { $0.base < base } }
            return state.segments.filter { $0.base < base }
        }
        for segment in removed { segment.retire() }
        openFiles.remove(removed)
        for segment in removed { unlink(segment.path) }
    }
}
