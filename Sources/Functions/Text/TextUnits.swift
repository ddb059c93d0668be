/// Lengths and places of UTF-8 text counted in UTF-16 units, as the dialect counts characters.
enum TextUnits {
    /// True when every byte is a character.
    @inline(__always)
    static func isASCII(_ text: UnsafeRawBufferPointer) -> Bool {
        var bits: UInt64 = 0
        var index = 0
        while index + 8 <= text.count {
            bits |= text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < text.count {
            bits |= UInt64(text[index])
            index += 1
        }
        return bits & 0x8080_8080_8080_8080 == 0
    }

    /// The length in UTF-16 units.
    @inline(__always)
    static func count(_ text: UnsafeRawBufferPointer) -> Int {
        if isASCII(text) { return text.count }
        var units = 0
        for byte in text { units += Self.units(of: byte) }
        return units
    }

    /// Units that start with a byte: none for the second and later bytes of a character, two above U+FFFF.
    @inline(__always)
    private static func units(of byte: UInt8) -> Int { (byte & 0xC0 != 0x80 ? 1 : 0) + (byte >= 0xF0 ? 1 : 0) }

    /// The byte at which unit number `unit` starts; the end of the text beyond it.
    ///
    /// A place inside a character above U+FFFF is the start of that character.
    static func byteOffset(_ unit: Int, in text: UnsafeRawBufferPointer) -> Int {
        var units = 0
        var index = 0
        while index < text.count {
            let next = units + Self.units(of: text[index])
            if Self.units(of: text[index]) > 0, next > unit { return index }
            units = next
            index += 1
        }
        return text.count
    }

    /// Bytes of the character that starts at `index`.
    @inline(__always)
    static func characterLength(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int {
        let lead = text[index]
        let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        return min(length, text.count - index)
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes of a range.
    @inline(__always)
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }
}

/// The bytes of a String, for the time of `body`.
func withBytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    var copy = text
    return try copy.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
}
