import Values

extension ScalarFunction {
    /// Text as a whole: case, length, blanks, parts and joins.
    static let strings: [ScalarFunction] = [
        ScalarFunction(writing: "UCASE", "The text in upper case.", example: "UCASE('Straße 5')" → "'STRASSE 5'") {
            (text: Text, out: inout ByteWriter) in
            writeCased(text.bytes, to: &out, from: 0x61, through: 0x7A) { $0.uppercased() }
            return true
        },
        ScalarFunction(writing: "LCASE", "The text in lower case.", example: "LCASE('Hello')" → "'hello'") {
            (text: Text, out: inout ByteWriter) in
            writeCased(text.bytes, to: &out, from: 0x41, through: 0x5A) { $0.lowercased() }
            return true
        },
        ScalarFunction(
            writing: "INITCAP",
            "The text in lower case but for the first letter of every word.",
            example: "INITCAP('the QUICK fox')" → "'The Quick Fox'"
        ) { (text: Text, out: inout ByteWriter) in
            writeInitCap(text.bytes, to: &out)
            return true
        },
        ScalarFunction(
            "LEN",
            "The length of a text in characters (UTF-16 units), or of BYTES.",
            example: "LEN('héllo')" → "5"
        ) {
            (text: Text) -> Int32? in Int32(truncatingIfNeeded: TextUnits.count(text.bytes))
        },
        ScalarFunction("LEN", "The number of bytes.") { (bytes: ByteRun) -> Int32? in
            Int32(truncatingIfNeeded: bytes.bytes.count)
        },
        ScalarFunction(writing: "TRIM", "The text without blanks at its ends.", example: "TRIM('  a b ')" → "'a b'") {
            (text: Text, out: inout ByteWriter) in
            out.append(TextReader.trimmed(text.bytes))
            return true
        },
        ScalarFunction(
            writing: "SUBSTRING",
            "The text from a position (from 1 on; negative from the end) to its end or for a length.",
            example: "SUBSTRING('stream', -3)" → "'eam'"
        ) { (text: Text, position: Int32, out: inout ByteWriter) in
            out.append(substring(text.bytes, Int(position), nil))
            return true
        },
        ScalarFunction(
            writing: "SUBSTRING",
            "The text from a position (from 1 on; negative from the end) to its end or for a length.",
            example: "SUBSTRING('stream', 2, 3)" → "'tre'"
        ) { (text: Text, position: Int32, length: Int32, out: inout ByteWriter) in
            out.append(substring(text.bytes, Int(position), Int(length)))
            return true
        },
        ScalarFunction(writing: "SUBSTRING", "The bytes from a position to the end.", returns: .bytes) {
            (bytes: ByteRun, position: Int32, out: inout ByteWriter) in
            out.append(bytes.bytes.part(partRange(bytes.bytes.count, Int(position), nil)))
            return true
        },
        ScalarFunction(writing: "SUBSTRING", "The bytes from a position for a length.", returns: .bytes) {
            (bytes: ByteRun, position: Int32, length: Int32, out: inout ByteWriter) in
            out.append(bytes.bytes.part(partRange(bytes.bytes.count, Int(position), Int(length))))
            return true
        },
        ScalarFunction(
            writing: "REPLACE",
            "The text with every occurrence of the second argument replaced by the third.",
            example: "REPLACE('banana', 'an', 'o')" → "'booa'"
        ) { (text: Text, old: Text, new: Text, out: inout ByteWriter) in
            writeReplaced(text.bytes, old.bytes, new.bytes, to: &out)
            return true
        },
        ScalarFunction("CHR", "The character of a code point; NULL when there is none.", example: "CHR(8364)" → "'€'") {
            (code: Int32) -> String? in
            UInt32(exactly: code).flatMap(Unicode.Scalar.init).map { String(Character($0)) }
        },
        ScalarFunction("CHR", "The characters of codes written as \\uXXXX.", example: "CHR('\\u004b')" → "'K'") {
            (codes: String) -> String? in textOfEscapes(codes)
        },
        ScalarFunction(
            writing: "MD5",
            "The MD5 checksum in hexadecimal.",
            example: "MD5('weir')" → "'57c6838eabf401f73f6dd50093408e33'"
        ) {
            (text: Text, out: inout ByteWriter) in
            for byte in MD5.digest(text.bytes) { out.append(hex: byte, upper: false) }
            return true
        },
    ]
}

/// Letters of an ASCII text from one range in the other case; other text by the rules of Unicode.
@inline(__always)
private func writeCased(
    _ text: UnsafeRawBufferPointer,
    to out: inout ByteWriter,
    from first: UInt8,
    through last: UInt8,
    _ other: (String) -> String
) {
    guard TextUnits.isASCII(text) else {
        out.append(other(String(decoding: text, as: UTF8.self)))
        return
    }
    let target = out.room(text.count)
    for index in 0..<text.count {
        let byte = text[index]
        target[index] = byte ^ (byte >= first && byte <= last ? 0x20 : 0)
    }
    out.advance(text.count)
}

private func writeInitCap(_ text: UnsafeRawBufferPointer, to out: inout ByteWriter) {
    var startsWord = true
    guard TextUnits.isASCII(text) else {
        for character in String(decoding: text, as: UTF8.self).lowercased() {
            out.append(startsWord ? character.uppercased() : String(character))
            startsWord = character.isWhitespace
        }
        return
    }
    let target = out.room(text.count)
    for index in 0..<text.count {
        let byte = text[index]
        let isUpper = byte >= 0x41 && byte <= 0x5A
        let isLower = byte >= 0x61 && byte <= 0x7A
        target[index] = byte ^ ((startsWord ? isLower : isUpper) ? 0x20 : 0)
        startsWord = byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
    }
    out.advance(text.count)
}

/// Where a part lies in `count` units: position from 1 on, negative from the end, cut to what is there.
func partRange(_ count: Int, _ position: Int, _ length: Int?) -> Range<Int> {
    let start = position < 0 ? max(count + position, 0) : max(min(position - 1, count), 0)
    guard let length else { return start..<count }
    return start..<max(min(start + length, count), start)
}

private func substring(_ text: UnsafeRawBufferPointer, _ position: Int, _ length: Int?) -> UnsafeRawBufferPointer {
    if TextUnits.isASCII(text) { return text.part(partRange(text.count, position, length)) }
    let units = partRange(TextUnits.count(text), position, length)
    let start = TextUnits.byteOffset(units.lowerBound, in: text)
    let rest = text.part(start..<text.count)
    return rest.part(0..<TextUnits.byteOffset(units.count, in: rest))
}

private func writeReplaced(
    _ text: UnsafeRawBufferPointer,
    _ old: UnsafeRawBufferPointer,
    _ new: UnsafeRawBufferPointer,
    to out: inout ByteWriter
) {
    if old.isEmpty {
        // An empty text stands before, between and behind all characters.
        var index = 0
        while index < text.count, !out.isFull {
            let length = TextUnits.characterLength(text, index)
            out.append(new)
            out.append(text.part(index..<index + length))
            index += length
        }
        out.append(new)
        return
    }
    var index = 0
    while !out.isFull, let hit = ByteSearch.first(old, in: text, from: index) {
        out.append(text.part(index..<hit))
        out.append(new)
        index = hit + old.count
    }
    out.append(text.part(index..<text.count))
}

/// The text of `\uXXXX` sequences, one after the other; nil for anything else.
private func textOfEscapes(_ text: String) -> String? {
    var units: [UInt16] = []
    var rest = text[...]
    while !rest.isEmpty {
        guard rest.hasPrefix("\\u"), rest.count >= 6, let unit = UInt16(rest.dropFirst(2).prefix(4), radix: 16) else {
            return nil
        }
        units.append(unit)
        rest = rest.dropFirst(6)
    }
    return units.isEmpty ? nil : String(decoding: units, as: UTF16.self)
}

extension ByteWriter {
    /// Appends a byte as two hexadecimal digits.
    mutating func append(hex byte: UInt8, upper: Bool) {
        let digits: StaticString = upper ? "0123456789ABCDEF" : "0123456789abcdef"
        append(digits.utf8Start[Int(byte >> 4)])
        append(digits.utf8Start[Int(byte & 15)])
    }
}
