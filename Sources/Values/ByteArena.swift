/// Bytes that grow at the end; finished, they become the arena of a STRING or BYTES column.
///
/// Hot loops reserve room once, write through ``end`` and then call ``advance(_:)``.
public struct ByteArena: ~Copyable {
    @usableFromInline var buffer: Buffer
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var limit: Int
    @usableFromInline var used = 0

    /// An empty arena with room for `capacity` bytes before it has to grow.
    public init(capacity: Int = 1024) {
        buffer = Buffer(capacity: capacity)
        base = buffer.base
        limit = buffer.capacity
    }

    /// Bytes written so far.
    @inlinable
    public var count: Int { used }

    /// Where the next byte goes.
    @inlinable
    public var end: UnsafeMutableRawPointer { base + used }

    /// The bytes written so far; valid until the next change.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Makes room for `extra` more bytes; pointers into the arena become invalid.
    @inlinable
    public mutating func reserve(_ extra: Int) {
        if used + extra > limit { grow(extra) }
    }

    /// Counts `written` bytes that were stored at ``end``, where room was reserved.
    @inlinable
    public mutating func advance(_ written: Int) {
        used += written
        assert(used <= limit + Buffer.padding, "wrote more than was reserved")
    }

    /// Forgets the bytes behind the first `length`.
    public mutating func truncate(to length: Int) { used = min(used, length) }

    /// Forgets all bytes and keeps the memory.
    public mutating func removeAll() { used = 0 }

    @inlinable
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        end.storeBytes(of: byte, as: UInt8.self)
        used += 1
    }

    @inlinable
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        if let start = bytes.baseAddress { end.copyMemory(from: start, byteCount: bytes.count) }
        used += bytes.count
    }

    public mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    public mutating func append(string: String) {
        var copy = string
        let start = used
        let length = string.utf8.count
        reserve(length)
        copy.withUTF8 { bytes in
            if let source = bytes.baseAddress { (base + start).copyMemory(from: source, byteCount: bytes.count) }
        }
        used += length
    }

    /// The memory, which the caller may share; the arena is gone.
    public consuming func finish() -> Buffer { buffer }

    @usableFromInline
    mutating func grow(_ extra: Int) {
        let wide = Buffer(capacity: max(limit * 2, used + extra))
        wide.base.copyMemory(from: base, byteCount: used)
        buffer = wide
        base = wide.base
        limit = wide.capacity
    }
}
