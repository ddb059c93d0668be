/// Which partition of a public topic a key belongs to: Kafka's default partitioner, so that Weir and other producers agree.
public enum Partitioner {
    /// The partition of a key, 0 to `count` - 1.
    public static func partition(of key: UnsafeRawBufferPointer, count: Int) -> Int32 {
        Int32(murmur2(key) & 0x7FFF_FFFF) % Int32(count)
    }

    /// MurmurHash2 with Kafka's seed.
    static func murmur2(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let multiplier: UInt32 = 0x5BD1_E995
        let length = bytes.count
        var hash: UInt32 = 0x9747_B28C ^ UInt32(truncatingIfNeeded: length)
        var position = 0
        while position + 4 <= length {
            var word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            word = word &* multiplier
            word ^= word >> 24
            word = word &* multiplier
            hash = hash &* multiplier
            hash ^= word
            position += 4
        }
        let rest = length - position
        if rest >= 3 { hash ^= UInt32(bytes[position + 2]) << 16 }
        if rest >= 2 { hash ^= UInt32(bytes[position + 1]) << 8 }
        if rest >= 1 {
            hash ^= UInt32(bytes[position])
            hash = hash &* multiplier
        }
        hash ^= hash >> 13
        hash = hash &* multiplier
        return hash ^ (hash >> 15)
    }
}
