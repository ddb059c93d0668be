import Glibc
import Runtime
import Synchronization

extension EmbeddedLog {
    /// Compacts the partitions of compacted topics of which enough was not cleaned yet.
    ///
    /// `now` is in milliseconds since the epoch. `proceed` is called between any two steps, at the least every few
    /// milliseconds of work; when it answers false, the work ends and nothing is left half done.
    func compact(now: Int64, proceed: () -> Bool) {
        compacting.withLock { _ in
            for topic in topicList where topic.settings.isCompacted {
                for partition in topic.partitions {
                    guard proceed() else { return }
                    let end = partition.end.segment
                    // After a failure, tried again when one more segment was closed.
                    if partition.state.withLock({ $0.compactionFailure == end }) { continue }
                    do {
                        let start = Self.wallMilliseconds()
                        defer { counters.milliseconds.add(Int(max(Self.wallMilliseconds() - start, 0))) }
                        try compact(partition, now, proceed)
                    } catch is Compaction.Stopped {
                        return
                    } catch {
                        counters.failures.add(1)
                        partition.state.withLock { $0.compactionFailure = end }
                    }
                }
            }
        }
    }

    private func compact(_ partition: PartitionLog, _ now: Int64, _ proceed: () -> Bool) throws {
        guard try isWorthwhile(try closed(partition, below: partition.end.segment)) else { return }
        // A power cut must find the files that the database names as synced, and those behind them.
        try sync(partition)
        let unread = try CommittedOffsets.least(of: partition.partition, in: database) ?? Int64.max
        try withoutActuallyEscaping(proceed) { proceed in
            let work = Compaction(log: self, partition: partition, now: now, unread: unread, proceed: proceed)
            let target = partition.end.syncedSegment
            var reached: Int64 = -1
            while reached < target {
                let segments = try closed(partition, below: target)
                guard segments.contains(where: { $0.segment.name.cleanedTo < $0.next }) else { return }
                reached = try work.round(segments)
            }
        }
    }

    /// The segments before the one that begins at `end`, each with the offset behind it.
    private func closed(_ partition: PartitionLog, below end: Int64) throws -> Compaction.Closed {
        guard !partition.offsets.isEmpty else { return [] }
        let segments = try partition.state.withLock { state in
            try partition.open(&state)
            return state.segments
        }
        return zip(segments, segments.dropFirst()).filter { $0.0.base < end }.map { ($0.0, $0.1.base) }
    }

    /// True when enough of the closed segments was not cleaned yet.
    private func isWorthwhile(_ closed: Compaction.Closed) throws -> Bool {
        var dirty = 0.0
        var total = 0.0
        for (segment, next) in closed {
            let bytes = Double(try segment.closedSize())
            total += bytes
            let part = Double(next - max(segment.name.cleanedTo, segment.base)) / Double(next - segment.base)
            dirty += bytes * max(part, 0)
        }
        return dirty > 0 && (dirty >= total * settings.compactionRatio || dirty >= Double(settings.compactionBytes))
    }

    private func sync(_ partition: PartitionLog) throws {
        commits.withLock { commits in
            guard !partition.isDeleted, !partition.end.isSynced else { return }
            commits.dirtyPartitions[ObjectIdentifier(partition)] = partition
            commits.dirtyDirectories.insert(partition.directory)
            commits.needsSync = true
        }
        try sync()
    }

    /// Switches from some segments to the finished file that was written for them, in one step.
    ///
    /// Readers that are within an old file finish their batch; its space is free then. The others find the new one.
    /// - Returns: false when the partition was deleted or cut meanwhile, and everything is as it was.
    func put(
        _ output: CompactedFile,
        _ name: SegmentName,
        inPlaceOf old: [Segment],
        of partition: PartitionLog,
        _ proceed: () -> Bool
    ) throws -> Bool {
        let segment = Segment(name, directory: partition.directory, openFiles: openFiles)
        for place in output.places {
            segment.noteAppended(
                offset: place.header.baseOffset,
                position: place.position,
                length: place.header.length,
                nextOffset: place.header.nextOffset
            )
        }
        let isDone = try commits.withLock { _ in
            guard !partition.isDeleted, partition.holds(old) else { return false }
            guard rename(output.path, segment.path) == 0 else {
                throw StorageError.system("rename", output.path, errno)
            }
            partition.replace(old, with: segment)
            return true
        }
        guard isDone else {
            output.remove()
            return false
        }
        // The old files may only go when the new name is on the disk for sure; if that fails, the next start removes them.
        try Directories.sync(partition.directory)
        openFiles.remove(old)
        for segment in old {
            _ = proceed()
            unlink(segment.path)
            segment.releaseFile()
        }
        return true
    }
}

extension PartitionLog {
    /// Whether all of these segments are still part of the partition.
    func holds(_ segments: [Segment]) -> Bool {
        state.withLock { state in
            let held = Set(state.segments.map(ObjectIdentifier.init))
            return segments.allSatisfy { held.contains(ObjectIdentifier($0)) }
        }
    }

    /// Puts one segment in the place of some that follow one another.
    func replace(_ old: [Segment], with new: Segment) {
        for segment in old { segment.retire() }
        let gone = Set(old.map(ObjectIdentifier.init))
        state.withLock { state in
            guard let index = state.segments.firstIndex(where: { gone.contains(ObjectIdentifier($0)) }) else { return }
            state.segments.removeAll { gone.contains(ObjectIdentifier($0)) }
            state.segments.insert(new, at: index)
        }
    }
}
