import Values

/// Text of a STRING as a JSON string, eight bytes at a time.
enum JSONString {
    /// Appends `count` bytes from `source` with quotes and escapes; behind them ``Buffer/padding`` bytes are readable.
    @inline(__always)
    static func append(_ source: UnsafeRawPointer, _ count: Int, to out: inout ByteArena) {
        out.reserve(count + 16)
        var target = out.end
        target.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        target += 1
        var position = 0
        while position < count {
            let word = source.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            (target + position).storeBytes(of: word, as: UInt64.self)
            var found = bytesToEscape(word)
            // What lies behind the text is not ours.
            if count &- position < 8 { found &= (1 << UInt64(truncatingIfNeeded: (count &- position) &* 8)) &- 1 }
            if found != 0 {
                let plain = position + found.trailingZeroBitCount / 8
                appendEscaped(source, from: plain, count, to: &out)
                return
            }
            position &+= 8
        }
        (target + count).storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        out.advance(count + 2)
    }

    /// Appends a text with quotes and escapes; for names, not for columns.
    static func append(_ text: String, to out: inout ByteArena) {
        var copy = ByteArena(capacity: text.utf8.count)
        copy.append(string: text)
        let block = copy.finish()
        append(block.base, text.utf8.count, to: &out)
    }

    /// Bit 7 of the bytes that need an escape: quotes, backslashes, control characters.
    ///
    /// Above the lowest one, bits of bytes that need none may be set as well.
    @inline(__always)
    private static func bytesToEscape(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let control = (word &- ones &* 0x20) & ~word
        return (((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes) | control) & (ones &* 0x80)
    }

    /// Goes on behind the opening quote and `from` bytes, which are written already, byte by byte.
    @inline(never)
    private static func appendEscaped(_ source: UnsafeRawPointer, from: Int, _ count: Int, to out: inout ByteArena) {
        out.advance(from + 1)
        out.reserve((count - from) * 6 + 16)
        let start = out.end
        var target = start
        for position in from..<count {
            let byte = source.load(fromByteOffset: position, as: UInt8.self)
            let letter = escapeLetter(byte)
            if letter == 0 {
                target.storeBytes(of: byte, as: UInt8.self)
                target += 1
                continue
            }
            target.storeBytes(of: UInt8(ascii: "\\"), as: UInt8.self)
            (target + 1).storeBytes(of: letter, as: UInt8.self)
            target += 2
            if letter == UInt8(ascii: "u") {
                target.storeBytes(of: 0x30, as: UInt8.self)
                (target + 1).storeBytes(of: 0x30, as: UInt8.self)
                (target + 2).storeBytes(of: hexadecimal(byte >> 4), as: UInt8.self)
                (target + 3).storeBytes(of: hexadecimal(byte & 15), as: UInt8.self)
                target += 4
            }
        }
        target.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        out.advance(target + 1 - start)
    }

    /// What follows the backslash; 0 where none is needed.
    private static func escapeLetter(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        case 0..<0x20: UInt8(ascii: "u")
        default: 0
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? digit + 0x30 : digit + 0x37 }
}
