import CChecksum
import Glibc
import Runtime
import Values

/// Messages as they will lie in a segment file: pieces of memory that one `pwritev` writes one after the other.
///
/// Payload: timestamps (8 each), `[offsets (8 each)]`, keys, values, `[headers]`. A column of bytes is: 1 when it has a
/// validity bitmap (4), bytes of its arena (4), `[bitmap words]`, `count + 1` offsets from 0 (4 each), arena; a list is the
/// same with the elements' columns in place of the arena; a struct is its validity and its fields. Every part is padded to
/// 8 bytes, so that a reader can use all of them where they lie.
struct EncodedBatch {
    private(set) var header: BatchHeader
    private let headerBytes: Buffer
    private let pieces: [iovec]
    /// What the pieces point into.
    private let owners: [AnyObject]

    var length: Int { header.length }

    /// Runs of one partition are joined to batches of at most that many messages and about ``bytesMax`` bytes.
    ///
    /// A reader checks and returns a whole batch at a time.
    static let rowsMax = 4096
    static let bytesMax = 1 << 20

    /// The runs of one partition as batches.
    static func batches(of runs: [OutgoingRun]) -> [EncodedBatch] {
        var batches: [EncodedBatch] = []
        var group: [OutgoingRun] = []
        var rows = 0
        var bytes = 0
        func close() {
            if !group.isEmpty { batches.append(EncodedBatch(group)) }
            group.removeAll(keepingCapacity: true)
            rows = 0
            bytes = 0
        }
        for run in runs where run.count > 0 {
            for start in stride(from: 0, to: run.count, by: rowsMax) {
                let part = run.slice(start..<min(start + rowsMax, run.count))
                let size = part.payloadBytes
                if rows + part.count > rowsMax || bytes + size > bytesMax { close() }
                group.append(part)
                rows += part.count
                bytes += size
            }
        }
        close()
        return batches
    }

    /// One batch of all `runs`; `offsets`, where given, are the messages' own, which compaction left with gaps.
    init(_ runs: [OutgoingRun], offsets: (column: Column, span: Int)? = nil, deleteHorizon: Int64 = 0) {
        var payload = PayloadPieces()
        let count = runs.reduce(0) { $0 + $1.count }
        for run in runs { payload.add(run.timestamps.values(as: Int64.self), run.count * 8, owner: run.timestamps) }
        if let offsets { payload.add(offsets.column.values(as: Int64.self), count * 8, owner: offsets.column) }
        payload.add(bytesOf: runs.map(\.keys), count: count)
        payload.add(bytesOf: runs.map(\.values), count: count)
        let hasHeaders = runs.contains { $0.headers != nil }
        if hasHeaders, let headers = OutgoingRun.merged(runs).headers { payload.add(column: headers) }
        header = BatchHeader(
            length: BatchHeader.size + payload.length,
            count: count,
            payloadChecksum: payload.checksum,
            hasHeaders: hasHeaders
        )
        header.deleteHorizon = deleteHorizon
        if let offsets {
            header.baseOffset = offsets.column.values(as: Int64.self)[0]
            header.span = offsets.span
            header.hasOffsets = true
        }
        headerBytes = Buffer(capacity: BatchHeader.size)
        pieces = [iovec(iov_base: headerBytes.base, iov_len: BatchHeader.size)] + payload.pieces
        owners = payload.owners
    }

    /// Gives the batch its place; only before it is written.
    mutating func place(at offset: Int64) {
        header.baseOffset = offset
    }

    /// Calls `body` with the pieces, header first; valid during the call.
    func withPieces<Result>(_ body: ([iovec]) throws -> Result) rethrows -> Result {
        header.store(to: headerBytes.base)
        return try withExtendedLifetime((headerBytes, owners)) { try body(pieces) }
    }
}

/// The parts of a payload in the order of the file, with their checksum.
private struct PayloadPieces {
    private(set) var pieces: [iovec] = []
    private(set) var owners: [AnyObject] = []
    private(set) var length = 0
    private(set) var checksum: UInt32 = 0

    private static let zeros = Buffer.zeroed(capacity: 8)

    mutating func add(_ bytes: UnsafeMutableRawPointer, _ count: Int, owner: AnyObject) {
        guard count > 0 else { return }
        pieces.append(iovec(iov_base: bytes, iov_len: count))
        owners.append(owner)
        length += count
        checksum = weir_crc32c(checksum, bytes, count)
    }

    private mutating func pad() {
        let rest = length & 7
        if rest != 0 { add(Self.zeros.base, 8 - rest, owner: Self.zeros) }
    }

    /// Prefix, validity and offsets of bytes columns that are joined to one, and their arenas.
    mutating func add(bytesOf columns: [Column], count: Int) {
        addFrame(columns, count: count)
        for column in columns where column.count > 0 {
            let offsets = column.offsets
            let start = Int(offsets[0])
            add(column.arena + start, Int(offsets[column.count]) - start, owner: column)
        }
        pad()
    }

    /// A column of bytes, or of lists and structs of them.
    mutating func add(column: Column) {
        switch column.type.storage {
        case .variable: add(bytesOf: [column], count: column.count)
        case .list:
            addFrame([column], count: column.count)
            pad()
            let range = Int(column.offsets[0])..<Int(column.offsets[column.count])
            for child in column.children { add(column: child.slice(range)) }
        case .structure:
            let validity = column.validity
            let frame = Buffer.zeroed(capacity: 8)
            frame.base.storeBytes(of: validity == nil ? 0 : 1, as: UInt32.self)
            add(frame.base, 8, owner: frame)
            if let validity { add(validity.base, Bitmap.words(column.count) * 8, owner: validity) }
            for child in column.children { add(column: child) }
        case .fixed(let width):
            preconditionFailure("message headers hold no fixed width column, but one of \(width) bytes")
        }
    }

    private mutating func addFrame(_ columns: [Column], count: Int) {
        let hasValidity = columns.contains { $0.validity != nil }
        let words = hasValidity ? Bitmap.words(count) : 0
        let frame = Buffer(capacity: 8 + words * 8 + (count + 1) * 4)
        if hasValidity { Self.joinValidity(columns, frame.base + 8, words) }
        let ends = (frame.base + 8 + words * 8).assumingMemoryBound(to: Int32.self)
        var total: Int32 = 0
        var row = 0
        for column in columns where column.count > 0 {
            let offsets = column.offsets
            let shift = total - offsets[0]
            for index in 0..<column.count { ends[row + index] = offsets[index] + shift }
            row += column.count
            total = offsets[column.count] + shift
        }
        ends[count] = total
        frame.base.storeBytes(of: (hasValidity ? 1 : 0 as UInt32).littleEndian, as: UInt32.self)
        frame.base.storeBytes(of: UInt32(bitPattern: total).littleEndian, toByteOffset: 4, as: UInt32.self)
        add(frame.base, 8 + words * 8 + (count + 1) * 4, owner: frame)
    }

    private static func joinValidity(_ columns: [Column], _ target: UnsafeMutableRawPointer, _ words: Int) {
        let out = target.initializeMemory(as: UInt64.self, repeating: ~0, count: words)
        if columns.count == 1, let validity = columns[0].validityWords {
            out.update(from: validity, count: words)
            return
        }
        var row = 0
        for column in columns {
            if let validity = column.validityWords {
                for index in 0..<column.count where !Bitmap.get(validity, index) { Bitmap.clear(out, row + index) }
            }
            row += column.count
        }
    }
}
