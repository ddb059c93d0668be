import Functions
import Runtime
import Testing
import Values

private let wide = SQLType.decimal(precision: 46, scale: 2)
private let digits44 = "12345678901234567890123456789012345678901234"

private func number(_ text: String) -> Value { Decimal(text).map { .decimal($0) } ?? .null }

@Suite struct CastTests {
    @Test(
        arguments: [
            (Value.integer(5), SQLType.integer, SQLType.decimal(precision: 4, scale: 2), "5.00"),
            (.integer(500), .integer, .decimal(precision: 4, scale: 2), nil),
            (.bigint(1 << 32 + 7), .bigint, .integer, "7"),
            (.double(-2.9), .double, .integer, "-2"), (.double(1e30), .double, .bigint, "9223372036854775807"),
            (.double(1.005), .double, .decimal(precision: 4, scale: 2), "1.01"),
            (.double(.nan), .double, .decimal(precision: 4, scale: 2), nil),
            (decimal(-199, 2), .decimal(precision: 4, scale: 2), .integer, "-1"),
            (decimal(125, 2), .decimal(precision: 4, scale: 2), .decimal(precision: 3, scale: 1), "1.3"),
            (decimal(125, 2), .decimal(precision: 4, scale: 2), .double, "1.25"),
            (.boolean(true), .boolean, .string, "true"), (.double(100), .double, .string, "100.0"),
            (.string(" 42 "), .string, .integer, "42"),
            (.string("-9223372036854775808"), .string, .bigint, "-9223372036854775808"),
            (.string("4.2"), .string, .integer, nil), (.string(""), .string, .bigint, nil),
            (.string("1e3"), .string, .double, "1000.0"), (.string("NaN"), .string, .double, nil),
            (.string("1.005"), .string, .decimal(precision: 4, scale: 2), "1.01"),
            (.string("Ye"), .string, .boolean, "true"), (.string("tru"), .string, .boolean, "true"),
            (.string("1"), .string, .boolean, "false"),
            (.string("2020-05"), .string, .timestamp, "2020-05-01T00:00:00.000"),
            (.string("2020-05-26T23:59:58.12+0200"), .string, .timestamp, "2020-05-26T21:59:58.120"),
            (.string("2020-05-26T23"), .string, .timestamp, "2020-05-26T23:00:00.000"),
            (.string("2020-02-30"), .string, .date, nil), (.string("2020"), .string, .date, "2020-01-01"),
            (.string("23:59:58"), .string, .time, "23:59:58"), (.string("24:00"), .string, .time, nil),
            (.string("AQID"), .string, .bytes, "AQID"), (.string("A"), .string, .bytes, nil),
            (.timestamp(-1), .timestamp, .date, "1969-12-31"), (.timestamp(-1), .timestamp, .time, "23:59:59"),
            (.date(1), .date, .timestamp, "1970-01-02T00:00:00.000"),
            (.array([.integer(1), .null]), .array(.integer), .array(.string), "[1, null]"),
            (.array([.string("1"), .string("x")]), .array(.string), .array(.integer), nil),
            (
                .structure([.integer(1), .string("z")]),
                .structure([StructField("A", .integer), StructField("B", .string)]),
                .structure([StructField("B", .string), StructField("A", .double), StructField("C", .date)]),
                "Struct{B=z,A=1.0}"
            ),
            (.integer(-5), .integer, wide, "-5.00"), (.bigint(.min), .bigint, wide, "-9223372036854775808.00"),
            (.double(-1.005e30), .double, wide, "-1005000000000000000000000000000.00"),
            (.double(1e50), .double, wide, nil), (.double(.infinity), .double, wide, nil),
            (.string(" " + digits44 + ".125"), .string, wide, digits44 + ".13"),
            (.string("1e44"), .string, wide, nil), (.string("wide"), .string, wide, nil),
            (decimal(-199, 2), .decimal(precision: 4, scale: 2), wide, "-1.99"),
            (number(digits44 + ".25"), wide, .decimal(precision: 45, scale: 1), digits44 + ".3"),
            (number("-1.25"), wide, .decimal(precision: 4, scale: 1), "-1.3"),
            (number(digits44 + ".25"), wide, .decimal(precision: 38, scale: 1), nil),
            (number(digits44 + ".25"), wide, .string, digits44 + ".25"),
            (number("-" + digits44 + ".25"), wide, .double, "-1.2345678901234568E43"),
            (number("-4294967299.99"), wide, .integer, "-3"), (number("18446744073709551619.99"), wide, .bigint, "3"),
            (.map([MapEntry(.string("a"), .integer(1))]), .map(key: .string, value: .integer), .string, "{a=1}"),
        ] as [(Value, SQLType, SQLType, String?)]
    )
    func casts(value: Value, from: SQLType, to: SQLType, text: String?) throws {
        #expect(from.canCast(to: to))
        let result = try evaluate(.cast(column(0, from), to), [(from, [value, .null])])
        #expect(result.values[0].isNull ? text == nil : result.values[0].text(to) == text)
        #expect(result.values[1].isNull)
        #expect(result.problems.count == (text == nil ? 1 : 0))
        // The same as a constant, which is folded unless it fails.
        #expect(try evaluate(.cast(.literal(value, from), to)).values == [result.values[0]])
    }

    @Test func refusesWhatHasNoMeaning() {
        #expect(!SQLType.bytes.canCast(to: .string))
        #expect(!SQLType.boolean.canCast(to: .integer))
        #expect(!SQLType.string.canCast(to: .array(.string)))
        #expect(throws: ExpressionError.self) { try Expression.cast(literal(1), .date).compiled() }
    }
}
