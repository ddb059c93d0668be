import Glibc
import Runtime
import Synchronization

/// One partition of a topic: a directory of segment files, and how far they are committed.
///
/// Appending happens under the log's commit lock: ``write(_:with:)`` puts bytes behind the end, where no reader looks, then
/// ``publish(_:)`` moves the end or ``revert(_:)`` takes the bytes back. The files are looked at when the partition is
/// first used, so that a start does not depend on how many partitions there are.
final class PartitionLog: Sendable {
    struct State {
        /// Ascending; the last one is appended to.
        var segments: [Segment] = []
        var end: PartitionEnd
        var isOpen = false
        var isDeleted = false
        /// The segment that was appended to when compaction last failed.
        var compactionFailure: Int64?
    }

    /// What a write put behind the end.
    struct Pending {
        let log: PartitionLog
        let before: PartitionEnd
        var end: PartitionEnd
        var newSegments: [Segment] = []
        /// Every written batch: where it lies, and its offsets.
        var batches: [(segment: Segment, header: BatchHeader, position: Int)] = []
    }

    let partition: TopicPartition
    let topicNumber: UInt32
    let directory: String
    let segmentBytes: Int
    let openFiles: OpenFiles
    let state: Mutex<State>

    init(
        _ partition: TopicPartition,
        topicNumber: UInt32,
        directory: String,
        segmentBytes: Int,
        openFiles: OpenFiles
    ) {
        self.partition = partition
        self.topicNumber = topicNumber
        self.directory = directory
        self.segmentBytes = segmentBytes
        self.openFiles = openFiles
        state = Mutex(State(end: PartitionEnd()))
    }

    var endKey: [UInt8] { LogRecords.endKey(topicNumber, partition.partition) }

    /// First available and next offset.
    var offsets: Range<Int64> { state.withLock { $0.end.start..<$0.end.offset } }

    var end: PartitionEnd { state.withLock { $0.end } }

    var isDeleted: Bool { state.withLock { $0.isDeleted } }

    /// Sets the recorded end, before the partition is first used or when it turned out to be another.
    func adopt(_ end: PartitionEnd) { state.withLock { $0.end = end } }

    func markDeleted() { state.withLock { $0.isDeleted = true } }

    /// Appends batches behind the end.
    /// - Throws: ``StorageError``; nothing is left behind then.
    func write(_ batches: [EncodedBatch], with writer: FileWriter) throws -> Pending {
        let (end, last) = try state.withLock { state in
            try open(&state)
            return (state.end, state.segments.last)
        }
        var pending = Pending(log: self, before: end, end: end)
        var active = last
        do {
            for var batch in batches {
                let isFull = pending.end.position > 0 && Int(pending.end.position) + batch.length > segmentBytes
                let segment: Segment
                if let active, !isFull { segment = active } else { segment = try roll(&pending, behind: active) }
                active = segment
                batch.place(at: pending.end.offset)
                let position = Int(pending.end.position)
                let file = try segment.file(create: true)
                try batch.withPieces { try writer.write($0, to: file, at: position) }
                pending.batches.append((segment, batch.header, position))
                pending.end.offset += Int64(batch.header.span)
                pending.end.position += Int64(batch.length)
            }
        } catch {
            revert(pending)
            throw error
        }
        return pending
    }

    private func roll(_ pending: inout Pending, behind active: Segment?) throws -> Segment {
        // The size of a closed segment is its end, so nothing may be left over behind it.
        try active?.file().truncate(to: Int(pending.end.position))
        let segment = Segment(base: pending.end.offset, directory: directory, openFiles: openFiles)
        pending.newSegments.append(segment)
        try Directories.create(directory)
        // A file of that name can only be left over from an append that was never committed.
        try segment.file(create: true).truncate(to: 0)
        pending.end.segment = segment.base
        pending.end.position = 0
        return segment
    }

    /// Makes what was written visible.
    func publish(_ pending: Pending) {
        for batch in pending.batches {
            batch.segment.noteAppended(
                offset: batch.header.baseOffset,
                position: batch.position,
                length: batch.header.length,
                nextOffset: batch.header.nextOffset
            )
        }
        state.withLock { state in
            state.segments += pending.newSegments
            // A sync or a removal may have moved the other fields meanwhile.
            state.end.offset = pending.end.offset
            state.end.segment = pending.end.segment
            state.end.position = pending.end.position
        }
    }

    /// Takes back what was written and not published.
    ///
    /// Failures do not matter: nothing reads behind the end, the next append
    /// overwrites it, and the next start cuts it off.
    func revert(_ pending: Pending) {
        openFiles.remove(pending.newSegments)
        for segment in pending.newSegments {
            segment.releaseFile()
            unlink(segment.path)
        }
        let active = state.withLock { $0.segments.last }
        try? active?.file().truncate(to: Int(pending.before.position))
    }

    /// The segments whose bytes may not be on the disk yet.
    var unsyncedSegments: [Segment] {
        state.withLock { state in state.segments.filter { $0.base >= state.end.syncedSegment } }
    }

    /// Marks everything up to `end` as being on the disk.
    func markSynced(_ end: PartitionEnd) {
        state.withLock { state in
            state.end.syncedSegment = end.segment
            state.end.syncedPosition = end.position
        }
    }

    /// Looks at the files once: removes what lies behind the recorded end or before the start.
    func open(_ state: inout State) throws {
        guard !state.isOpen else { return }
        let end = state.end
        let names = try currentNames()
        var kept: [Segment] = []
        for (index, name) in names.enumerated() {
            let base = name.base
            let next = index + 1 < names.count ? names[index + 1].base : Int64.max
            let isBehindEnd = base > end.segment || (base == end.segment && end.position == 0)
            let segment = Segment(name, directory: directory, openFiles: openFiles)
            if isBehindEnd || (next <= end.start && base != end.segment) {
                guard unlink(segment.path) == 0 else { throw StorageError.system("remove", segment.path, errno) }
            } else {
                kept.append(segment)
            }
        }
        if end.position > 0 {
            guard let active = kept.last, active.base == end.segment else {
                let name = Segment.name(end.segment)
                throw StorageError.damaged("\(directory)/\(name)", 0, "the file is missing")
            }
            let file = try active.file()
            let size = try file.status().size
            guard size >= Int(end.position) else {
                throw StorageError.damaged(
                    active.path,
                    size,
                    "the file ends here, \(Int(end.position) - size) committed bytes are missing"
                )
            }
            if size > Int(end.position) { try file.truncate(to: Int(end.position)) }
        }
        state.segments = kept
        state.isOpen = true
    }

    /// The segment files; finishes or takes back what compaction was about when a process ended.
    private func currentNames() throws -> [SegmentName] {
        let all = try Directories.names(in: directory)
        let (names, superseded) = SegmentName.current(of: all.compactMap { SegmentName($0) })
        for name in all.filter({ $0.hasSuffix(SegmentName.unfinished) }) + superseded.map(\.text) {
            let path = directory + "/" + name
            guard unlink(path) == 0 else { throw StorageError.system("remove", path, errno) }
        }
        return names
    }
}
