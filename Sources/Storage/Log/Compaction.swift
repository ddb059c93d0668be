import Glibc
import Runtime
import Values

/// One round over a partition of a compacted topic: of each key, only the last record below a certain offset is kept.
///
/// First the last offsets of the keys in the part that was not cleaned yet are gathered, as many as there is room for. Then
/// all closed segments up to there are rewritten, some small ones to one, each in one step. Records keep their offsets.
/// Records without a key are kept, and tombstones for some time, so that a reader who saw what they remove sees them too.
struct Compaction {
    let log: EmbeddedLog
    let partition: PartitionLog
    /// Milliseconds since the epoch.
    let now: Int64
    /// Tombstones from this offset on are kept: some query has not read them yet.
    let unread: Int64
    /// Called between any two steps; false ends the work as soon as possible.
    let proceed: () -> Bool

    /// Work was ended by ``proceed``.
    struct Stopped: Error {}

    /// The closed segments, which are on the disk for sure, each with the offset behind it.
    typealias Closed = [(segment: Segment, next: Int64)]

    /// Cleans some of the part that was not cleaned yet.
    /// - Returns: the offset up to which it is clean now.
    func round(_ closed: Closed) throws -> Int64 {
        guard let last = closed.last else { return 0 }
        let dirty = closed.filter { $0.segment.name.cleanedTo < $0.next }
        let messages = dirty.reduce(0) { $0 + Int($1.next - max($1.segment.name.cleanedTo, $1.segment.base)) }
        var keys = KeyOffsets(keys: messages, bytesMax: log.settings.compactionBufferBytes)
        let limit = try gather(dirty, into: &keys) ?? last.next
        for group in try groups(closed.filter { $0.segment.base < limit }) { try rewrite(group, keys, limit) }
        return limit
    }

    /// Gathers the last offsets of keys.
    /// - Returns: the first offset that there was no room for; nil when all went in.
    private func gather(_ dirty: Closed, into keys: inout KeyOffsets) throws -> Int64? {
        for (segment, _) in dirty {
            let start = segment.name.cleanedTo
            let limit = try segment.closedSize()
            var scan = try SegmentScan(segment, from: try segment.position(of: start, limit: limit))
            while let batch = try scan.next() {
                guard proceed() else { throw Stopped() }
                for row in batch.row(of: start)..<batch.header.count where !batch.keys.isNull(row) {
                    let offset = batch.offset(row)
                    if !keys.note(batch.keys.bytes(row), at: offset) { return offset }
                }
            }
        }
        return nil
    }

    /// Segments that become one file: following one another, together no larger than a segment gets.
    private func groups(_ closed: Closed) throws -> [ArraySlice<Closed.Element>] {
        var groups: [ArraySlice<Closed.Element>] = []
        var start = closed.startIndex
        var bytes = 0
        for index in closed.indices {
            let size = try closed[index].segment.closedSize()
            if index > start, bytes + size > partition.segmentBytes {
                groups.append(closed[start..<index])
                start = index
                bytes = 0
            }
            bytes += size
        }
        if start < closed.endIndex { groups.append(closed[start...]) }
        return groups
    }

    private func rewrite(
        _ group: ArraySlice<Closed.Element>,
        _ keys: borrowing KeyOffsets,
        _ limit: Int64
    ) throws {
        guard let first = group.first, let last = group.last else { return }
        let name = SegmentName(
            base: first.segment.base,
            next: last.next,
            cleanedTo: min(limit, last.next),
            generation: (group.map(\.segment.name.generation).max() ?? 0) + 1
        )
        let bytes = try group.reduce(0) { $0 + (try $1.segment.closedSize()) }
        guard Directories.hasSpace(partition.directory, max(bytes, 1)) else {
            throw StorageError(.full, "there is no space for compacting '\(partition.directory)'")
        }
        var output = try CompactedFile("\(partition.directory)/\(name.text)\(SegmentName.unfinished)", log.writer)
        var dropped = 0
        do {
            for (segment, _) in group { dropped += try copy(segment, keys, limit, to: &output) }
            // A clean segment in which nothing was superseded stays as it is.
            if dropped == 0, group.count == 1, first.segment.name.cleanedTo >= first.next { return output.remove() }
            guard proceed() else { throw Stopped() }
            try output.finish()
            guard proceed() else { throw Stopped() }
        } catch {
            output.remove()
            throw error
        }
        guard try log.put(output, name, inPlaceOf: group.map(\.segment), of: partition, proceed) else { return }
        log.counters.files.add(1)
        log.counters.removedRecords.add(dropped)
        log.counters.removedBytes.add(bytes - output.size)
    }

    /// Copies what is kept of a segment.
    /// - Returns: how many messages were not.
    private func copy(
        _ segment: Segment,
        _ keys: borrowing KeyOffsets,
        _ limit: Int64,
        to output: inout CompactedFile
    ) throws -> Int {
        var dropped = 0
        var scan = try SegmentScan(segment)
        while let batch = try scan.next() {
            guard proceed() else { throw Stopped() }
            let cleaned = batch.row(of: limit)
            let (kept, hasTombstones) = rows(of: batch, below: cleaned, keys)
            let first = batch.header.deleteHorizon
            let horizon = first != 0 ? first : now + log.settings.tombstoneMilliseconds
            try output.add(batch, kept, deleteHorizon: hasTombstones ? horizon : 0)
            dropped += cleaned - kept.count
            guard cleaned < batch.header.count else { continue }
            // From here on nothing was looked at yet: not to be mixed with what was.
            if batch.header.baseOffset <= limit || cleaned > 0 { try output.flush() }
            try output.add(batch, (cleaned..<batch.header.count).map(Int32.init), deleteHorizon: 0)
        }
        return dropped
    }

    /// The rows of a batch that are kept, and whether there are tombstones among them.
    private func rows(
        of batch: DecodedBatch,
        below end: Int,
        _ keys: borrowing KeyOffsets
    ) -> (kept: [Int32], hasTombstones: Bool) {
        var kept: [Int32] = []
        kept.reserveCapacity(end)
        var hasTombstones = false
        let horizon = batch.header.deleteHorizon
        let isPast = horizon != 0 && now >= horizon
        for row in 0..<end {
            if !batch.keys.isNull(row) {
                let offset = batch.offset(row)
                if let last = keys.last(batch.keys.bytes(row)), last > offset { continue }
                if batch.values.isNull(row) {
                    if isPast, offset < unread { continue }
                    hasTombstones = true
                }
            }
            kept.append(Int32(row))
        }
        return (kept, hasTombstones)
    }
}

extension CompactedFile {
    /// Adds the messages `rows` of a batch.
    mutating func add(_ batch: DecodedBatch, _ rows: [Int32], deleteHorizon: Int64) throws {
        guard !rows.isEmpty else { return }
        let (run, offsets) = batch.selected(rows)
        try add(run, offsets: offsets, deleteHorizon: deleteHorizon)
    }
}
