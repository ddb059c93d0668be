import Values

extension ByteWriter {
    /// Appends a DOUBLE as Java writes it: `100.0`, `1.0E7` from 10^7 on, `1.0E-4` below 10^-3.
    public mutating func append(double value: Double) {
        advance(NumberText.write(value, to: room(NumberText.doubleRoom)))
    }

    /// Appends a DECIMAL in plain notation with all digits of its scale.
    public mutating func append(decimal unscaled: Int128, scale: Int) {
        advance(NumberText.write(unscaled: unscaled, scale: scale, to: room(NumberText.decimalRoom(scale: scale))))
    }

    /// Appends a DATE as `yyyy-MM-dd`.
    public mutating func append(date epochDay: Int) {
        let date = CivilDate(epochDay: epochDay)
        append(year: date.year)
        append(0x2D)
        append(Int64(date.month), width: 2)
        append(0x2D)
        append(Int64(date.day), width: 2)
    }

    /// ISO years beyond four digits carry a sign.
    private mutating func append(year: Int) {
        if year > 9999 { append(0x2B) }
        append(Int64(year), width: 4)
    }

    /// Appends a TIME as `HH:mm`, with seconds when they are not zero.
    public mutating func append(time milliseconds: Int) {
        let seconds = milliseconds / 1000
        append(Int64(seconds / 3600), width: 2)
        append(0x3A)
        append(Int64(seconds / 60 % 60), width: 2)
        guard seconds % 60 != 0 else { return }
        append(0x3A)
        append(Int64(seconds % 60), width: 2)
    }

    /// Appends a TIMESTAMP as `yyyy-MM-dd'T'HH:mm:ss.SSS` in UTC.
    public mutating func append(timestamp milliseconds: Int64) {
        let days = floorDivide(Int(milliseconds), millisecondsPerDay)
        let rest = floorModulo(Int(milliseconds), millisecondsPerDay)
        append(date: days)
        append(0x54)
        append(Int64(rest / 3_600_000), width: 2)
        append(0x3A)
        append(Int64(rest / 60_000 % 60), width: 2)
        append(0x3A)
        append(Int64(rest / 1000 % 60), width: 2)
        append(0x2E)
        append(Int64(rest % 1000), width: 3)
    }

    /// Appends row `row` of a column as CAST(… AS STRING) writes it; NULL as `null`.
    public mutating func append(rowOf column: Column, _ row: Int) {
        if column.isNull(row) {
            append("null" as StaticString)
            return
        }
        switch column.type {
        case .boolean: append(column.values(as: UInt8.self)[row] != 0 ? "true" : "false" as StaticString)
        case .integer: append(number: Int64(column.values(as: Int32.self)[row]))
        case .bigint: append(number: column.values(as: Int64.self)[row])
        case .double: append(double: column.values(as: Double.self)[row])
        case .decimal where column.type.isWideDecimal: append(column.decimal(row).description)
        case .decimal(_, let scale): append(decimal: column.values(as: Int128.self)[row], scale: scale)
        case .string: append(column.bytes(row))
        case .bytes: append(base64: column.bytes(row))
        case .time: append(time: Int(column.values(as: Int32.self)[row]))
        case .date: append(date: Int(column.values(as: Int32.self)[row]))
        case .timestamp: append(timestamp: column.values(as: Int64.self)[row])
        case .array: append(listOf: column, row, open: 0x5B, close: 0x5D)
        case .map: append(listOf: column, row, open: 0x7B, close: 0x7D)
        case .structure(let fields): append(structure: column, row, fields)
        }
    }

    private mutating func append(listOf column: Column, _ row: Int, open: UInt8, close: UInt8) {
        append(open)
        let range = Int(column.offsets[row])..<Int(column.offsets[row + 1])
        for index in range {
            if index > range.lowerBound { append(", " as StaticString) }
            append(rowOf: column.children[0], index)
            guard column.children.count == 2 else { continue }
            append(0x3D)
            append(rowOf: column.children[1], index)
        }
        append(close)
    }

    private mutating func append(structure column: Column, _ row: Int, _ fields: [StructField]) {
        append("Struct{" as StaticString)
        var first = true
        for (field, child) in zip(fields, column.children) where !child.isNull(row) {
            if !first { append(0x2C) }
            first = false
            append(field.name)
            append(0x3D)
            append(rowOf: child, row)
        }
        append(0x7D)
    }

    /// Appends bytes in base64 with padding.
    public mutating func append(base64 bytes: UnsafeRawBufferPointer) {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let digits = alphabet.utf8Start
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            let b0 = UInt32(bytes[index])
            let b1 = rest > 1 ? UInt32(bytes[index + 1]) : 0
            let b2 = rest > 2 ? UInt32(bytes[index + 2]) : 0
            let word = b0 << 16 | b1 << 8 | b2
            append(digits[Int(word >> 18)])
            append(digits[Int(word >> 12 & 63)])
            append(rest > 1 ? digits[Int(word >> 6 & 63)] : 0x3D)
            append(rest > 2 ? digits[Int(word & 63)] : 0x3D)
            index += 3
        }
    }
}

extension Value {
    /// The value as CAST(… AS STRING) writes it; `null` for NULL.
    public func text(_ type: SQLType) -> String {
        var writer = ByteWriter(capacity: 32)
        writer.append(rowOf: Column.of(type, [self]), 0)
        return writer.text
    }
}
