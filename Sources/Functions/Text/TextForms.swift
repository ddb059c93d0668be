import Values

extension ByteWriter {
    /// Appends a DOUBLE as Java writes it: `100.0`, `1.0E7` from 10^7 on, `1.0E-4` below 10^-3.
    public mutating func append(double value: Double) {
        guard value.isFinite else {
            append(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity" as StaticString)
            return
        }
        if value.sign == .minus { append(0x2D) }
        let magnitude = value.magnitude
        if magnitude == 0 {
            append("0.0" as StaticString)
        } else if magnitude < 1e7, magnitude == magnitude.rounded(.towardZero) {
            append(Int64(magnitude))
            append(".0" as StaticString)
        } else {
            append(shortest: magnitude)
        }
    }

    /// Appends the shortest digits that read back as `magnitude`, which Swift's description has in another layout.
    private mutating func append(shortest magnitude: Double) {
        var description = magnitude.description
        description.withUTF8 { source in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: source.count) { digits in
                var count = 0
                var point = -1
                var exponent = 0
                var index = 0
                while index < source.count, source[index] | 0x20 != 0x65 {
                    if source[index] == 0x2E {
                        point = count
                    } else if count > 0 || source[index] != 0x30 {
                        digits[count] = source[index]
                        count += 1
                    } else if point >= 0 {
                        // A zero between the point and the first digit.
                        exponent -= 1
                    }
                    index += 1
                }
                if index < source.count {
                    exponent += Int(String(decoding: source[(index + 1)...], as: UTF8.self)) ?? 0
                }
                if point < 0 { point = count }
                while count > 1, digits[count - 1] == 0x30 { count -= 1 }
                let all = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[..<count])
                append(digits: all, exponent: point + exponent - 1)
            }
        }
    }

    /// Appends digits with the point behind the first, times ten to the power of `exponent`.
    private mutating func append(digits: UnsafeRawBufferPointer, exponent: Int) {
        let count = digits.count
        if exponent >= 7 || exponent < -3 {
            append(digits[0])
            append(0x2E)
            if count == 1 { append(0x30) } else { append(UnsafeRawBufferPointer(rebasing: digits[1...])) }
            append(0x45)
            append(Int64(exponent))
        } else if exponent < 0 {
            append("0." as StaticString)
            for _ in 1..<(-exponent) { append(0x30) }
            append(digits)
        } else {
            for index in 0...exponent { append(index < count ? digits[index] : 0x30) }
            append(0x2E)
            if count <= exponent + 1 {
                append(0x30)
            } else {
                append(UnsafeRawBufferPointer(rebasing: digits[(exponent + 1)...]))
            }
        }
    }

    /// Appends a DECIMAL in plain notation with all digits of its scale.
    public mutating func append(decimal unscaled: Int128, scale: Int) {
        let magnitude = unscaled.magnitude
        guard magnitude <= UInt128(UInt64.max), scale <= 18 else {
            append(Decimal(unscaled: unscaled, scale: scale).description)
            return
        }
        if unscaled < 0 { append(0x2D) }
        let small = UInt64(truncatingIfNeeded: magnitude)
        guard scale > 0 else {
            append(magnitude: small, negative: false, width: 1)
            return
        }
        let divisor = UInt64(truncatingIfNeeded: Decimal.powerOfTen(scale) ?? 1)
        append(magnitude: small / divisor, negative: false, width: 1)
        append(0x2E)
        append(magnitude: small % divisor, negative: false, width: scale)
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
        case .integer: append(Int64(column.values(as: Int32.self)[row]))
        case .bigint: append(column.values(as: Int64.self)[row])
        case .double: append(double: column.values(as: Double.self)[row])
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
