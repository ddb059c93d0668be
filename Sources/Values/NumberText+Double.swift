extension NumberText {
    /// A DOUBLE as Java's `Double.toString` has it: the fewest digits that read back as the same number, at least one
    /// behind the point; `1.0`, `1.0E10` from 10⁷ on, `1.0E-4` below 10⁻³, `NaN`, `Infinity`.
    public static func write(_ value: Double, to out: UnsafeMutableRawPointer) -> Int {
        guard value.isFinite else {
            if value.isNaN { return copy("NaN", to: out) }
            return copy(value < 0 ? "-Infinity" : "Infinity", to: out)
        }
        var start = out
        if value.sign == .minus {
            start.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
            start += 1
        }
        if value == 0 { return start - out + copy("0.0", to: start) }
        let magnitude = value.magnitude
        // Java shows two digits and takes the nearest pair; only here is that not the shortest digit and a zero.
        if magnitude == .leastNonzeroMagnitude { return start - out + copy("4.9E-324", to: start) }
        if magnitude < 1e7, magnitude >= 1e-3, let length = writeShort(magnitude, to: start) {
            return start - out + length
        }
        return start - out + writeShortest(magnitude, to: start)
    }

    /// A number of up to six digits behind the point and 15 in all, by exact arithmetic; nil for any other.
    ///
    /// Two different decimals of up to 15 digits are never the same double, so digits that read back are the shortest.
    private static func writeShort(_ magnitude: Double, to out: UnsafeMutableRawPointer) -> Int? {
        var power: UInt64 = 1
        var digits = 0
        while digits <= 6 {
            let divisor = Double(power)
            // Rounds to the nearest by truncation; below 10^13, so the conversion is exact.
            let unscaled = UInt64(magnitude * divisor + 0.5)
            if Double(unscaled) / divisor == magnitude {
                return writeFixed(unscaled, power, digits, to: out)
            }
            power *= 10
            digits += 1
        }
        return nil
    }

    private static func writeFixed(
        _ unscaled: UInt64,
        _ power: UInt64,
        _ digits: Int,
        to out: UnsafeMutableRawPointer
    ) -> Int {
        let (whole, fraction) = unscaled.quotientAndRemainder(dividingBy: power)
        let length = write(whole, to: out)
        (out + length).storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
        let shown = max(digits, 1)
        write(fraction, digits: shown, to: out + length + 1)
        return length + 1 + shown
    }

    /// Any positive finite number, with the digits of Swift's shortest description in Java's notation.
    private static func writeShortest(_ magnitude: Double, to out: UnsafeMutableRawPointer) -> Int {
        var text = magnitude.description
        return text.withUTF8 { bytes in
            withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { scratch in
                var digits = 0
                // The number is 0.d1d2d3… times ten to the power of `exponent`.
                var exponent = 0
                var pointAt: Int?
                var index = 0
                while index < bytes.count, bytes[index] | 0x20 != 0x65 {
                    let byte = bytes[index]
                    index += 1
                    if byte == 0x2E {
                        pointAt = digits
                    } else if digits == 0, byte == 0x30 {
                        // A leading zero counts only behind the point.
                        if pointAt != nil { exponent -= 1 }
                    } else {
                        scratch[digits] = byte
                        digits += 1
                    }
                }
                exponent += pointAt ?? digits
                if index < bytes.count { exponent += signedInteger(bytes[(index + 1)...]) }
                while digits > 1, scratch[digits - 1] == 0x30 { digits -= 1 }
                return layOut(UnsafeRawBufferPointer(rebasing: scratch[..<digits]), exponent, to: out)
            }
        }
    }

    private static func signedInteger(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        var value = 0
        for byte in bytes where byte >= 0x30 && byte <= 0x39 { value = value * 10 + Int(byte - 0x30) }
        return bytes.first == UInt8(ascii: "-") ? -value : value
    }

    /// Writes 0.digits × 10^exponent.
    private static func layOut(
        _ digits: UnsafeRawBufferPointer,
        _ exponent: Int,
        to out: UnsafeMutableRawPointer
    ) -> Int {
        let isPlain = exponent > -3 && exponent <= 7
        var end = out
        func put(_ byte: UInt8) {
            end.storeBytes(of: byte, as: UInt8.self)
            end += 1
        }
        let whole = isPlain ? exponent : 1
        if whole <= 0 {
            put(0x30)
            put(0x2E)
            for _ in whole..<0 { put(0x30) }
            for digit in digits { put(digit) }
        } else {
            for index in 0..<max(whole, digits.count) {
                if index == whole { put(0x2E) }
                put(index < digits.count ? digits[index] : 0x30)
            }
            if digits.count <= whole {
                put(0x2E)
                put(0x30)
            }
        }
        guard !isPlain else { return end - out }
        put(UInt8(ascii: "E"))
        return end - out + write(Int64(exponent - 1), to: end)
    }

    private static func copy(_ text: StaticString, to out: UnsafeMutableRawPointer) -> Int {
        out.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        return text.utf8CodeUnitCount
    }
}
