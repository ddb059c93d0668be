import Glibc

/// The orders of STRING and BYTES values.
public enum ByteOrder {
    /// Negative, zero or positive: lexicographic by unsigned bytes, the order of STRINGs.
    public static func unsigned(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
        let shared = min(a.count, b.count)
        if shared > 0, let x = a.baseAddress, let y = b.baseAddress {
            let order = memcmp(x, y, shared)
            if order != 0 { return Int(order) }
        }
        return a.count - b.count
    }

    /// The same by signed bytes, the dialect's order of BYTES.
    public static func signed(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
        for index in 0..<min(a.count, b.count) where a[index] != b[index] {
            return Int8(bitPattern: a[index]) < Int8(bitPattern: b[index]) ? -1 : 1
        }
        return a.count - b.count
    }
}
