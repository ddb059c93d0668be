import Runtime
import Values

/// Decodes lines of separated values: first the places of all values of the run, then column by column.
final class DelimitedReader: FormatReader {
    private let fields: [Schema.Field]
    private let wanted: [Int]
    private let delimiter: UInt8

    init(_ fields: [Schema.Field], wanted: [Int], delimiter: UInt8) {
        self.fields = fields
        self.wanted = wanted
        self.delimiter = delimiter
    }

    func read(_ payloads: Column, bad: inout [BadPayload]) throws -> [Column] {
        let cells = DelimitedCells(rows: payloads.count, columns: fields.count)
        for row in 0..<payloads.count where !payloads.isNull(row) {
            if let reason = cells.split(payloads.bytes(row), row, delimiter) {
                cells.refuse(row)
                bad.append(BadPayload(row: row, field: nil, value: shownText(payloads.bytes(row)), reason: reason))
            }
        }
        let structural = bad.count
        var columns = wanted.map { column(payloads, cells, $0, &bad) }
        // Refused rows are NULL in the columns before the wrong one as well.
        if bad.count > structural { columns = wanted.map { column(payloads, cells, $0, &bad) } }
        bad.sort { $0.row < $1.row }
        return columns
    }

    private func column(
        _ payloads: Column,
        _ cells: DelimitedCells,
        _ index: Int,
        _ bad: inout [BadPayload]
    ) -> Column {
        let field = fields[index]
        let builder = ColumnBuilder(field.type, capacity: max(payloads.count, 1))
        var scratch: [UInt8] = []
        for row in 0..<payloads.count {
            let cell = cells[row, index]
            guard cell.length > 0, !payloads.isNull(row), !cells.isRefused(row) else {
                builder.appendNull()
                continue
            }
            var text = UnsafeRawBufferPointer(rebasing: payloads.bytes(row)[cell.start..<cell.start + cell.length])
            let isQuoted = cell.hasQuotes
            if isQuoted { DelimitedCells.unquote(text, into: &scratch) }
            let reason: String? = scratch.withUnsafeBytes { unquoted in
                if isQuoted { text = unquoted }
                return DelimitedValue.append(text, to: builder)
            }
            if let reason {
                bad.append(BadPayload(row: row, field: field.name, value: shownText(text), reason: reason))
                cells.refuse(row)
                builder.appendNull()
            }
        }
        return builder.finish()
    }
}

/// Where the values of a run of lines lie.
private final class DelimitedCells {
    struct Cell {
        /// Within the payload.
        var start = 0
        var length = 0
        /// True when quotes in it are doubled.
        var hasQuotes = false
    }

    private let columns: Int
    private let cells: UnsafeMutableBufferPointer<Cell>
    private let refused: Buffer

    init(rows: Int, columns: Int) {
        self.columns = columns
        cells = .allocate(capacity: rows * columns)
        cells.initialize(repeating: Cell())
        refused = Buffer.zeroed(capacity: rows)
    }

    deinit { cells.deallocate() }

    subscript(row: Int, column: Int) -> Cell { cells[row * columns + column] }

    func refuse(_ row: Int) { refused.base.storeBytes(of: 1, toByteOffset: row, as: UInt8.self) }

    func isRefused(_ row: Int) -> Bool { refused.base.load(fromByteOffset: row, as: UInt8.self) != 0 }

    /// Finds the values of the first line that is not empty; returns what is wrong with it.
    func split(_ line: UnsafeRawBufferPointer, _ row: Int, _ delimiter: UInt8) -> String? {
        var position = 0
        while position < line.count, isLineEnd(line[position]) { position += 1 }
        guard position < line.count else { return "the line is empty, expected \(columns) values" }
        var column = 0
        while true {
            var cell = Cell(start: position)
            if position < line.count, line[position] == UInt8(ascii: "\"") {
                guard let end = quotedEnd(line, &cell) else { return "a quoted value does not end" }
                position = end
                // White space may follow the closing quote.
                while position < line.count, line[position] != delimiter, line[position] == 32 || line[position] == 9 {
                    position += 1
                }
                guard position == line.count || line[position] == delimiter || isLineEnd(line[position]) else {
                    return "there is text between a closing quote and the next separator"
                }
            } else {
                while position < line.count, line[position] != delimiter, !isLineEnd(line[position]) { position += 1 }
                cell.length = position - cell.start
            }
            if column < columns { cells[row * columns + column] = cell }
            column += 1
            guard position < line.count, line[position] == delimiter else { break }
            position += 1
        }
        return column == columns ? nil : "expected \(columns) values, found \(column)"
    }

    private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    /// Sets the place of the text within quotes; returns the position behind the closing one.
    private func quotedEnd(_ line: UnsafeRawBufferPointer, _ cell: inout Cell) -> Int? {
        cell.start += 1
        var position = cell.start
        while position < line.count {
            guard line[position] == UInt8(ascii: "\"") else {
                position += 1
                continue
            }
            guard position + 1 < line.count, line[position + 1] == UInt8(ascii: "\"") else {
                cell.length = position - cell.start
                return position + 1
            }
            cell.hasQuotes = true
            position += 2
        }
        return nil
    }

    /// Replaces doubled quotes by single ones.
    static func unquote(_ text: UnsafeRawBufferPointer, into scratch: inout [UInt8]) {
        scratch.removeAll(keepingCapacity: true)
        var position = 0
        while position < text.count {
            scratch.append(text[position])
            position += text[position] == UInt8(ascii: "\"") ? 2 : 1
        }
    }
}
