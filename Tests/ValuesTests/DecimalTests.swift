import Testing
import Values

@Suite("Decimals of any size")
struct DecimalTests {
    private static let long = "12345678901234567890123456789012345678901234567890"

    @Test(arguments: [
        ("0", "0"), ("-1.50", "-1.50"), ("+7", "7"), ("1e3", "1000"), ("1.5E-3", "0.0015"), (".5", "0.5"), ("5.", "5"),
        (long, long), ("-" + long + ".25", "-" + long + ".25"), ("0." + long, "0." + long), (long + "e2", long + "00"),
        (long + "e-60", "0.0000000000" + long), ("1e60", "1" + String(repeating: "0", count: 60)),
        ("170141183460469231731687303715884105728", "170141183460469231731687303715884105728"),
        ("-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728"),
    ])
    func textComesBack(_ text: String, _ plain: String) throws {
        let number = try #require(Decimal(text))
        #expect(number.description == plain)
        #expect(Decimal(plain) == number)
    }

    @Test(arguments: [
        "", "-", ".", "1.2.3", "1e", "e5", "1e+", "abc", "1 ", "1e99999999999999999999", "1e-99999", "0x1",
    ])
    func whatIsNoNumber(_ text: String) { #expect(Decimal(text) == nil) }

    @Test(arguments: [
        ("0.00000000", "0E-8"), ("0.0000001", "1E-7"), ("0.000001", "0.000001"),
        ("0.0000000" + long, "1." + long.dropFirst() + "E-8"), ("-0.0000001" + long, "-1.1" + long.dropFirst() + "E-7"),
        ("0.000001" + long, "0.000001" + long), (long + ".50", long + ".50"),
    ])
    func scientificText(_ text: String, _ expected: String) throws {
        var arena = ByteArena()
        arena.append(scientific: try #require(Decimal(text)))
        #expect(String(decoding: arena.bytes, as: UTF8.self) == expected)
    }

    @Test(
        arguments: [
            ("1.25", 1, "1.3"), ("-1.25", 1, "-1.3"), ("1.24", 1, "1.2"), ("0.5", 0, "1"), ("-0.4", 0, "0"),
            ("1", 45, nil),
            (long + ".5", 0, "12345678901234567890123456789012345678901234567891"), (long + ".4", 0, long),
            ("0." + long, 3, "0.123"), ("0.9" + long, 0, "1"),
        ] as [(String, Int, String?)]
    )
    func rescaling(_ text: String, _ scale: Int, _ expected: String?) throws {
        let number = try #require(Decimal(text)).rescaled(to: scale)
        #expect(number.description == expected ?? text + "." + String(repeating: "0", count: scale))
    }

    @Test func orderLooksThroughScales() throws {
        let numbers = try ["-" + Self.long, "-1.5", "-1", "0.00", "0." + Self.long, "1", Self.long, Self.long + ".01"]
            .map { try #require(Decimal($0)) }
        for (i, a) in numbers.enumerated() {
            for (j, b) in numbers.enumerated() { #expect(a.order(b) == (i < j ? -1 : i == j ? 0 : 1)) }
            #expect(a.order(a.rescaled(to: a.scale + 50)) == 0)
        }
    }

    @Test func digitsAreCounted() throws {
        #expect(try #require(Decimal(Self.long)).precision == 50)
        #expect(try #require(Decimal(Self.long)).fits(precision: 50))
        #expect(try #require(Decimal(Self.long)).fits(precision: 49) == false)
        #expect(try #require(Decimal("1e50")).fits(precision: 50) == false)
        #expect(try #require(Decimal("0.05")).precision == 1)
    }

    @Test func columnsHoldThem() throws {
        let number = try #require(Decimal("-" + Self.long + ".125"))
        let type = SQLType.decimal(precision: 60, scale: 2)
        let column = Column.of(type, [.decimal(number), .null, .decimal(Decimal(unscaled: 5, scale: 0))])
        let rounded = try #require(Decimal("-" + Self.long + ".13"))
        #expect((0..<3).map(column.value) == [.decimal(rounded), .null, .decimal(Decimal(unscaled: 500, scale: 2))])
        #expect(column.slice(2..<3).value(at: 0) == column.value(at: 2))
    }
}
