/// An unsigned integer of any size.
struct Magnitude: Hashable, Sendable {
    /// The least significant first; the last is not 0, and zero has none.
    let limbs: [UInt64]

    init(limbs: [UInt64]) {
        let used = limbs.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        self.limbs = used == limbs.count ? limbs : Array(limbs[..<used])
    }

    init(_ value: UInt128) { self.init(limbs: [UInt64(truncatingIfNeeded: value), UInt64(value >> 64)]) }

    /// The same number in 128 bits; nil when it needs more.
    var narrow: UInt128? {
        switch limbs.count {
        case 0: 0
        case 1: UInt128(limbs[0])
        case 2: UInt128(limbs[1]) << 64 | UInt128(limbs[0])
        default: nil
        }
    }

    var isZero: Bool { limbs.isEmpty }

    static func + (a: Magnitude, b: Magnitude) -> Magnitude {
        let (long, short) = a.limbs.count >= b.limbs.count ? (a.limbs, b.limbs) : (b.limbs, a.limbs)
        var sum = long
        var carry = false
        for index in sum.indices {
            if !carry, index >= short.count { break }
            let (partial, first) = sum[index].addingReportingOverflow(index < short.count ? short[index] : 0)
            let (total, second) = partial.addingReportingOverflow(carry ? 1 : 0)
            sum[index] = total
            carry = first || second
        }
        if carry { sum.append(1) }
        return Magnitude(limbs: sum)
    }

    /// - Precondition: `a` is not below `b`.
    static func - (a: Magnitude, b: Magnitude) -> Magnitude {
        var rest = a.limbs
        var borrow = false
        for index in rest.indices {
            if !borrow, index >= b.limbs.count { break }
            let (partial, first) = rest[index].subtractingReportingOverflow(index < b.limbs.count ? b.limbs[index] : 0)
            let (total, second) = partial.subtractingReportingOverflow(borrow ? 1 : 0)
            rest[index] = total
            borrow = first || second
        }
        precondition(!borrow, "a magnitude is not negative")
        return Magnitude(limbs: rest)
    }

    static func * (a: Magnitude, b: Magnitude) -> Magnitude {
        var product = [UInt64](repeating: 0, count: a.limbs.count + b.limbs.count)
        for (i, x) in a.limbs.enumerated() {
            var carry: UInt64 = 0
            for (j, y) in b.limbs.enumerated() {
                let (high, low) = x.multipliedFullWidth(by: y)
                let (partial, first) = product[i + j].addingReportingOverflow(low)
                let (total, second) = partial.addingReportingOverflow(carry)
                product[i + j] = total
                carry = high + (first ? 1 : 0) + (second ? 1 : 0)
            }
            product[i + b.limbs.count] = carry
        }
        return Magnitude(limbs: product)
    }
}

extension Magnitude: Comparable {
    static func < (a: Magnitude, b: Magnitude) -> Bool {
        guard a.limbs.count == b.limbs.count else { return a.limbs.count < b.limbs.count }
        for index in a.limbs.indices.reversed() where a.limbs[index] != b.limbs[index] {
            return a.limbs[index] < b.limbs[index]
        }
        return false
    }
}

// Division.
extension Magnitude {
    /// The quotient without its fraction, and what is left.
    /// - Precondition: the divisor is not zero.
    func quotientAndRemainder(dividingBy divisor: Magnitude) -> (quotient: Magnitude, remainder: Magnitude) {
        guard let top = divisor.limbs.last else { preconditionFailure("division by zero") }
        if self < divisor { return (Magnitude(limbs: []), self) }
        if divisor.limbs.count == 1 {
            let (quotient, remainder) = quotientAndRemainder(dividingBy: top)
            return (quotient, Magnitude(limbs: [remainder]))
        }
        // Knuth, The Art of Computer Programming, 4.3.1, algorithm D.
        let shift = top.leadingZeroBitCount
        let normal = divisor.shiftedLeft(shift, limbs: divisor.limbs.count)
        var rest = shiftedLeft(shift, limbs: limbs.count + 1)
        var quotient = [UInt64](repeating: 0, count: limbs.count - normal.count + 1)
        for place in quotient.indices.reversed() {
            var digit = Magnitude.estimate(rest, normal, place)
            if Magnitude.subtract(normal, times: digit, from: &rest, place) {
                digit -= 1
                Magnitude.addBack(normal, to: &rest, place)
            }
            quotient[place] = digit
        }
        let remainder = Magnitude(limbs: Magnitude.shiftedRight(rest, shift))
        return (Magnitude(limbs: quotient), remainder)
    }

    func quotientAndRemainder(dividingBy divisor: UInt64) -> (quotient: Magnitude, remainder: UInt64) {
        var quotient = limbs
        var rest: UInt64 = 0
        for index in quotient.indices.reversed() {
            (quotient[index], rest) = divisor.dividingFullWidth((rest, quotient[index]))
        }
        return (Magnitude(limbs: quotient), rest)
    }

    /// The quotient's limb at `place` by the two highest limbs of the divisor: right, or one too large.
    private static func estimate(_ rest: [UInt64], _ divisor: [UInt64], _ place: Int) -> UInt64 {
        let count = divisor.count
        let (top, second) = (divisor[count - 1], divisor[count - 2])
        let (high, middle, low) = (rest[place + count], rest[place + count - 1], rest[place + count - 2])
        var digit: UInt64 = .max
        var left: UInt64
        var isLarge: Bool
        if high >= top {
            (left, isLarge) = middle.addingReportingOverflow(top)
        } else {
            (digit, left) = top.dividingFullWidth((high, middle))
            isLarge = false
        }
        while !isLarge {
            let product = digit.multipliedFullWidth(by: second)
            if product.high < left || product.high == left && product.low <= low { break }
            digit -= 1
            (left, isLarge) = left.addingReportingOverflow(top)
        }
        return digit
    }

    /// True when more was taken away than there was.
    private static func subtract(_ divisor: [UInt64], times digit: UInt64, from rest: inout [UInt64], _ place: Int)
        -> Bool
    {
        var carry: UInt64 = 0
        var borrow: UInt64 = 0
        for index in 0...divisor.count {
            let product = digit.multipliedFullWidth(by: index < divisor.count ? divisor[index] : 0)
            let (low, overflow) = product.low.addingReportingOverflow(carry)
            carry = product.high + (overflow ? 1 : 0)
            let (partial, first) = rest[place + index].subtractingReportingOverflow(low)
            let (total, second) = partial.subtractingReportingOverflow(borrow)
            rest[place + index] = total
            borrow = first || second ? 1 : 0
        }
        return borrow != 0
    }

    private static func addBack(_ divisor: [UInt64], to rest: inout [UInt64], _ place: Int) {
        var carry: UInt64 = 0
        for index in 0...divisor.count {
            let (partial, first) = rest[place + index].addingReportingOverflow(
                index < divisor.count ? divisor[index] : 0
            )
            let (total, second) = partial.addingReportingOverflow(carry)
            rest[place + index] = total
            carry = first || second ? 1 : 0
        }
    }

    /// The number times two to the power of `bits`, below 64, in so many limbs.
    private func shiftedLeft(_ bits: Int, limbs count: Int) -> [UInt64] {
        var shifted = [UInt64](repeating: 0, count: count)
        for index in 0..<count {
            let low = index > 0 && bits > 0 ? limbs[index - 1] >> UInt64(64 - bits) : 0
            shifted[index] = (index < limbs.count ? limbs[index] << UInt64(bits) : 0) | low
        }
        return shifted
    }

    private static func shiftedRight(_ limbs: [UInt64], _ bits: Int) -> [UInt64] {
        guard bits > 0 else { return limbs }
        return limbs.indices.map { index in
            limbs[index] >> UInt64(bits) | (index + 1 < limbs.count ? limbs[index + 1] << UInt64(64 - bits) : 0)
        }
    }
}

// Decimal digits.
extension Magnitude {
    private static let blockDigits = 18
    private static let block: UInt64 = 1_000_000_000_000_000_000

    /// The number that ASCII digits spell.
    init(digits: some Sequence<UInt8>) {
        var limbs: [UInt64] = []
        var pending: UInt64 = 0
        var factor: UInt64 = 1
        func take() {
            var carry = pending
            for index in limbs.indices {
                let product = limbs[index].multipliedFullWidth(by: factor)
                let (low, overflow) = product.low.addingReportingOverflow(carry)
                limbs[index] = low
                carry = product.high + (overflow ? 1 : 0)
            }
            if carry != 0 { limbs.append(carry) }
        }
        for digit in digits {
            pending = pending * 10 + UInt64(digit &- 0x30)
            factor *= 10
            if factor == Magnitude.block {
                take()
                pending = 0
                factor = 1
            }
        }
        take()
        self.init(limbs: limbs)
    }

    /// ASCII digits without zeros in front; a 0 for zero.
    var digits: [UInt8] {
        var blocks: [UInt64] = []
        var rest = self
        while !rest.isZero {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: Magnitude.block)
            blocks.append(remainder)
            rest = quotient
        }
        guard let first = blocks.popLast() else { return [0x30] }
        var text = Array(String(first).utf8)
        for block in blocks.reversed() {
            let digits = Array(String(block).utf8)
            text.append(contentsOf: repeatElement(0x30, count: Magnitude.blockDigits - digits.count))
            text.append(contentsOf: digits)
        }
        return text
    }
}
