import Glibc
import Values

/// Reads SQL values from text as CAST does; nil for what is not such a value.
public enum TextReader {
    /// An INTEGER with an optional sign; surrounding blanks are skipped.
    public static func integer(_ text: UnsafeRawBufferPointer) -> Int32? { bigint(text).flatMap(Int32.init(exactly:)) }

    /// A BIGINT with an optional sign; surrounding blanks are skipped.
    public static func bigint(_ text: UnsafeRawBufferPointer) -> Int64? {
        let digits = trimmed(text)
        var index = 0
        let isNegative = digits.first == 0x2D
        if isNegative || digits.first == 0x2B { index = 1 }
        guard index < digits.count else { return nil }
        var value: Int64 = 0
        while index < digits.count {
            let digit = digits[index] &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let step = Int64(digit)
            // Counted downwards from the start for negative numbers, whose range is wider by one.
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(step) : product.addingReportingOverflow(step)
            if overflow || carry { return nil }
            value = sum
            index += 1
        }
        return value
    }

    /// A finite DOUBLE; surrounding blanks are skipped.
    public static func double(_ text: UnsafeRawBufferPointer) -> Double? {
        let digits = trimmed(text)
        let isPlain = digits.allSatisfy { byte in
            (0x30...0x39).contains(byte) || byte == 0x2B || byte == 0x2D || byte == 0x2E || byte | 0x20 == 0x65
        }
        guard !digits.isEmpty, isPlain else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: digits.count + 1) { buffer -> Double? in
            guard let base = buffer.baseAddress else { return nil }
            for index in 0..<digits.count { base[index] = CChar(bitPattern: digits[index]) }
            base[digits.count] = 0
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(base, &end)
            return end == base + digits.count && value.isFinite ? value : nil
        }
    }

    /// A DECIMAL; surrounding blanks are skipped.
    public static func decimal(_ text: UnsafeRawBufferPointer) -> Decimal? {
        Decimal.parse(trimmed(text))
    }

    /// True for a prefix of `true` or `yes` in any case that is not empty; false for anything else.
    public static func boolean(_ text: UnsafeRawBufferPointer) -> Bool {
        let word = trimmed(text)
        guard !word.isEmpty else { return false }
        let isPrefix = { (whole: StaticString) in
            word.count <= whole.utf8CodeUnitCount
                && word.enumerated().allSatisfy { $1 | 0x20 == whole.utf8Start[$0] }
        }
        return isPrefix("true") || isPrefix("yes")
    }

    /// Bytes from base64 with or without padding.
    public static func base64(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var bits = 0
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == 0x3D { end -= 1 }
        for byte in text[..<end] {
            guard let digit = base64Digit(byte) else { return nil }
            word = word << 6 | digit
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
            }
        }
        return bits == 6 ? nil : bytes
    }

    private static func base64Digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte - 0x41)
        case 0x61...0x7A: UInt32(byte - 0x61 + 26)
        case 0x30...0x39: UInt32(byte - 0x30 + 52)
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }

    /// The text without blanks and control characters at its ends.
    static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = text.count
        while start < end, text[start] <= 0x20 { start += 1 }
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: text[start..<end])
    }
}
