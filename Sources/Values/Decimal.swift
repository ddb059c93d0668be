/// An exact decimal number: `unscaled` times ten to the power of `-scale`.
public struct Decimal: Hashable, Sendable {
    public let unscaled: BigInteger
    /// Digits behind the point, 0 or more.
    public let scale: Int

    public init(unscaled: BigInteger, scale: Int) {
        self.unscaled = unscaled
        self.scale = scale
    }

    public init(unscaled: Int128, scale: Int) {
        self.init(unscaled: BigInteger(unscaled), scale: scale)
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
    public var precision: Int { unscaled.digits.count }

    /// The same number with another scale, rounded half away from zero.
    public func rescaled(to target: Int) -> Decimal {
        if target == scale { return self }
        if let narrow = unscaled.narrow, let result = narrow.rescaled(from: scale, to: target) {
            return Decimal(unscaled: result, scale: target)
        }
        if target > scale {
            return Decimal(unscaled: unscaled * .powerOfTen(target - scale), scale: target)
        }
        return Decimal(unscaled: unscaled.rounded(dividingBy: .powerOfTen(scale - target)), scale: target)
    }

    /// The number for a DECIMAL(precision, scale), rounded half away from zero; nil when it has too many digits.
    public func fitted(precision: Int, scale: Int) -> Decimal? {
        let result = rescaled(to: scale)
        return result.fits(precision: precision) ? result : nil
    }

    /// True when the unscaled value has at most `precision` digits.
    public func fits(precision: Int) -> Bool {
        if let narrow = unscaled.narrow { return narrow.fits(precision: precision) }
        return unscaled.magnitude < .powerOfTen(precision)
    }

    /// The nearest DOUBLE.
    public var doubleValue: Double {
        // Text gives the correctly rounded result, division by a power of ten above 10^22 would not.
        if scale <= 22, let narrow = unscaled.narrow, narrow.magnitude < (1 << 53),
            let power = Decimal.powerOfTen(scale)
        {
            return Double(Int64(narrow)) / Double(power)
        }
        return Double(description) ?? .nan
    }
}

extension Int128 {
    /// The unscaled value with another scale, rounded half away from zero; nil when it no longer fits 128 bits.
    public func rescaled(from scale: Int, to target: Int) -> Int128? {
        if target == scale { return self }
        if target > scale {
            guard let factor = Decimal.powerOfTen(target - scale) else { return self == 0 ? 0 : nil }
            let (product, overflow) = multipliedReportingOverflow(by: factor)
            return overflow ? nil : product
        }
        guard let divisor = Decimal.powerOfTen(scale - target) else { return 0 }
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder.magnitude >= UInt128(divisor) / 2 ? quotient + (self < 0 ? -1 : 1) : quotient
    }

    /// True when the number has at most `precision` digits.
    public func fits(precision: Int) -> Bool {
        guard let bound = Decimal.powerOfTen(precision) else { return true }
        return magnitude < UInt128(bound)
    }

    /// The unscaled value for a DECIMAL(precision, scale); nil when it has too many digits.
    public func fitted(from scale: Int, precision: Int, scale target: Int) -> Int128? {
        guard let result = rescaled(from: scale, to: target), result.fits(precision: precision) else { return nil }
        return result
    }
}

extension Decimal {
    /// Negative, zero or positive, as the number is smaller than the other, equal or larger, whatever their scales.
    public func order(_ other: Decimal) -> Int {
        let common = max(scale, other.scale)
        let (a, b) = (rescaled(to: common).unscaled, other.rescaled(to: common).unscaled)
        return a < b ? -1 : a == b ? 0 : 1
    }
}
