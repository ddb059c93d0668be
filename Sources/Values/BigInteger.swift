/// An integer of any size.
///
/// What fits 128 bits is kept in them, without memory of its own.
public struct BigInteger: Hashable, Sendable {
    private enum Storage: Hashable, Sendable {
        case narrow(Int128)
        case wide(isNegative: Bool, Magnitude)
    }

    /// The first case whenever it is possible, so that equal numbers look the same.
    private let storage: Storage

    public init(_ value: Int128) { storage = .narrow(value) }

    init(isNegative: Bool, _ magnitude: Magnitude) {
        switch magnitude.narrow {
        case let low? where low <= UInt128(Int128.max): storage = .narrow(isNegative ? -Int128(low) : Int128(low))
        case let low? where isNegative && low == Int128.min.magnitude: storage = .narrow(.min)
        default: storage = .wide(isNegative: isNegative, magnitude)
        }
    }

    /// The number in 128 bits; nil when it needs more.
    public var narrow: Int128? {
        guard case .narrow(let value) = storage else { return nil }
        return value
    }

    public var isNegative: Bool {
        switch storage {
        case .narrow(let value): value < 0
        case .wide(let isNegative, _): isNegative
        }
    }

    /// -1, 0 or 1.
    public var signum: Int {
        switch storage {
        case .narrow(let value): value < 0 ? -1 : value > 0 ? 1 : 0
        case .wide(let isNegative, _): isNegative ? -1 : 1
        }
    }

    /// The number without its sign.
    public var magnitude: BigInteger { isNegative ? -self : self }

    private var unsigned: Magnitude {
        switch storage {
        case .narrow(let value): Magnitude(value.magnitude)
        case .wide(_, let magnitude): magnitude
        }
    }

    /// The number's lowest 64 bits in two's complement.
    public var lowWord: UInt64 {
        switch storage {
        case .narrow(let value): UInt64(truncatingIfNeeded: value)
        case .wide(let isNegative, let magnitude): isNegative ? 0 &- magnitude.limbs[0] : magnitude.limbs[0]
        }
    }
}

// Arithmetic.
extension BigInteger {
    public static prefix func - (value: BigInteger) -> BigInteger {
        if let narrow = value.narrow, narrow != .min { return BigInteger(-narrow) }
        return BigInteger(isNegative: !value.isNegative, value.unsigned)
    }

    public static func + (a: BigInteger, b: BigInteger) -> BigInteger {
        if let x = a.narrow, let y = b.narrow {
            let (sum, overflow) = x.addingReportingOverflow(y)
            if !overflow { return BigInteger(sum) }
        }
        let (x, y) = (a.unsigned, b.unsigned)
        if a.isNegative == b.isNegative { return BigInteger(isNegative: a.isNegative, x + y) }
        return x < y ? BigInteger(isNegative: b.isNegative, y - x) : BigInteger(isNegative: a.isNegative, x - y)
    }

    public static func - (a: BigInteger, b: BigInteger) -> BigInteger { a + -b }

    public static func * (a: BigInteger, b: BigInteger) -> BigInteger {
        if let x = a.narrow, let y = b.narrow {
            let (product, overflow) = x.multipliedReportingOverflow(by: y)
            if !overflow { return BigInteger(product) }
        }
        return BigInteger(isNegative: a.isNegative != b.isNegative, a.unsigned * b.unsigned)
    }

    /// The quotient towards zero, and the remainder, which has the sign of the dividend.
    /// - Precondition: the divisor is not zero.
    public func quotientAndRemainder(dividingBy divisor: BigInteger) -> (quotient: BigInteger, remainder: BigInteger) {
        if let x = narrow, let y = divisor.narrow, y != -1 {
            let (quotient, remainder) = x.quotientAndRemainder(dividingBy: y)
            return (BigInteger(quotient), BigInteger(remainder))
        }
        let (quotient, remainder) = unsigned.quotientAndRemainder(dividingBy: divisor.unsigned)
        return (
            BigInteger(isNegative: isNegative != divisor.isNegative, quotient),
            BigInteger(isNegative: isNegative, remainder)
        )
    }

    /// The quotient, rounded half away from zero.
    /// - Precondition: the divisor is not zero.
    public func rounded(dividingBy divisor: BigInteger) -> BigInteger {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        let (rest, size) = (remainder.magnitude, divisor.magnitude)
        guard rest + rest >= size else { return quotient }
        let one = BigInteger(1)
        return isNegative != divisor.isNegative ? quotient - one : quotient + one
    }

    /// Ten to the power of `exponent`, which is 0 or more.
    public static func powerOfTen(_ exponent: Int) -> BigInteger {
        if exponent < powersOfTen.count { return powersOfTen[exponent] }
        let half = powerOfTen(exponent / 2)
        return exponent % 2 == 0 ? half * half : half * half * BigInteger(10)
    }

    private static let powersOfTen: [BigInteger] = {
        var powers = [BigInteger(1)]
        for _ in 1...256 { powers.append(powers[powers.count - 1] * BigInteger(10)) }
        return powers
    }()
}

extension BigInteger: Comparable {
    public static func < (a: BigInteger, b: BigInteger) -> Bool {
        if let x = a.narrow, let y = b.narrow { return x < y }
        guard a.isNegative == b.isNegative else { return a.isNegative }
        return a.isNegative ? b.unsigned < a.unsigned : a.unsigned < b.unsigned
    }
}

// Text and bytes.
extension BigInteger: CustomStringConvertible {
    public var description: String { (isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self) }

    /// The ASCII digits of the magnitude, without zeros in front; a 0 for zero.
    public var digits: [UInt8] { unsigned.digits }

    /// The number that a sign and ASCII digits spell.
    public init(isNegative: Bool, digits: some Sequence<UInt8>) {
        self.init(isNegative: isNegative, Magnitude(digits: digits))
    }

    /// Bytes whose order (of `memcmp`) is the order of the numbers: two with the sign and the count of those that follow,
    /// which are the magnitude's, the most significant first; of negative numbers all are turned over.
    ///
    /// The encoding is part of the stored format: do not change it.
    /// - Precondition: the magnitude has less than 2^15 bytes.
    public var orderedBytes: [UInt8] {
        let limbs = unsigned.limbs
        let unused = (limbs.last?.leadingZeroBitCount ?? 0) / 8
        let count = limbs.count * 8 - unused
        precondition(count < 1 << 15, "a number of so many bytes has no ordered form")
        let mask: UInt8 = isNegative ? 0xFF : 0
        var bytes = [UInt8(0x80 | count >> 8) ^ mask, UInt8(truncatingIfNeeded: count) ^ mask]
        bytes.reserveCapacity(2 + count)
        for index in (0..<count).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: limbs[index / 8] >> UInt64(index % 8 * 8)) ^ mask)
        }
        return bytes
    }

    /// The number of which these are the ``orderedBytes``.
    public init(orderedBytes bytes: UnsafeRawBufferPointer) {
        let isNegative = bytes[0] < 0x80
        let mask: UInt8 = isNegative ? 0xFF : 0
        var limbs = [UInt64](repeating: 0, count: (bytes.count - 2 + 7) / 8)
        for index in 0..<(bytes.count - 2) {
            limbs[index / 8] |= UInt64(bytes[bytes.count - 1 - index] ^ mask) << UInt64(index % 8 * 8)
        }
        self.init(isNegative: isNegative, Magnitude(limbs: limbs))
    }
}
