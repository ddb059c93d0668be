/// An exact decimal number: `unscaled` times ten to the power of `-scale`.
public struct Decimal: Hashable, Sendable {
    public let unscaled: Int128
    /// Digits behind the point, 0 or more.
    public let scale: Int

    public init(unscaled: Int128, scale: Int) {
        self.unscaled = unscaled
        self.scale = scale
    }

    /// Ten to the power of `exponent`; nil above 38, where 128 bits end.
    @inlinable
    public static func powerOfTen(_ exponent: Int) -> Int128? {
        guard exponent >= 0, exponent <= 38 else { return nil }
        return powersOfTen[exponent]
    }

    @usableFromInline
    static let powersOfTen: [Int128] = {
        var powers: [Int128] = [1]
        for _ in 1...38 { powers.append(powers[powers.count - 1] * 10) }
        return powers
    }()

    /// The number of decimal digits of the unscaled value; 1 for zero.
    public var precision: Int {
        var digits = 1
        let magnitude = unscaled.magnitude
        while digits <= 38, magnitude >= UInt128(Decimal.powersOfTen[digits]) {
            digits += 1
            if digits == 39 { break }
        }
        return digits
    }

    /// The same number with another scale, rounded half away from zero; nil when it no longer fits 128 bits.
    public func rescaled(to target: Int) -> Decimal? {
        if target == scale { return self }
        if target > scale {
            guard let factor = Decimal.powerOfTen(target - scale) else {
                return unscaled == 0 ? Decimal(unscaled: 0, scale: target) : nil
            }
            let (product, overflow) = unscaled.multipliedReportingOverflow(by: factor)
            return overflow ? nil : Decimal(unscaled: product, scale: target)
        }
        guard let divisor = Decimal.powerOfTen(scale - target) else { return Decimal(unscaled: 0, scale: target) }
        let (quotient, remainder) = unscaled.quotientAndRemainder(dividingBy: divisor)
        let half = UInt128(divisor) / 2
        let away = remainder.magnitude >= half + (divisor % 2 == 0 ? 0 : 1)
        return Decimal(unscaled: away ? quotient + (unscaled < 0 ? -1 : 1) : quotient, scale: target)
    }

    /// The number for a DECIMAL(precision, scale), rounded half away from zero; nil when it has too many digits.
    public func fitted(precision: Int, scale: Int) -> Decimal? {
        guard let result = rescaled(to: scale), result.fits(precision: precision) else { return nil }
        return result
    }

    /// True when the unscaled value has at most `precision` digits.
    public func fits(precision: Int) -> Bool {
        guard precision <= 38, let bound = Decimal.powerOfTen(precision) else { return true }
        return unscaled.magnitude < UInt128(bound)
    }

    /// The nearest DOUBLE.
    public var doubleValue: Double {
        // Text gives the correctly rounded result, division by a power of ten above 10^22 would not.
        if scale <= 22, unscaled.magnitude < (1 << 53), let power = Decimal.powerOfTen(scale) {
            return Double(Int64(unscaled)) / Double(power)
        }
        return Double(description) ?? .nan
    }
}

extension Decimal: CustomStringConvertible {
    /// Plain notation with all digits of the scale, such as `-0.050`.
    public var description: String {
        var digits = String(unscaled.magnitude)
        guard scale > 0 else { return (unscaled < 0 ? "-" : "") + digits }
        if digits.utf8.count <= scale {
            digits = String(repeating: "0", count: scale - digits.utf8.count + 1) + digits
        }
        let point = digits.index(digits.endIndex, offsetBy: -scale)
        return (unscaled < 0 ? "-" : "") + digits[..<point] + "." + digits[point...]
    }

    /// Reads plain or scientific notation exactly; nil for anything else and for more than 38 digits.
    public init?(_ text: String) {
        var copy = text
        let parsed = copy.withUTF8 { Decimal.parse(UnsafeRawBufferPointer($0)) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Reads plain or scientific notation from UTF-8 bytes exactly; nil for anything else and for more than 38 digits.
    public static func parse(_ bytes: UnsafeRawBufferPointer) -> Decimal? {
        var index = 0
        var negative = false
        if index < bytes.count, bytes[index] == 0x2D || bytes[index] == 0x2B {
            negative = bytes[index] == 0x2D
            index += 1
        }
        var unscaled: Int128 = 0
        var scale = 0
        var digits = 0
        var seenPoint = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x2E, !seenPoint {
                seenPoint = true
            } else if byte >= 0x30, byte <= 0x39 {
                let (product, overflow) = unscaled.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(Int128(byte - 0x30))
                if overflow || carry { return nil }
                unscaled = sum
                digits += 1
                if seenPoint { scale += 1 }
            } else {
                break
            }
            index += 1
        }
        guard digits > 0 else { return nil }
        if index < bytes.count {
            guard bytes[index] | 0x20 == 0x65, let exponent = parseExponent(bytes, from: index + 1) else { return nil }
            scale -= exponent
        }
        if negative { unscaled = -unscaled }
        guard scale >= 0 else { return Decimal(unscaled: unscaled, scale: scale).rescaledUp() }
        return scale > 1000 ? nil : Decimal(unscaled: unscaled, scale: scale)
    }

    private static func parseExponent(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let text = String(decoding: bytes[start...], as: UTF8.self)
        guard let exponent = Int(text), exponent.magnitude < 1000 else { return nil }
        return exponent
    }

    private func rescaledUp() -> Decimal? {
        if unscaled == 0 { return Decimal(unscaled: 0, scale: 0) }
        guard let factor = Decimal.powerOfTen(-scale) else { return nil }
        let (product, overflow) = unscaled.multipliedReportingOverflow(by: factor)
        return overflow ? nil : Decimal(unscaled: product, scale: 0)
    }
}
