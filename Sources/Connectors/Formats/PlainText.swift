import Values

/// Writes single values of spelled columns as text without quotes, for DELIMITED, csv and tsv.
enum PlainText {
    /// Appends a value that is not NULL; nested values as JSON.
    static func append(_ columns: UnsafePointer<SpelledColumn>, _ row: Int, to out: inout ByteArena) {
        switch columns.pointee.spelling {
        case .int64: out.append(integer: columns.pointee.load(row, as: Int64.self))
        case .int32: out.append(integer: Int64(columns.pointee.load(row, as: Int32.self)))
        case .string: out.append(columns.pointee.bytes(row))
        case .boolean:
            if columns.pointee.load(row, as: UInt8.self) != 0 { out.append("true") } else { out.append("false") }
        case .double: out.append(double: columns.pointee.load(row, as: Double.self))
        case .decimalNumber, .decimalText:
            if columns.pointee.isWide { return out.append(columns.pointee.wideDecimal(row)) }
            out.append(unscaled: columns.pointee.load(row, as: Int128.self), scale: columns.pointee.scale)
        case .base64: Base64.append(columns.pointee.bytes(row), to: &out)
        case .isoDate, .isoTime, .isoTimestamp: JSONValueText.appendTime(columns.pointee, row, to: &out)
        case .list, .map, .structure: JSONValueText.append(columns, row, to: &out)
        }
    }
}

extension SpelledColumn {
    /// A DECIMAL of more than 38 digits.
    func wideDecimal(_ row: Int) -> Decimal { Decimal(unscaled: BigInteger(orderedBytes: bytes(row)), scale: scale) }

    /// The bytes of a value that has some.
    func bytes(_ row: Int) -> UnsafeRawBufferPointer {
        let offsets = offsets.unsafelyUnwrapped
        let start = Int(offsets[row])
        return UnsafeRawBufferPointer(start: values.unsafelyUnwrapped + start, count: Int(offsets[row + 1]) - start)
    }
}
