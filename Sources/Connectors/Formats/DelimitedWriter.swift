import Runtime
import Values

/// Encodes columns as lines of separated values, without a line end.
///
/// NULL is nothing between the separators; a row whose only column is NULL has no payload. Text is quoted where it holds
/// the separator, a quote or a line end, begins with a character up to `#` or ends with one up to the space; the first
/// value also where it does not begin with an ASCII letter or digit, or is an empty text.
final class DelimitedWriter: FormatWriter {
    private let speller: ColumnSpeller
    private let delimiter: UInt8
    private var expectedPerRow = 32

    init(_ fields: [Schema.Field], delimiter: UInt8) {
        self.delimiter = delimiter
        speller = ColumnSpeller(fields.map(\.type), .topic) { _ in [] }
    }

    func write(_ columns: [Column], count: Int, absent: Buffer?, bad: inout [BadPayload]) throws -> Column {
        let offsetBuffer = Buffer(capacity: (count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        var arena = ByteArena(capacity: count * expectedPerRow + 256)
        var validity = absentRows(absent, count)
        if columns.count == 1 { validity = Bitmap.and(validity, columns[0].validity, count: count) }
        let words = validity?.base.assumingMemoryBound(to: UInt64.self)
        speller.bind(columns)
        offsets[0] = 0
        for row in 0..<count {
            if let spelled = speller.spelled, words == nil || Bitmap.get(words.unsafelyUnwrapped, row) {
                for index in 0..<columns.count {
                    if index > 0 { arena.append(delimiter) }
                    if spelled[index].isNull(row) { continue }
                    let start = arena.count
                    PlainText.append(spelled + index, row, to: &arena)
                    let isFirst = index == 0
                    if Quoting.isNeeded(arena.bytes(from: start), delimiter, isFirst: isFirst) {
                        arena.quote(from: start)
                    }
                }
            }
            offsets[row + 1] = Int32(truncatingIfNeeded: arena.count)
        }
        withExtendedLifetime(columns) {}
        // A batch has 4096 rows at the most, a record a few MiB: this guards the offsets, nobody should see it.
        guard arena.count <= Int(Int32.max) else { throw FormatError("\(count) rows make more than 2 GiB of text") }
        if count > 0 { expectedPerRow = arena.count / count + arena.count / count / 8 + 16 }
        return Column(type: .bytes, count: count, validity: validity, data: arena.finish(), offsets: offsetBuffer)
    }
}

/// When text between separators needs quotes.
enum Quoting {
    static func isNeeded(_ text: UnsafeRawBufferPointer, _ delimiter: UInt8, isFirst: Bool) -> Bool {
        guard let first = text.first, let last = text.last else { return isFirst }
        if isFirst, !isLetterOrDigit(first) { return true }
        if first <= UInt8(ascii: "#") || last <= UInt8(ascii: " ") { return true }
        return text.contains { byte in
            byte == delimiter || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

extension ByteArena {
    /// The bytes behind the first `start`; valid until the next change.
    borrowing func bytes(from start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start...])
    }

    /// Puts what lies behind the first `start` bytes in quotes and doubles those in it.
    mutating func quote(from start: Int) {
        let length = count - start
        var quotes = 0
        for byte in bytes(from: start) where byte == UInt8(ascii: "\"") { quotes += 1 }
        reserve(quotes + 2)
        let base = end - length
        var source = length
        var target = length + quotes + 1
        base.storeBytes(of: UInt8(ascii: "\""), toByteOffset: target, as: UInt8.self)
        // From the end on, so that nothing is overwritten before it is moved.
        while source > 0 {
            source -= 1
            target -= 1
            let byte = base.load(fromByteOffset: source, as: UInt8.self)
            base.storeBytes(of: byte, toByteOffset: target, as: UInt8.self)
            if byte == UInt8(ascii: "\"") {
                target -= 1
                base.storeBytes(of: byte, toByteOffset: target, as: UInt8.self)
            }
        }
        base.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        advance(quotes + 2)
    }
}
