import Values

/// Reads the batches of a closed segment one after the other, large parts of the file at a time.
struct SegmentScan {
    private let file: SegmentFile
    private let path: String
    private let size: Int
    private var position: Int
    /// What was read last, and where it lies in the file.
    private var window: Buffer?
    private var windowStart = 0
    private var filled = 0

    private static let windowBytes = 256 << 10

    /// From the batch at `position` on.
    init(_ segment: Segment, from position: Int = 0) throws {
        file = try segment.file()
        path = segment.path
        size = try segment.closedSize()
        self.position = position
    }

    /// The next batch; nil behind the last.
    /// - Throws: ``StorageError``, `.corrupt` with file and position.
    mutating func next() throws -> DecodedBatch? {
        guard position < size else { return nil }
        try load(BatchHeader.size)
        guard let window, let header = BatchHeader(from: window.base + (position - windowStart)) else {
            throw StorageError.damaged(path, position, "no batch begins here")
        }
        try load(header.length)
        guard let window = self.window else { return nil }
        defer { position += header.length }
        do {
            return try DecodedBatch(header, window, at: position - windowStart)
        } catch {
            throw StorageError.damaged(path, position, error.reason)
        }
    }

    /// Has the next `count` bytes in the window, a new one when needed: decoded batches are views of the old one.
    private mutating func load(_ count: Int) throws {
        guard position + count <= size else {
            throw StorageError.damaged(path, position, "the file ends within the batch")
        }
        if window != nil, position + count <= windowStart + filled { return }
        let block = Buffer(capacity: max(min(Self.windowBytes, size - position), count))
        filled = try file.read(block.base, block.capacity, at: position)
        windowStart = position
        window = block
        guard filled >= count else {
            throw StorageError.damaged(path, position, "the file ends within the batch")
        }
    }
}
