import Values

/// BYTES as base64 text with padding.
enum Base64 {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// Appends the text of `bytes`.
    static func append(_ bytes: UnsafeRawBufferPointer, to out: inout ByteArena) {
        out.reserve((bytes.count + 2) / 3 * 4)
        let letters = alphabet.utf8Start
        let target = out.end.assumingMemoryBound(to: UInt8.self)
        var written = 0
        var position = 0
        while position < bytes.count {
            let rest = bytes.count - position
            var word = UInt32(bytes[position]) << 16
            if rest > 1 { word |= UInt32(bytes[position + 1]) << 8 }
            if rest > 2 { word |= UInt32(bytes[position + 2]) }
            target[written] = letters[Int(word >> 18)]
            target[written + 1] = letters[Int(word >> 12 & 63)]
            target[written + 2] = rest > 1 ? letters[Int(word >> 6 & 63)] : UInt8(ascii: "=")
            target[written + 3] = rest > 2 ? letters[Int(word & 63)] : UInt8(ascii: "=")
            written += 4
            position += 3
        }
        out.advance(written)
    }
}
