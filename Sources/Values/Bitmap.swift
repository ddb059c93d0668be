/// Bit i of a run of 64-bit words: row i.
///
/// A bitmap always has whole words; bits behind `count` are undefined unless a function says otherwise.
public enum Bitmap {
    /// Words needed for `count` bits.
    @inlinable
    public static func words(_ count: Int) -> Int { (count + 63) >> 6 }

    @inlinable
    public static func get(_ words: UnsafePointer<UInt64>, _ index: Int) -> Bool {
        words[index >> 6] & (1 << UInt64(index & 63)) != 0
    }

    @inlinable
    public static func set(_ words: UnsafeMutablePointer<UInt64>, _ index: Int) {
        words[index >> 6] |= 1 << UInt64(index & 63)
    }

    @inlinable
    public static func clear(_ words: UnsafeMutablePointer<UInt64>, _ index: Int) {
        words[index >> 6] &= ~(1 << UInt64(index & 63))
    }

    /// Number of set bits among the first `count`.
    @inlinable
    public static func population(_ words: UnsafePointer<UInt64>, _ count: Int) -> Int {
        var total = 0
        let whole = count >> 6
        for index in 0..<whole { total += words[index].nonzeroBitCount }
        let rest = count & 63
        if rest != 0 { total += (words[whole] & ((1 << UInt64(rest)) - 1)).nonzeroBitCount }
        return total
    }

    /// A new bitmap of `count` bits, all set or all clear.
    public static func buffer(_ count: Int, allSet: Bool) -> Buffer {
        let buffer = Buffer(capacity: words(count) * 8)
        buffer.base.initializeMemory(as: UInt64.self, repeating: allSet ? ~0 : 0, count: words(count))
        return buffer
    }

    /// The bitwise AND of two validity bitmaps, where nil means "all set".
    public static func and(_ left: Buffer?, _ right: Buffer?, count: Int) -> Buffer? {
        guard let left else { return right }
        guard let right else { return left }
        if left === right { return left }
        let result = Buffer(capacity: words(count) * 8)
        let a = left.base.assumingMemoryBound(to: UInt64.self)
        let b = right.base.assumingMemoryBound(to: UInt64.self)
        let out = result.base.assumingMemoryBound(to: UInt64.self)
        for index in 0..<words(count) { out[index] = a[index] & b[index] }
        return result
    }
}
