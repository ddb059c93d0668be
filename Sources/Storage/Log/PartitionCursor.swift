import Runtime
import Synchronization
import Values

/// Where a reader of a partition is, so that reading on needs no search.
struct PartitionCursor {
    private let log: PartitionLog
    private var segment: Segment?
    private var position = 0
    /// The offset that `position` stands for.
    private var offset: Int64 = -1
    /// Bytes to read next: the next batch and the header behind it, where they are known.
    private var hint = 0
    /// A batch of which a part was returned.
    private var rest: DecodedBatch?

    /// Batches below both are joined, as far as one read brings several of them.
    private static let joinedRows = 512
    private static let joinedBytes = 64 << 10
    private static let readMin = 64 << 10
    private static let readMany = 256 << 10

    init(_ log: PartitionLog) { self.log = log }

    /// False when the topic was deleted and created again meanwhile.
    func reads(_ log: PartitionLog) -> Bool { self.log === log }

    /// The next messages from `wanted` on; nil at the end.
    /// - Throws: ``StorageError``, `.corrupt` with file and position when what was stored is damaged.
    mutating func read(from wanted: Int64, rowsMax: Int, bytesMax: Int) throws -> MessageRun? {
        while true {
            do {
                return try readNow(from: wanted, rowsMax: rowsMax, bytesMax: bytesMax)
            } catch let error as StorageError {
                // The file went away in the middle: what is wanted lies in another one, or is kept no longer.
                guard let segment, segment.isRetired else { throw error }
                self.segment = nil
                offset = -1
            }
        }
    }

    private mutating func readNow(from wanted: Int64, rowsMax: Int, bytesMax: Int) throws -> MessageRun? {
        let (start, end, segments) = try log.state.withLock { state in
            if state.end.offset > state.end.start { try log.open(&state) }
            return (state.end.start, state.end, state.segments)
        }
        let wanted = max(wanted, start)
        guard wanted < end.offset else { return nil }
        if let batch = rest, wanted >= batch.header.baseOffset, wanted < batch.header.nextOffset {
            if let run = take(batch, from: wanted, rowsMax, bytesMax) { return run }
        }
        rest = nil
        try locate(wanted, end, segments)
        while let segment {
            let limit = segment.base == end.segment ? Int(end.position) : try segment.closedSize()
            if position >= limit {
                guard let next = segments.first(where: { $0.base > segment.base }) else { return nil }
                self.segment = next
                position = 0
                hint = 0
                continue
            }
            if let run = try readBatch(segment, limit, wanted, rowsMax, bytesMax) { return run }
        }
        return nil
    }

    private mutating func locate(_ wanted: Int64, _ end: PartitionEnd, _ segments: [Segment]) throws {
        // A segment that was removed or rewritten meanwhile is not read on.
        if let segment, offset == wanted, segments.contains(where: { $0 === segment }) { return }
        guard let found = segments.last(where: { $0.base <= wanted }) ?? segments.first else {
            segment = nil
            return
        }
        segment = found
        offset = -1
        let limit = found.base == end.segment ? Int(end.position) : try found.closedSize()
        position = try found.position(of: wanted, limit: limit)
        hint = 0
    }

    /// The messages of the batch at `position`, or nil when all of them lie before `wanted`; moves behind it.
    private mutating func readBatch(
        _ segment: Segment,
        _ limit: Int,
        _ wanted: Int64,
        _ rowsMax: Int,
        _ bytesMax: Int
    ) throws -> MessageRun? {
        let file = try segment.file()
        let available = limit - position
        var block = Buffer(capacity: min(available, max(hint, Self.readMin)))
        var filled = try file.read(block.base, block.capacity, at: position)
        let header = try check(block, filled, 0, available, segment)
        if header.nextOffset <= wanted {
            skip(header)
            return nil
        }
        if header.length > filled {
            let whole = Buffer(capacity: min(available, header.length + BatchHeader.size))
            whole.base.copyMemory(from: block.base, byteCount: filled)
            filled += try file.read(whole.base + filled, whole.capacity - filled, at: position + filled)
            block = whole
        }
        let batch = try decode(header, block, filled, 0, segment)
        guard let run = take(batch, from: wanted, rowsMax, bytesMax) else {
            skip(header)
            return nil
        }
        let begin = position
        skip(header)
        noteNext(block, filled, header.length)
        let isSmall = header.count < Self.joinedRows && header.length < Self.joinedBytes
        guard isSmall, rest == nil, run.count < rowsMax else { return run }
        hint = Self.readMany
        return try join(run, block, filled, from: begin, limit, segment, rowsMax, bytesMax)
    }

    /// Appends the small batches that the same read brought.
    private mutating func join(
        _ first: MessageRun,
        _ block: Buffer,
        _ filled: Int,
        from begin: Int,
        _ limit: Int,
        _ segment: Segment,
        _ rowsMax: Int,
        _ bytesMax: Int
    ) throws -> MessageRun {
        var runs = [first]
        var rows = first.count
        while position + BatchHeader.size <= begin + filled, position - begin < bytesMax {
            let header = try check(block, filled, position - begin, limit - position, segment)
            let isWhole = position + header.length <= begin + filled
            guard isWhole, header.count < Self.joinedRows, rows + header.count <= rowsMax else { break }
            let batch = try decode(header, block, filled, position - begin, segment)
            skip(header)
            rows += header.count
            if header.count > 0 { runs.append(batch.run(log.partition, 0..<header.count)) }
        }
        return runs.count == 1 ? first : MessageRun.joined(runs, nextOffset: offset)
    }

    /// Rows of a batch from `wanted` on, within the limits; nil when there are none.
    private mutating func take(
        _ batch: DecodedBatch,
        from wanted: Int64,
        _ rowsMax: Int,
        _ bytesMax: Int
    ) -> MessageRun? {
        let start = batch.row(of: wanted)
        guard start < batch.header.count else { return nil }
        let end = min(start + max(rowsMax, 1), batch.rowLimit(from: start, bytesMax: bytesMax))
        let run = batch.run(log.partition, start..<end)
        rest = end < batch.header.count ? batch : nil
        return run
    }

    private mutating func skip(_ header: BatchHeader) {
        position += header.length
        offset = header.nextOffset
        hint = 0
    }

    /// Learns the length of the next batch from its header, when the read went that far.
    private mutating func noteNext(_ block: Buffer, _ filled: Int, _ at: Int) {
        guard filled - at >= BatchHeader.size, let next = BatchHeader(from: block.base + at) else { return }
        hint = next.length + BatchHeader.size
    }

    private func check(
        _ block: Buffer,
        _ filled: Int,
        _ at: Int,
        _ available: Int,
        _ segment: Segment
    ) throws -> BatchHeader {
        guard filled - at >= BatchHeader.size, let header = BatchHeader(from: block.base + at) else {
            throw StorageError.damaged(segment.path, position, "no batch begins here")
        }
        guard header.length <= available else {
            throw StorageError.damaged(segment.path, position, "the batch is longer than the file")
        }
        return header
    }

    private func decode(
        _ header: BatchHeader,
        _ block: Buffer,
        _ filled: Int,
        _ at: Int,
        _ segment: Segment
    ) throws -> DecodedBatch {
        guard filled - at >= header.length else {
            throw StorageError.damaged(segment.path, position, "the file ends within the batch")
        }
        do {
            return try DecodedBatch(header, block, at: at)
        } catch {
            throw StorageError.damaged(segment.path, position, error.reason)
        }
    }
}

extension MessageRun {
    /// Runs of one partition as one.
    static func joined(_ runs: [MessageRun], nextOffset: Int64) -> MessageRun {
        let hasHeaders = runs.contains { $0.headers != nil }
        return MessageRun(
            topic: runs[0].topic,
            partition: runs[0].partition,
            offsets: Column.concatenated(runs.map(\.offsets)),
            timestamps: Column.concatenated(runs.map(\.timestamps)),
            keys: Column.concatenated(runs.map(\.keys)),
            values: Column.concatenated(runs.map(\.values)),
            headers: hasHeaders
                ? Column.concatenated(
                    runs.map { $0.headers ?? Column.constant(headersType, .array([]), count: $0.count) }
                ) : nil,
            nextOffset: nextOffset
        )
    }
}
