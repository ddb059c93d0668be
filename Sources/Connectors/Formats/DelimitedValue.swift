import CSimdJSON
import Functions
import Values

/// Reads one value of the DELIMITED format from its text, as Java's parsers do.
enum DelimitedValue {
    /// Appends the value; returns the reason, and appends nothing, where the text, which is not empty, is none.
    static func append(_ text: UnsafeRawBufferPointer, to builder: ColumnBuilder) -> String? {
        switch builder.type {
        case .string: return appendText(text, builder)
        case .boolean:
            builder.append(boolean: isTrue(text))
            return nil
        case .integer: return append32(text, Int64(Int32.min)...Int64(Int32.max), builder)
        case .date: return append32(text, Int64(Int32.min)...Int64(Int32.max), builder, iso: TimeReader.date)
        case .time: return append32(text, 0...86_400_000, builder, iso: TimeReader.time)
        case .bigint:
            guard let number = integer(text) else { return reason(text, builder.type) }
            builder.append(number)
            return nil
        case .timestamp:
            guard let number = integer(text) ?? TimeReader.timestamp(text) else { return reason(text, builder.type) }
            builder.append(number)
            return nil
        case .double:
            var number = 0.0
            guard let base = text.baseAddress,
                weir_parse_double(base.assumingMemoryBound(to: UInt8.self), text.count, &number)
            else { return "the text is not a number, expected DOUBLE" }
            builder.append(number)
            return nil
        case .decimal(let precision, let scale): return appendDecimal(text, precision, scale, builder)
        case .bytes: return appendBytes(text, builder)
        case .array, .map, .structure: return "DELIMITED holds no nested values"
        }
    }

    /// The integer that the text spells with digits and a sign; nil for other text and beyond 64 bits.
    static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
        var position = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative || text.first == UInt8(ascii: "+") { position = 1 }
        guard position < text.count else { return nil }
        // Negative all along, as the smallest number has no positive counterpart.
        var value: Int64 = 0
        while position < text.count {
            let digit = text[position] &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (difference, borrow) = product.subtractingReportingOverflow(Int64(digit))
            if overflow || borrow { return nil }
            value = difference
            position += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// - Parameter iso: reads what is no number.
    private static func append32(
        _ text: UnsafeRawBufferPointer,
        _ bounds: ClosedRange<Int64>,
        _ builder: ColumnBuilder,
        iso: (UnsafeRawBufferPointer) -> Int32? = { _ in nil }
    ) -> String? {
        guard let number = integer(text) ?? iso(text).map(Int64.init), bounds.contains(number) else {
            return reason(text, builder.type)
        }
        builder.append(Int32(truncatingIfNeeded: number))
        return nil
    }

    private static func reason(_ text: UnsafeRawBufferPointer, _ type: SQLType) -> String {
        let digits = text.dropFirst(text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") ? 1 : 0)
        let isNumber = !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
        if isNumber { return "the number does not fit \(type)" }
        switch type {
        case .date, .time, .timestamp: return "the text is neither a number nor ISO 8601, expected \(type)"
        default: return "the text is not a number, expected \(type)"
        }
    }

    private static func isTrue(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == 4 else { return false }
        return zip(text, "true".utf8).allSatisfy { $0 | 0x20 == $1 }
    }

    private static func appendText(_ text: UnsafeRawBufferPointer, _ builder: ColumnBuilder) -> String? {
        if isASCII(text) || isUTF8(text) {
            builder.append(bytes: text)
        } else {
            builder.append(string: String(decoding: text, as: UTF8.self))
        }
        return nil
    }

    private static func appendDecimal(
        _ text: UnsafeRawBufferPointer,
        _ precision: Int,
        _ scale: Int,
        _ builder: ColumnBuilder
    ) -> String? {
        guard let number = Decimal.parse(text) else { return "the text is not a number, expected \(builder.type)" }
        guard let fitted = number.fitted(precision: precision, scale: scale) else {
            return "the number does not fit \(builder.type)"
        }
        // Nothing may be rounded away.
        guard number.scale <= scale || fitted.rescaled(to: number.scale) == number else {
            return "the number has more digits behind the point than \(builder.type)"
        }
        builder.append(unscaled: fitted.unscaled)
        return nil
    }

    private static func appendBytes(_ text: UnsafeRawBufferPointer, _ builder: ColumnBuilder) -> String? {
        withUnsafeTemporaryAllocation(byteCount: text.count, alignment: 1) { room in
            guard let source = text.baseAddress, let target = room.baseAddress else { return "the text is not base64" }
            let length = weir_base64_decode(
                source.assumingMemoryBound(to: UInt8.self),
                text.count,
                target.assumingMemoryBound(to: UInt8.self)
            )
            guard length >= 0 else { return "the text is not base64, expected BYTES" }
            builder.append(bytes: UnsafeRawBufferPointer(rebasing: room[..<Int(length)]))
            return nil
        }
    }
}
