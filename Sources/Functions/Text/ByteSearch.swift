import Glibc

/// Finds bytes in bytes.
public enum ByteSearch {
    /// The first place at or behind `start` where `needle` stands in `text`; nil when there is none.
    public static func first(
        _ needle: UnsafeRawBufferPointer,
        in text: UnsafeRawBufferPointer,
        from start: Int = 0
    ) -> Int? {
        guard let pattern = needle.baseAddress, !needle.isEmpty else { return start <= text.count ? start : nil }
        guard let base = text.baseAddress else { return nil }
        let lead = Int32(needle[0])
        var position = start
        let last = text.count - needle.count
        while position <= last {
            guard let hit = memchr(base + position, lead, last - position + 1) else { return nil }
            position = UnsafeRawPointer(hit) - base
            if needle.count == 1 || memcmp(base + position + 1, pattern + 1, needle.count - 1) == 0 { return position }
            position += 1
        }
        return nil
    }
}
