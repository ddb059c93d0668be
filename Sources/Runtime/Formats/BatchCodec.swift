import Values

/// Whole batches as bytes, the payload of the messages of repartition topics.
///
/// Version (a byte), flags (a byte: 1 deletions, 2 rows before, 4 headers), two zero bytes, the number of rows (UInt32),
/// the timestamps, the columns in the order of the schema; then, as the flags say, a byte a row, the rows before with a
/// byte a row in front, the headers. A column is a byte that says whether a validity bitmap follows, and what
/// ``Column`` has in memory: fixed width values; offsets from 0 and bytes; offsets and children; children. Numbers are
/// little-endian and unaligned. Origins are not written. The bytes are stored in topics: do not change them.
public enum BatchCodec {
    static let version: UInt8 = 1
    static let hasDeleted: UInt8 = 1
    static let hasBefore: UInt8 = 2
    static let hasHeaders: UInt8 = 4

    /// The batches as the rows of a BYTES column.
    public static func encode(_ batches: [Batch]) -> Column {
        let offsetBuffer = Buffer(capacity: (batches.count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        var total = 0
        offsets[0] = 0
        for (index, batch) in batches.enumerated() {
            total += size(batch)
            precondition(total <= Int(Int32.max), "messages that are encoded together stay below 2 GiB")
            offsets[index + 1] = Int32(total)
        }
        let data = Buffer(capacity: total)
        for (index, batch) in batches.enumerated() {
            var writer = BatchWriter(data.base + Int(offsets[index]))
            writer.write(batch)
            assert(writer.cursor == data.base + Int(offsets[index + 1]), "size and write agree")
        }
        return Column(type: .bytes, count: batches.count, data: data, offsets: offsetBuffer)
    }

    /// The batch that ``encode(_:)`` wrote, which had the same schema.
    /// - Throws: ``BatchCodecError`` when the bytes are something else.
    public static func decode(_ bytes: UnsafeRawBufferPointer, _ schema: Schema) throws(BatchCodecError) -> Batch {
        var reader = BatchReader(bytes)
        return try reader.read(schema)
    }

    private static func size(_ batch: Batch) -> Int {
        var size = 8 + size(batch.timestamps) + batch.columns.reduce(0) { $0 + self.size($1) }
        if batch.deleted != nil { size += batch.count }
        if let before = batch.before { size += batch.count + before.reduce(0) { $0 + self.size($1) } }
        if let headers = batch.headers { size += self.size(headers) }
        return size
    }

    private static func size(_ column: Column) -> Int {
        let validity = 1 + (column.validity == nil ? 0 : Bitmap.words(column.count) * 8)
        switch column.type.storage {
        case .fixed(let width): return validity + column.count * width
        case .variable:
            return validity + (column.count + 1) * 4 + Int(column.offsets[column.count] - column.offsets[0])
        case .list:
            return validity + (column.count + 1) * 4 + column.elements.reduce(0) { $0 + size($1) }
        case .structure: return validity + column.children.reduce(0) { $0 + size($1) }
        }
    }
}

extension Column {
    /// The children of a list column without what lies before the first or behind the last list.
    fileprivate var elements: [Column] {
        let range = Int(offsets[0])..<Int(offsets[count])
        return children.map { $0.slice(range) }
    }
}

/// Writes batches into memory that is large enough.
private struct BatchWriter {
    private(set) var cursor: UnsafeMutableRawPointer

    init(_ target: UnsafeMutableRawPointer) { cursor = target }

    mutating func write(_ batch: Batch) {
        put(BatchCodec.version)
        let flags =
            (batch.deleted == nil ? 0 : BatchCodec.hasDeleted) | (batch.before == nil ? 0 : BatchCodec.hasBefore)
            | (batch.headers == nil ? 0 : BatchCodec.hasHeaders)
        put(flags)
        put(UInt16(0))
        put(UInt32(batch.count))
        write(batch.timestamps)
        for column in batch.columns { write(column) }
        if let deleted = batch.deleted { put(deleted.base, batch.count) }
        if let before = batch.before {
            let had = batch.hadBefore ?? Buffer.zeroed(capacity: batch.count)
            put(had.base, batch.count)
            for column in before { write(column) }
        }
        if let headers = batch.headers { write(headers) }
    }

    private mutating func write(_ column: Column) {
        put(column.validity == nil ? UInt8(0) : 1)
        if let validity = column.validity { put(validity.base, Bitmap.words(column.count) * 8) }
        switch column.type.storage {
        case .fixed(let width): put(column.values(as: UInt8.self), column.count * width)
        case .variable:
            writeOffsets(column)
            let start = Int(column.offsets[0])
            put(column.arena + start, Int(column.offsets[column.count]) - start)
        case .list:
            writeOffsets(column)
            for child in column.elements { write(child) }
        case .structure:
            for child in column.children { write(child) }
        }
    }

    private mutating func writeOffsets(_ column: Column) {
        let offsets = column.offsets
        let first = offsets[0]
        for row in 0..<(column.count + 1) {
            cursor.storeBytes(of: offsets[row] &- first, toByteOffset: row &* 4, as: Int32.self)
        }
        cursor += (column.count + 1) * 4
    }

    private mutating func put<T: BitwiseCopyable>(_ value: T) {
        cursor.storeBytes(of: value, as: T.self)
        cursor += MemoryLayout<T>.size
    }

    private mutating func put(_ source: UnsafeRawPointer, _ count: Int) {
        cursor.copyMemory(from: source, byteCount: count)
        cursor += count
    }
}

/// Reads a batch and trusts nothing.
private struct BatchReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func read(_ schema: Schema) throws(BatchCodecError) -> Batch {
        let head = try take(8)
        guard head[0] == BatchCodec.version else { throw BatchCodecError.version(head[0]) }
        let flags = head[1]
        let count = Int(head.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        // Each row has a timestamp: a count that the bytes cannot hold must not lead to a large allocation.
        guard count <= bytes.count / 8 else { throw BatchCodecError.truncated(bytes.count) }
        let timestamps = try column(.bigint, count)
        var columns: [Column] = []
        for field in schema.fields { columns.append(try column(field.type, count)) }
        var batch = Batch(schema: schema, count: count, columns: columns, timestamps: timestamps)
        if flags & BatchCodec.hasDeleted != 0 { batch.deleted = try copy(count) }
        if flags & BatchCodec.hasBefore != 0 {
            batch.hadBefore = try copy(count)
            var before: [Column] = []
            for field in schema.fields { before.append(try column(field.type, count)) }
            batch.before = before
        }
        if flags & BatchCodec.hasHeaders != 0 { batch.headers = try column(headersType, count) }
        guard position == bytes.count else { throw BatchCodecError.truncated(bytes.count) }
        return batch
    }

    private mutating func take(_ count: Int) throws(BatchCodecError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - position else { throw BatchCodecError.truncated(bytes.count) }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }

    private mutating func copy(_ count: Int) throws(BatchCodecError) -> Buffer {
        let source = try take(count)
        let buffer = Buffer(capacity: count)
        UnsafeMutableRawBufferPointer(start: buffer.base, count: count).copyMemory(from: source)
        return buffer
    }

    private mutating func column(_ type: SQLType, _ count: Int) throws(BatchCodecError) -> Column {
        let validity = try take(1)[0] == 0 ? nil : try copy(Bitmap.words(count) * 8)
        switch type.storage {
        case .fixed(let width):
            return Column(type: type, count: count, validity: validity, data: try copy(count * width))
        case .variable:
            let (offsets, size) = try offsets(count)
            return Column(type: type, count: count, validity: validity, data: try copy(size), offsets: offsets)
        case .list:
            let (offsets, size) = try offsets(count)
            // Every element takes a byte at least, but for those of a STRUCT without fields, which there is not.
            guard size <= (bytes.count - position) * 8 else { throw BatchCodecError.truncated(bytes.count) }
            let children = try children(type, size)
            return Column(type: type, count: count, validity: validity, offsets: offsets, children: children)
        case .structure:
            return Column(type: type, count: count, validity: validity, children: try children(type, count))
        }
    }

    private mutating func children(_ type: SQLType, _ count: Int) throws(BatchCodecError) -> [Column] {
        var children: [Column] = []
        for child in type.childTypes { children.append(try column(child, count)) }
        return children
    }

    /// Offsets that ascend from 0, and the last one.
    private mutating func offsets(_ count: Int) throws(BatchCodecError) -> (Buffer, Int) {
        let buffer = try copy((count + 1) * 4)
        let offsets = buffer.base.assumingMemoryBound(to: Int32.self)
        var ascends = offsets[0] == 0
        for row in 0..<count where offsets[row + 1] < offsets[row] { ascends = false }
        guard ascends else { throw BatchCodecError.offsets }
        return (buffer, Int(offsets[count]))
    }
}

/// Why bytes are not a batch.
public struct BatchCodecError: Error, CustomStringConvertible {
    public let message: String

    static func truncated(_ bytes: Int) -> BatchCodecError {
        BatchCodecError(message: "a message of \(bytes) bytes does not hold a batch of these columns")
    }

    static func version(_ version: UInt8) -> BatchCodecError {
        BatchCodecError(message: "a message holds a batch in form \(version), this program reads form 1")
    }

    static let offsets = BatchCodecError(message: "a message's strings or lists overlap")

    public var description: String { message }
}
