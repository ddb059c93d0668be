import Runtime
import Values

/// Encodes columns as JSON objects with every column as a member, or as bare values; compact, in the order of columns.
final class JSONWriter: FormatWriter {
    private let speller: ColumnSpeller
    private let isWrapped: Bool
    /// Bytes of a payload so far, to size the next arena.
    private var expectedPerRow = 64

    init(_ fields: [Schema.Field], isWrapped: Bool) {
        self.isWrapped = isWrapped
        speller = ColumnSpeller(fields.map(\.type), .topic) { index in
            isWrapped ? ColumnSpeller.memberPrefix(index == 0 ? "{" : ",", fields[index].name) : []
        }
    }

    func write(_ columns: [Column], count: Int, absent: Buffer?, bad: inout [BadPayload]) throws -> Column {
        let offsetBuffer = Buffer(capacity: (count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        var arena = ByteArena(capacity: count * expectedPerRow + 256)
        offsets[0] = 0
        speller.bind(columns)
        var validity = absentRows(absent, count)
        if isWrapped {
            let flags = absent.map { UnsafePointer($0.base.assumingMemoryBound(to: UInt8.self)) }
            JSONWriter.writeObjects(speller, count, flags, offsets, &arena)
        } else {
            // A bare NULL is no payload at all.
            validity = Bitmap.and(validity, columns[0].validity, count: count)
            let words = validity.map { UnsafePointer($0.base.assumingMemoryBound(to: UInt64.self)) }
            JSONWriter.writeBare(speller, count, words, offsets, &arena)
        }
        withExtendedLifetime(columns) {}
        // A batch has 4096 rows at the most, a record a few MiB: this guards the offsets, nobody should see it.
        guard arena.count <= Int(Int32.max) else {
            throw FormatError("\(count) rows make more than 2 GiB of JSON")
        }
        if count > 0 { expectedPerRow = arena.count / count + arena.count / count / 8 + 16 }
        return Column(type: .bytes, count: count, validity: validity, data: arena.finish(), offsets: offsetBuffer)
    }

    private static func writeObjects(
        _ speller: ColumnSpeller,
        _ count: Int,
        _ absent: UnsafePointer<UInt8>?,
        _ offsets: UnsafeMutablePointer<Int32>,
        _ arena: inout ByteArena
    ) {
        let columnCount = speller.roots.count
        guard let columns = speller.spelled, columnCount > 0 else {
            for row in 0..<count {
                if absent.map({ $0[row] == 0 }) ?? true { arena.append("{}") }
                offsets[row + 1] = Int32(truncatingIfNeeded: arena.count)
            }
            return
        }
        for row in 0..<count {
            if absent == nil || absent.unsafelyUnwrapped[row] == 0 {
                var column = columns
                for _ in 0..<columnCount {
                    JSONValueText.appendShort(column.pointee.prefix, column.pointee.prefixLength, to: &arena)
                    JSONValueText.append(column, row, to: &arena)
                    column += column.pointee.subtreeCount
                }
                arena.append(UInt8(ascii: "}"))
            }
            offsets[row + 1] = Int32(truncatingIfNeeded: arena.count)
        }
    }

    private static func writeBare(
        _ speller: ColumnSpeller,
        _ count: Int,
        _ validity: UnsafePointer<UInt64>?,
        _ offsets: UnsafeMutablePointer<Int32>,
        _ arena: inout ByteArena
    ) {
        guard let column = speller.spelled else { return }
        for row in 0..<count {
            if validity == nil || Bitmap.get(validity.unsafelyUnwrapped, row) {
                JSONValueText.append(column, row, to: &arena)
            }
            offsets[row + 1] = Int32(truncatingIfNeeded: arena.count)
        }
    }
}

/// The validity bitmap that has the absent rows clear; nil when there are none.
func absentRows(_ absent: Buffer?, _ count: Int) -> Buffer? {
    guard let absent else { return nil }
    let flags = absent.base.assumingMemoryBound(to: UInt8.self)
    let bitmap = Bitmap.buffer(count, allSet: true)
    let words = bitmap.base.assumingMemoryBound(to: UInt64.self)
    var found = false
    for row in 0..<count where flags[row] != 0 {
        Bitmap.clear(words, row)
        found = true
    }
    return found ? bitmap : nil
}
