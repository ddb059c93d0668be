import Glibc

/// Random bytes for all rows of a call, so that the system is asked for those of many rows at once.
struct RandomBytes {
    private let bytes: [UInt8]
    /// What getentropy(3) gives at once.
    private static let callBytesMax = 256

    init(count: Int) {
        bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let base = buffer.baseAddress else { return }
            while filled < count {
                let part = min(count - filled, RandomBytes.callBytesMax)
                precondition(getentropy(base + filled, part) == 0, "the system has random bytes")
                filled += part
            }
        }
    }

    subscript(range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }

    /// The 64 bits at a place, counted in words.
    func word(_ index: Int) -> UInt64 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
    }
}
