import Functions
import Testing
import Values

@Suite struct TextFormTests {
    @Test(arguments: [
        (100.0, "100.0"), (1e7, "1.0E7"), (1.5e7, "1.5E7"), (0.001, "0.001"), (0.0001, "1.0E-4"), (-0.25, "-0.25"),
        (123456.789, "123456.789"), (1e21, "1.0E21"), (1.7976931348623157e308, "1.7976931348623157E308"),
        (.leastNonzeroMagnitude, "4.9E-324"), (0.0, "0.0"), (-0.0, "-0.0"), (9999999.5, "9999999.5"),
        (.infinity, "Infinity"), (0.00123, "0.00123"), (100.5, "100.5"), (3.0e-5, "3.0E-5"),
        (12345678.9, "1.23456789E7"),
    ])
    func doubles(value: Double, text: String) {
        #expect(Value.double(value).text(.double) == text)
    }

    @Test(arguments: [
        (Value.timestamp(0), SQLType.timestamp, "1970-01-01T00:00:00.000"),
        (.timestamp(-1), .timestamp, "1969-12-31T23:59:59.999"),
        (.date(18_408), .date, "2020-05-26"), (.date(-719_528), .date, "0000-01-01"),
        (.time(36_000_000), .time, "10:00"), (.time(36_001_999), .time, "10:00:01"),
        (.decimal(Decimal(unscaled: -5, scale: 2)), .decimal(precision: 4, scale: 2), "-0.05"),
        (.decimal(Decimal(unscaled: 5_050_000, scale: 6)), .decimal(precision: 9, scale: 6), "5.050000"),
        (.array([.integer(1), .null]), .array(.integer), "[1, null]"),
        (.map([MapEntry(.string("k"), .bigint(-7))]), .map(key: .string, value: .bigint), "{k=-7}"),
        (
            .structure([.integer(1), .null]), .structure([StructField("A", .integer), StructField("B", .string)]),
            "Struct{A=1}"
        ),
        (.bytes([1, 2, 3, 4]), .bytes, "AQIDBA=="), (.bigint(.min), .bigint, "-9223372036854775808"),
    ])
    func others(value: Value, type: SQLType, text: String) {
        #expect(value.text(type) == text)
    }
}
