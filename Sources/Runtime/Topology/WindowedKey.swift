extension WindowedKey {
    /// Bytes that the window adds to the key.
    public var byteCount: Int {
        switch self {
        case .time: 8
        case .session: 16
        }
    }

    /// Reads the bounds from the end of a windowed key of sufficient length.
    public func bounds(_ bytes: UnsafeRawBufferPointer) -> (start: Int64, end: Int64) {
        func word(_ position: Int) -> Int64 {
            Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int64.self))
        }
        switch self {
        case .time(let size):
            let start = word(bytes.count - 8)
            let (end, overflow) = start.addingReportingOverflow(size)
            return (start, overflow ? .max : end)
        case .session: return (word(bytes.count - 8), word(bytes.count - 16))
        }
    }
}
