import Testing
import Values

@Suite("Numbers as text")
struct NumberTextTests {
    private func text(_ write: (inout ByteArena) -> Void) -> String {
        var arena = ByteArena(capacity: 1)
        write(&arena)
        return String(decoding: arena.bytes, as: UTF8.self)
    }

    @Test(arguments: [0, 1, 9, 10, 99, 100, 12_345, 4_294_967_296, .max, .min, -1, -10] as [Int64])
    func integersAreTheirDigits(_ value: Int64) {
        #expect(text { $0.append(integer: value) } == String(value))
    }

    @Test func everyLengthOfInteger() {
        var value: UInt64 = 1
        for length in 1...19 {
            #expect(NumberText.digitCount(value) == length)
            #expect(NumberText.digitCount(value - 1) == max(length - 1, 1))
            value *= 10
        }
        #expect(NumberText.digitCount(.max) == 20)
    }

    @Test(arguments: [
        (1.0, "1.0"), (0.0, "0.0"), (-0.0, "-0.0"), (0.1, "0.1"), (100.0, "100.0"), (1e7, "1.0E7"),
        (9_999_999.0, "9999999.0"), (1e10, "1.0E10"), (1e-3, "0.001"), (9.99e-4, "9.99E-4"), (1e-4, "1.0E-4"),
        (123.456, "123.456"), (1.0 / 3, "0.3333333333333333"), (-2.5, "-2.5"),
        (Double.leastNonzeroMagnitude, "4.9E-324"),
        (1.7976931348623157e308, "1.7976931348623157E308"), (1.5e300, "1.5E300"), (0.001234567891, "0.001234567891"),
        (123456.7890625, "123456.7890625"), (.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity"),
        (12345678.9, "1.23456789E7"), (0.30000000000000004, "0.30000000000000004"), (1e22, "1.0E22"),
        (2_251_799_813_685_248.5, "2.2517998136852485E15"),
    ])
    func doublesAreJavas(_ value: Double, _ expected: String) {
        #expect(text { $0.append(double: value) } == expected)
    }

    @Test func doublesReadBack() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(Double(text { $0.append(double: value) }) == value)
            let short = (Double.random(in: -1e5...1e5) * 1000).rounded() / 1000
            #expect(Double(text { $0.append(double: short) }) == short)
        }
    }

    @Test(arguments: [
        (0, 0, "0", "0"), (0, 2, "0.00", "0.00"), (0, 7, "0.0000000", "0E-7"), (5, 3, "0.005", "0.005"),
        (-50, 3, "-0.050", "-0.050"), (12345, 2, "123.45", "123.45"), (-12345, 5, "-0.12345", "-0.12345"),
        (123, 10, "0.0000000123", "1.23E-8"), (-1, 7, "-0.0000001", "-1E-7"), (1, 6, "0.000001", "0.000001"),
        (12345, 0, "12345", "12345"),
    ])
    func decimals(_ unscaled: Int, _ scale: Int, _ plain: String, _ java: String) {
        #expect(text { $0.append(unscaled: Int128(unscaled), scale: scale) } == plain)
        let scientific = text { arena in
            arena.reserve(NumberText.decimalRoom(scale: scale))
            arena.advance(NumberText.writeScientific(unscaled: Int128(unscaled), scale: scale, to: arena.end))
        }
        #expect(scientific == java)
    }

    @Test func wideDecimalsAreTheirDigits() {
        for value in [Int128.max, Int128.min, Int128(UInt64.max) + 1, 1_000_000_000_000_000_000_000_000_000] {
            #expect(text { $0.append(unscaled: value, scale: 0) } == String(value))
        }
    }
}
