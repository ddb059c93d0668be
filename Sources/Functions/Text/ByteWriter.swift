import Values

/// Bytes that grow at the end.
public struct ByteWriter {
    private(set) var buffer: Buffer
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    /// Bytes written so far.
    public internal(set) var count = 0
    /// Where runs of bytes end to be taken; see ``isFull``.
    private var limit = Int.max
    /// True when bytes were dropped because they went beyond the limit.
    private var isCut = false
    /// True when there is more than the limit allows.
    public var isFull: Bool { isCut || count > limit }

    /// Bounds what is written from now on.
    mutating func bound(to limit: Int) {
        self.limit = limit
        isCut = false
    }

    public init(capacity: Int) {
        buffer = Buffer(capacity: capacity)
        base = buffer.base.assumingMemoryBound(to: UInt8.self)
        self.capacity = buffer.capacity
    }

    /// Makes room for `extra` bytes and returns where they go; ``advance(_:)`` then counts them.
    @inline(__always)
    mutating func room(_ extra: Int) -> UnsafeMutablePointer<UInt8> {
        if count + extra > capacity { grow(extra) }
        return base + count
    }

    @inline(__always)
    mutating func advance(_ written: Int) { count += written }

    @inline(__always)
    public mutating func append(_ byte: UInt8) {
        room(1).pointee = byte
        count += 1
    }

    @inline(__always)
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        if count + bytes.count > limit {
            isCut = true
            return
        }
        UnsafeMutableRawPointer(room(bytes.count)).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    public mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    public mutating func append(_ text: String) {
        var copy = text
        copy.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a number in decimal digits.
    @inline(__always)
    public mutating func append(number: Int64) { advance(NumberText.write(number, to: room(NumberText.integerRoom))) }

    /// Appends a number with at least `width` digits, zeros in front; the sign is not counted.
    public mutating func append(_ number: Int64, width: Int) {
        if number < 0 { append(0x2D) }
        for _ in 0..<max(0, width - NumberText.digitCount(number.magnitude)) { append(0x30) }
        advance(NumberText.write(number.magnitude, to: room(NumberText.integerRoom)))
    }

    /// The memory, which the caller may share.
    consuming func finish() -> Buffer { buffer }

    /// What was written, as a String.
    public var text: String {
        String(decoding: UnsafeRawBufferPointer(start: base, count: count), as: UTF8.self)
    }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        precondition(count + extra <= Int(Int32.max), "a column's bytes stay below 2 GiB")
        let wide = Buffer(capacity: max(capacity * 2, count + extra))
        wide.base.copyMemory(from: buffer.base, byteCount: count)
        buffer = wide
        base = wide.base.assumingMemoryBound(to: UInt8.self)
        capacity = wide.capacity
    }
}

/// Builds a STRING or BYTES column of a known number of rows.
public struct TextBuilder {
    /// The bytes of the row in hand go here.
    public var bytes: ByteWriter
    private let offsets: Buffer
    private let type: SQLType
    private let capacity: Int
    private var row = 0
    private var validity: Buffer?

    public init(rows: Int, type: SQLType = .string, bytes: Int = 0) {
        self.bytes = ByteWriter(capacity: max(bytes, rows * 16))
        self.type = type
        capacity = rows
        offsets = Buffer(capacity: (rows + 1) * 4)
        offsets.base.storeBytes(of: 0, as: Int32.self)
    }

    /// Bytes that a function may write for one row.
    static let rowBytesMax = 1 << 26
    /// Bytes that functions may write for all rows: room is left for what a batch holds anyway.
    static let columnBytesMax = 1 << 30

    /// Bounds what the next row takes: a function may make a text that is far longer than its arguments.
    @inline(__always)
    public mutating func beginBoundedRow() {
        bytes.bound(to: min(bytes.count + TextBuilder.rowBytesMax, TextBuilder.columnBytesMax))
    }

    /// Ends a row whose bytes were written.
    @inline(__always)
    public mutating func endRow() {
        row += 1
        offsets.base.storeBytes(of: Int32(truncatingIfNeeded: bytes.count), toByteOffset: row * 4, as: Int32.self)
    }

    /// Ends a row as NULL; what was written for it is taken back.
    public mutating func endNull() {
        let start = offsets.base.load(fromByteOffset: row * 4, as: Int32.self)
        bytes.count = Int(start)
        let bitmap = validity ?? Bitmap.buffer(capacity, allSet: true)
        validity = bitmap
        Bitmap.clear(bitmap.base.assumingMemoryBound(to: UInt64.self), row)
        endRow()
    }

    public consuming func finish() -> Column {
        precondition(row == capacity, "every row was ended")
        return Column(type: type, count: row, validity: validity, data: bytes.buffer, offsets: offsets)
    }
}
