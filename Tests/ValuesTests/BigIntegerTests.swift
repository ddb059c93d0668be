import Testing
import Values

@Suite("Integers of any size")
struct BigIntegerTests {
    /// Numbers of up to eight words, of which many are all ones, all zeros or next to that.
    private static let numbers: [BigInteger] = {
        var random = SplitMix(seed: 5)
        let word = BigInteger(1 << 64)
        let edges: [UInt64] = [0, 1, .max, .max - 1, 1 << 63, (1 << 63) - 1]
        return (0..<240).map { index in
            var number = BigInteger(0)
            for _ in 0..<(index % 9) {
                let limb = random.next() % 2 == 0 ? edges[Int(random.next() % 6)] : random.next()
                number = number * word + BigInteger(Int128(limb))
            }
            return random.next() % 2 == 0 ? number : -number
        }
    }()

    private static let pairs: [(BigInteger, BigInteger)] = (0..<2000).map { index in
        let other: Int = (index * 7 + index / 240) % 240
        return (numbers[index % 240], numbers[other])
    }

    @Test func sumsAndDifferencesUndoEachOther() {
        for (a, b) in Self.pairs {
            #expect(a + b - b == a)
            #expect(a + b == b + a)
            #expect(a - b == -(b - a))
            #expect(a - a == BigInteger(0))
        }
    }

    @Test func productsDistribute() {
        for (index, (a, b)) in Self.pairs.enumerated() {
            let c = Self.numbers[index % 240]
            #expect(a * (b + c) == a * b + a * c)
            #expect(a * b == b * a)
        }
    }

    @Test func quotientsUndoProducts() {
        for (a, b) in Self.pairs where b.signum != 0 {
            #expect((a * b).quotientAndRemainder(dividingBy: b).quotient == a)
            let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
            #expect(quotient * b + remainder == a)
            #expect(remainder.magnitude < b.magnitude)
            #expect(remainder.signum == 0 || remainder.isNegative == a.isNegative)
            // One below a multiple has the largest remainder there is.
            let below = b.magnitude * (a.magnitude + BigInteger(1)) - BigInteger(1)
            #expect(below.quotientAndRemainder(dividingBy: b.magnitude).quotient == a.magnitude)
        }
    }

    @Test func agreesWith128Bits() {
        var random = SplitMix(seed: 9)
        for _ in 0..<2000 {
            let x = Int128(truncatingIfNeeded: random.next()) << 63 ^ Int128(Int64(bitPattern: random.next()))
            let y = Int128(Int64(bitPattern: random.next()))
            let (a, b) = (BigInteger(x), BigInteger(y))
            #expect((a + b).narrow == x + y)
            #expect((a < b) == (x < y))
            #expect((a * b * b).quotientAndRemainder(dividingBy: b * b).quotient.narrow == x || y == 0)
            #expect(a.lowWord == UInt64(truncatingIfNeeded: x))
            #expect((a * b).lowWord == UInt64(truncatingIfNeeded: x) &* UInt64(truncatingIfNeeded: y))
            #expect(a.description == String(x))
        }
    }

    @Test func theEndsOf128Bits() {
        let low = BigInteger(.min)
        #expect((-low).narrow == nil)
        #expect(-(-low) == low)
        #expect((-low - BigInteger(1)).narrow == .max)
        #expect(low.magnitude.description == "170141183460469231731687303715884105728")
        #expect(low.quotientAndRemainder(dividingBy: BigInteger(-1)).quotient == -low)
        #expect((BigInteger(.max) + BigInteger(1) - BigInteger(1)).narrow == .max)
    }

    @Test func wellKnownNumbers() {
        let power = (0..<200).reduce(BigInteger(1)) { product, _ in product + product }
        #expect(power.description == "1606938044258990275541962092341162602522202993782792835301376")
        let factorial = (1...60).reduce(BigInteger(1)) { $0 * BigInteger($1) }
        #expect(
            factorial.description
                == "8320987112741390144276341183223364380754172606361245952449277696409600000000000000"
        )
        #expect(BigInteger.powerOfTen(600) == BigInteger.powerOfTen(299) * BigInteger.powerOfTen(301))
        #expect(BigInteger.powerOfTen(600).description == "1" + String(repeating: "0", count: 600))
    }

    @Test func textComesBack() {
        for number in Self.numbers {
            #expect(BigInteger(isNegative: number.isNegative, digits: number.digits) == number)
        }
    }

    @Test func bytesComeBackAndSortAsTheNumbersDo() {
        for (a, b) in Self.pairs {
            let (x, y) = (a.orderedBytes, b.orderedBytes)
            #expect(x.withUnsafeBytes { BigInteger(orderedBytes: $0) } == a)
            #expect(x.lexicographicallyPrecedes(y) == (a < b))
            #expect((x == y) == (a == b))
        }
    }

    @Test func halvesAreRoundedAwayFromZero() {
        let two = BigInteger(2)
        for number in Self.numbers {
            let odd = number + number + BigInteger(number.isNegative ? -1 : 1)
            #expect(odd.rounded(dividingBy: two) == number + BigInteger(number.isNegative ? -1 : 1))
            #expect((odd * BigInteger(4) - BigInteger(1)).rounded(dividingBy: BigInteger(4)) == odd)
        }
    }
}
