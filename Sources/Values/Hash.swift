/// A fast 64-bit hash for hash tables and the partitioning of internal topics.
///
/// The function is part of the stored format (rows of internal topics lie in the partition it chose): do not change it.
public enum Hash {
    @inlinable
    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// The hash of one 64-bit word.
    @inlinable
    public static func of(_ word: UInt64) -> UInt64 {
        mix(word ^ 0x9E37_79B9_7F4A_7C15, 0xE703_7ED1_A0B4_28DB)
    }

    /// The hash of `count` bytes from `base`.
    @inlinable
    public static func of(_ base: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var seed: UInt64 = 0xA076_1D64_78BD_642F ^ UInt64(truncatingIfNeeded: count)
        var position = 0
        while position + 16 <= count {
            let first = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let second = base.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self)
            seed = mix(first ^ 0xE703_7ED1_A0B4_28DB, second ^ seed)
            position += 16
        }
        if position + 8 <= count {
            let word = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            seed = mix(word ^ 0x8EBC_6AF0_9C88_C6E3, seed ^ 0x589965CC75374CC3)
            position += 8
        }
        var tail: UInt64 = 0
        var shift: UInt64 = 0
        while position < count {
            tail |= UInt64(base.load(fromByteOffset: position, as: UInt8.self)) << shift
            shift += 8
            position += 1
        }
        return mix(tail ^ 0x1D8E_4E27_C47D_124F, seed ^ 0xEB44_ACCA_B455_D165)
    }
}
