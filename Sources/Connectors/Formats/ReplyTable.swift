import Values

/// Rows as padded columns for people.
///
/// A column is as wide as its widest value so far; numbers stand at the right. Rows that were sent are not sent again,
/// so columns of a result that goes on may widen.
struct ReplyTable {
    private let isNumber: [Bool]
    private var widths: [Int]

    init(_ types: [SQLType]) {
        isNumber = types.map(\.isNumeric)
        widths = types.map { _ in 4 }
    }

    mutating func append(
        _ speller: ColumnSpeller,
        _ rows: Range<Int>,
        _ deleted: UnsafePointer<UInt8>?,
        _ prefix: [UInt8],
        to out: inout ByteArena
    ) {
        guard let columns = speller.spelled else { return }
        // All cells of these rows first, as the widest decides.
        var cells = ByteArena(capacity: rows.count * 32)
        var ends: [Int] = []
        for row in rows {
            for (place, root) in speller.roots.enumerated() {
                let start = cells.count
                if columns[root].isNull(row) {
                    cells.append("NULL")
                } else {
                    PlainText.append(columns + root, row, to: &cells)
                    ReplyText.escape(&cells, from: start, backslashes: false)
                }
                ends.append(cells.count)
                widths[place] = max(widths[place], ReplyTable.width(cells.bytes(from: start)))
            }
        }
        var cell = 0
        var start = 0
        for row in rows {
            prefix.withUnsafeBytes { out.append($0) }
            if let deleted, deleted[row] != 0 { out.append(UInt8(ascii: "!")) }
            out.append(UInt8(ascii: "="))
            for place in widths.indices {
                if place > 0 { out.append("  ") }
                let text = UnsafeRawBufferPointer(rebasing: cells.bytes[start..<ends[cell]])
                let padding = widths[place] - ReplyTable.width(text)
                if isNumber[place] { ReplyTable.pad(padding, &out) }
                out.append(text)
                if !isNumber[place], place < widths.count - 1 { ReplyTable.pad(padding, &out) }
                start = ends[cell]
                cell += 1
            }
            out.append(UInt8(ascii: "\n"))
        }
    }

    private static func pad(_ count: Int, _ out: inout ByteArena) {
        for _ in 0..<max(count, 0) { out.append(UInt8(ascii: " ")) }
    }

    /// Characters, as far as UTF-8's leading bytes tell.
    private static func width(_ text: UnsafeRawBufferPointer) -> Int {
        text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
    }
}
