extension Decimal: CustomStringConvertible {
    /// Plain notation with all digits of the scale, such as `-0.050`.
    public var description: String {
        var arena = ByteArena(capacity: 64)
        arena.append(self)
        return String(decoding: arena.bytes, as: UTF8.self)
    }

    /// Reads plain or scientific notation exactly; nil for anything else and for more digits than a DECIMAL may have.
    public init?(_ text: String) {
        var copy = text
        let parsed = copy.withUTF8 { Decimal.parse(UnsafeRawBufferPointer($0)) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Reads plain or scientific notation from UTF-8 bytes exactly; nil for anything else and for more digits than a
    /// DECIMAL may have.
    public static func parse(_ bytes: UnsafeRawBufferPointer) -> Decimal? {
        var index = 0
        var isNegative = false
        if index < bytes.count, bytes[index] == 0x2D || bytes[index] == 0x2B {
            isNegative = bytes[index] == 0x2D
            index += 1
        }
        let start = index
        var narrow: Int128 = 0
        var scale = 0
        var digits = 0
        var isWide = false
        var seenPoint = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x2E, !seenPoint {
                seenPoint = true
            } else if byte >= 0x30, byte <= 0x39 {
                let (product, overflow) = narrow.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(Int128(byte - 0x30))
                if overflow || carry { isWide = true } else if !isWide { narrow = sum }
                digits += 1
                if seenPoint { scale += 1 }
            } else {
                break
            }
            index += 1
        }
        guard digits > 0 else { return nil }
        let mantissa = bytes[start..<index]
        if index < bytes.count {
            guard bytes[index] | 0x20 == 0x65, let exponent = parseExponent(bytes, from: index + 1) else { return nil }
            scale -= exponent
        }
        guard scale <= SQLType.decimalPrecisionMax, digits - min(scale, 0) <= 2 * SQLType.decimalPrecisionMax else {
            return nil
        }
        var unscaled = BigInteger(isNegative ? -narrow : narrow)
        if isWide { unscaled = BigInteger(isNegative: isNegative, digits: mantissa.lazy.filter { $0 != 0x2E }) }
        if scale >= 0 { return Decimal(unscaled: unscaled, scale: scale) }
        return Decimal(unscaled: unscaled.signum == 0 ? unscaled : unscaled * .powerOfTen(-scale), scale: 0)
    }

    private static func parseExponent(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let text = String(decoding: bytes[start...], as: UTF8.self)
        guard let exponent = Int(text), exponent.magnitude <= 2 * SQLType.decimalPrecisionMax else { return nil }
        return exponent
    }
}

extension ByteArena {
    /// Appends a decimal in plain notation.
    public mutating func append(_ decimal: Decimal) {
        if let narrow = decimal.unscaled.narrow {
            append(unscaled: narrow, scale: decimal.scale)
        } else {
            appendPlain(decimal.unscaled, decimal.unscaled.digits, scale: decimal.scale)
        }
    }

    /// Appends a decimal as Java's `BigDecimal.toString` has it: plain, or scientific when very small, like `0E-7`.
    public mutating func append(scientific decimal: Decimal) {
        let scale = decimal.scale
        if let narrow = decimal.unscaled.narrow {
            reserve(NumberText.decimalRoom(scale: scale))
            advance(NumberText.writeScientific(unscaled: narrow, scale: scale, to: end))
            return
        }
        let digits = decimal.unscaled.digits
        let exponent = digits.count - 1 - scale
        guard exponent < -6 else { return appendPlain(decimal.unscaled, digits, scale: scale) }
        if decimal.unscaled.isNegative { append(UInt8(ascii: "-")) }
        append(digits[0])
        append(UInt8(ascii: "."))
        append(digits[1...])
        append(UInt8(ascii: "E"))
        append(integer: Int64(exponent))
    }

    private mutating func appendPlain(_ unscaled: BigInteger, _ digits: [UInt8], scale: Int) {
        if unscaled.isNegative { append(UInt8(ascii: "-")) }
        let whole = digits.count - scale
        if whole > 0 { append(digits[..<whole]) } else { append(UInt8(ascii: "0")) }
        guard scale > 0 else { return }
        append(UInt8(ascii: "."))
        for _ in 0..<max(-whole, 0) { append(UInt8(ascii: "0")) }
        append(digits[max(whole, 0)...])
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { append($0) }
    }
}
