import Glibc
import Runtime
import Values

/// The file that compaction writes: kept messages with their offsets, joined to batches of the usual size.
struct CompactedFile {
    /// Where a batch lies, for the segment's index.
    struct Place {
        let header: BatchHeader
        let position: Int
    }

    let path: String
    private let file: SegmentFile
    private let writer: FileWriter
    private(set) var places: [Place] = []
    private(set) var size = 0
    private var runs: [OutgoingRun] = []
    private var offsets: [Column] = []
    private var rows = 0
    private var bytes = 0
    private var first: Int64 = 0
    private var next: Int64 = 0
    private var deleteHorizon: Int64 = 0

    /// A batch must not span more offsets than its header can say.
    private static let spanMax = Int64(Int32.max)

    init(_ path: String, _ writer: FileWriter) throws {
        self.path = path
        self.writer = writer
        file = try SegmentFile(path, create: true)
        try file.truncate(to: 0)
    }

    /// Adds messages behind all before.
    ///
    /// Tombstones of different times do not get into one batch; `deleteHorizon` is 0 when there are none.
    mutating func add(_ run: OutgoingRun, offsets column: Column, deleteHorizon horizon: Int64) throws {
        guard run.count > 0 else { return }
        let words = column.values(as: Int64.self)
        let behind = words[run.count - 1] + 1
        let size = run.payloadBytes
        let isOtherTime = horizon != deleteHorizon && horizon != 0 && deleteHorizon != 0
        if rows + run.count > EncodedBatch.rowsMax || bytes + size > EncodedBatch.bytesMax || isOtherTime
            || behind - first > Self.spanMax
        {
            try flush()
        }
        if rows == 0 { first = words[0] }
        runs.append(run)
        offsets.append(column)
        rows += run.count
        bytes += size
        next = behind
        deleteHorizon = max(deleteHorizon, horizon)
    }

    /// Ends a batch.
    mutating func flush() throws {
        defer { clear() }
        guard rows > 0 else { return }
        // Offsets are written only where some are missing.
        let isDense = next - first == Int64(rows)
        let named = isDense ? nil : (column: Column.concatenated(offsets), span: Int(next - first))
        var batch = EncodedBatch(runs, offsets: named, deleteHorizon: deleteHorizon)
        if isDense { batch.place(at: first) }
        try batch.withPieces { try writer.write($0, to: file, at: size) }
        places.append(Place(header: batch.header, position: size))
        size += batch.length
    }

    private mutating func clear() {
        runs.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        rows = 0
        bytes = 0
        deleteHorizon = 0
    }

    /// Waits until everything is on the disk.
    mutating func finish() throws {
        try flush()
        try writer.sync(file)
    }

    func remove() { unlink(path) }
}
