/// Turns byte offsets into lines and columns while moving forward through a text.
struct PositionCursor {
    private var line = 1
    private var column = 1
    private var offset = 0

    /// The position of a byte at or behind the last one asked for.
    mutating func position(at target: Int, in bytes: [UInt8]) -> SourcePosition {
        while offset < target {
            if bytes[offset] == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if bytes[offset] & 0xC0 != 0x80 || column == 1 {
                column += 1
            }
            offset += 1
        }
        return SourcePosition(line: line, column: column, offset: offset)
    }
}

func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") }

/// Whether a byte may stand inside an unquoted name.
func isWordPart(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "@")
}

/// ASCII text in upper case.
func foldedText(_ bytes: ArraySlice<UInt8>) -> String {
    String(unsafeUninitializedCapacity: bytes.count) { buffer in
        var count = 0
        for byte in bytes {
            buffer[count] = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte - 0x20 : byte
            count += 1
        }
        return count
    }
}

/// The end of `${name}` that starts at an offset; nil if there is no such thing.
func variableEnd(in bytes: [UInt8], from start: Int) -> Int? {
    guard start + 2 < bytes.count, bytes[start] == UInt8(ascii: "$"), bytes[start + 1] == UInt8(ascii: "{") else {
        return nil
    }
    var end = start + 2
    while end < bytes.count, isWordPart(bytes[end]) { end += 1 }
    guard end > start + 2, end < bytes.count, bytes[end] == UInt8(ascii: "}") else { return nil }
    return end + 1
}

/// Upper-case hexadecimal digits, at least four.
func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
