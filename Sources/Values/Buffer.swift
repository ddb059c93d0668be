/// A block of raw memory that frees itself; columns share blocks by reference.
///
/// Every block has ``padding`` readable bytes behind its capacity, so that SIMD readers may look past the end.
public final class Buffer: @unchecked Sendable {
    // Unchecked: a buffer is written by its builder alone and not changed after it is shared.
    public let base: UnsafeMutableRawPointer
    /// Usable bytes.
    public let capacity: Int
    private let owner: AnyObject?

    /// Readable bytes behind ``capacity``.
    public static let padding = 64

    /// Uninitialised memory for `capacity` bytes.
    public init(capacity: Int) {
        self.capacity = max(capacity, 0)
        base = UnsafeMutableRawPointer.allocate(byteCount: self.capacity + Buffer.padding, alignment: 64)
        owner = nil
    }

    /// Memory of somebody else, kept alive by `owner`; it must have ``padding`` readable bytes behind it.
    public init(borrowing base: UnsafeMutableRawPointer, capacity: Int, owner: AnyObject) {
        self.base = base
        self.capacity = capacity
        self.owner = owner
    }

    deinit {
        if owner == nil { base.deallocate() }
    }

    /// A block whose bytes are all zero.
    public static func zeroed(capacity: Int) -> Buffer {
        let buffer = Buffer(capacity: capacity)
        buffer.base.initializeMemory(as: UInt8.self, repeating: 0, count: buffer.capacity)
        return buffer
    }
}
