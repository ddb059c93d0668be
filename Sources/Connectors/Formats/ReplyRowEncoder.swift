import Values

/// Rows of batches as reply lines for a client; used by one thread.
///
/// JSON: `[42,"x",null]`, a deletion `![42]`. The others: `=42,x,`, a deletion `!=42,,`. Decimals are strings unless
/// asked otherwise, NaN and infinities strings, BYTES base64, times ISO 8601 in UTC. Control characters are always
/// escaped, so that a row is one line.
public final class ReplyRowEncoder {
    /// How the values of a row are set side by side.
    public enum Shape: String, CaseIterable, Sendable {
        /// A JSON array.
        case json
        /// Commas; text in quotes where it needs them, NULL is nothing, an empty text `""`.
        case csv
        /// Tabs; backslash escapes, NULL is `\N`.
        case tsv
        /// Padded columns for people.
        case table
    }

    private let shape: Shape
    private let speller: ColumnSpeller
    private let prefix: [UInt8]
    private let keyColumns: [Int]
    private var table: ReplyTable

    /// An encoder for rows of these types.
    ///
    /// - Parameters:
    ///   - decimalsAsNumbers: DECIMAL as JSON numbers instead of strings.
    ///   - prefix: bytes in front of every line, such as `@tag `.
    ///   - keyColumns: the columns that a deleted row shows in JSON; none: all columns.
    public init(
        _ types: [SQLType],
        _ shape: Shape = .json,
        decimalsAsNumbers: Bool = false,
        prefix: [UInt8] = [],
        keyColumns: [Int] = []
    ) {
        self.shape = shape
        self.prefix = prefix
        self.keyColumns = keyColumns
        let dialect: Dialect = decimalsAsNumbers ? .replyWithDecimalNumbers : .reply
        speller = ColumnSpeller(types, dialect) { $0 == 0 ? [] : [UInt8(ascii: ",")] }
        table = ReplyTable(types)
    }

    /// Appends rows `rows` of a batch, a line each.
    public func append(_ batch: Batch, rows: Range<Int>, to out: inout ByteArena) {
        append(batch.columns, rows: rows, deleted: batch.deleted, to: &out)
    }

    /// Appends rows `rows` of some columns, a line each; `deleted` has a byte a row, not zero for a deletion.
    public func append(_ columns: [Column], rows: Range<Int>, deleted: Buffer? = nil, to out: inout ByteArena) {
        speller.bind(columns)
        let flags = deleted.map { UnsafePointer($0.base.assumingMemoryBound(to: UInt8.self)) }
        switch shape {
        case .json: appendArrays(rows, flags, to: &out)
        case .csv, .tsv: appendSeparated(rows, flags, to: &out)
        case .table:
            table.append(speller, rows, flags, prefix, to: &out)
        }
        withExtendedLifetime((columns, deleted)) {}
    }

    /// All rows of a batch as lines.
    public func lines(_ batch: Batch) -> [UInt8] {
        var arena = ByteArena(capacity: batch.count * 64)
        append(batch, rows: 0..<batch.count, to: &arena)
        return [UInt8](arena.bytes)
    }

    private func appendArrays(_ rows: Range<Int>, _ deleted: UnsafePointer<UInt8>?, to out: inout ByteArena) {
        let columnCount = speller.roots.count
        for row in rows {
            if !prefix.isEmpty { prefix.withUnsafeBytes { out.append($0) } }
            if let deleted, deleted[row] != 0 {
                out.append(UInt8(ascii: "!"))
                if !keyColumns.isEmpty {
                    appendKey(row, to: &out)
                    continue
                }
            }
            out.append(UInt8(ascii: "["))
            if var column = speller.spelled {
                for _ in 0..<columnCount {
                    JSONValueText.appendShort(column.pointee.prefix, column.pointee.prefixLength, to: &out)
                    JSONValueText.append(column, row, to: &out)
                    column += column.pointee.subtreeCount
                }
            }
            out.append("]\n")
        }
    }

    private func appendKey(_ row: Int, to out: inout ByteArena) {
        guard let columns = speller.spelled else { return }
        out.append(UInt8(ascii: "["))
        for (place, column) in keyColumns.enumerated() {
            if place > 0 { out.append(UInt8(ascii: ",")) }
            JSONValueText.append(columns + speller.roots[column], row, to: &out)
        }
        out.append("]\n")
    }

    private func appendSeparated(_ rows: Range<Int>, _ deleted: UnsafePointer<UInt8>?, to out: inout ByteArena) {
        let separator = UInt8(ascii: shape == .csv ? "," : "\t")
        for row in rows {
            if !prefix.isEmpty { prefix.withUnsafeBytes { out.append($0) } }
            if let deleted, deleted[row] != 0 { out.append(UInt8(ascii: "!")) }
            out.append(UInt8(ascii: "="))
            for (place, root) in speller.roots.enumerated() {
                if place > 0 { out.append(separator) }
                guard let column = speller.spelled.map({ $0 + root }) else { continue }
                if column.pointee.isNull(row) {
                    if shape == .tsv { out.append("\\N") }
                    continue
                }
                let start = out.count
                PlainText.append(column, row, to: &out)
                ReplyText.escape(&out, from: start, backslashes: shape == .tsv)
                if shape == .csv, ReplyText.needsQuotes(out.bytes(from: start)) { out.quote(from: start) }
            }
            out.append(UInt8(ascii: "\n"))
        }
    }
}

/// What keeps text on one line and in its column.
enum ReplyText {
    /// Replaces control characters behind the first `start` bytes by JSON's escapes, and doubles backslashes on request.
    static func escape(_ out: inout ByteArena, from start: Int, backslashes: Bool) {
        let text = out.bytes(from: start)
        guard text.contains(where: { isEscaped($0, backslashes) }) else { return }
        let copy = [UInt8](text)
        out.truncate(to: start)
        for byte in copy {
            guard isEscaped(byte, backslashes) else {
                out.append(byte)
                continue
            }
            out.append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\\"): out.append(byte)
            case 0x09: out.append(UInt8(ascii: "t"))
            case 0x0A: out.append(UInt8(ascii: "n"))
            case 0x0D: out.append(UInt8(ascii: "r"))
            default:
                out.append("u00")
                out.append(hexadecimal(byte >> 4))
                out.append(hexadecimal(byte & 15))
            }
        }
    }

    /// True for an empty text, which NULL is not, and where a reader of csv would stumble.
    static func needsQuotes(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let first = text.first, let last = text.last else { return true }
        if first == 0x20 || last == 0x20 { return true }
        return text.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }
    }

    private static func isEscaped(_ byte: UInt8, _ backslashes: Bool) -> Bool {
        byte < 0x20 || byte == 0x7F || (backslashes && byte == UInt8(ascii: "\\"))
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? digit + 0x30 : digit + 0x57 }
}
