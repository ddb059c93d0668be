import Functions
import Runtime
import Testing
import Values

/// No value of a record may end the process: what is out of range is NULL and reported.
@Suite struct ExtremeValueTests {
    @Test(arguments: [
        "TIMESTAMPADD(YEARS, 2147483647, TIMESTAMP '2020-01-01')",
        "TIMESTAMPSUB(YEARS, 2147483647, TIMESTAMP '2020-01-01')",
        "TIMESTAMPSUB(YEARS, -2147483648, TIMESTAMP '2020-01-01')",
        "TIMESTAMPADD(MONTHS, 1, FROM_UNIXTIME(9223372036854775807))",
        "TIMESTAMPSUB(MONTHS, 1, FROM_UNIXTIME(-9223372036854775808))",
        "TIMESTAMPADD(MILLISECONDS, 1, FROM_UNIXTIME(9223372036854775807))",
        "TIMESTAMPSUB(WEEKS, 2147483647, FROM_UNIXTIME(-9223372036854775808))",
        "DATEADD(YEARS, 2147483647, DATE '2020-01-01')", "DATESUB(MONTHS, -2147483648, FROM_DAYS(2147483647))",
        "DATEADD(DAYS, 1, FROM_DAYS(2147483647))", "DATESUB(WEEKS, 2147483647, FROM_DAYS(-2147483648))",
        "TIMEADD(YEARS, 2147483647, TIME '10:00')", "TIMESUB(YEARS, 2147483647, TIME '10:00')",
        "CONVERT_TZ(FROM_UNIXTIME(9223372036854775807), '-10:00', '+10:00')",
        "TIMESTAMPTOSTRING(9223372036854775807, 'yyyy', '+10:00')",
        "FORMAT_TIMESTAMP(FROM_UNIXTIME(-9223372036854775808), 'yyyy', '-10:00')",
        "FORMAT_TIMESTAMP(FROM_UNIXTIME(9223372036854775807), 'yyyy', 'Asia/Tokyo')",
        "TIMESTAMP '999999999-12-31'", "TIMESTAMP '-999999999-01-01T00:00:00-18:00'",
        "PARSE_TIMESTAMP('999999999-12-31', 'yyyy-MM-dd')", "PARSE_DATE('99999999999', 'yyyyyyyyyyy')",
        "PARSE_TIME('10:00:00.12345678901234567890', 'HH:mm:ss.SSSSSSSSSSSSSSSSSSSS')",
        "STRINGTOTIMESTAMP('-999999999', 'yyyy', 'Asia/Tokyo')",
        "GENERATE_SERIES(9223372036854775807, -1)", "GENERATE_SERIES(9223372036854775807, -1, -1)",
        "GENERATE_SERIES(-1, 9223372036854775807)", "GENERATE_SERIES(0, -9223372036854775808, -1)",
        "GENERATE_SERIES(0, 9223372036854775807, 1)", "GENERATE_SERIES(0, 1000000)", "DATE '999999999-01-01'",
        "REDUCE(GENERATE_SERIES(1, 40), 'long', (s, x) => s + s)",
        "REPLACE(LPAD('', 10000, 'x'), '', LPAD('', 10000, 'y'))",
        "REGEXP_REPLACE(LPAD('', 10000, 'x'), 'x', LPAD('', 10000, 'y'))",
    ])
    func isReported(call: String) throws {
        let (values, problems) = try evaluate(SQLSnippet.expression(call))
        #expect(values == [.null], "\(call)")
        #expect(problems.count == 1, "\(call)")
    }

    @Test(arguments: [
        (
            "GENERATE_SERIES(9223372036854775806, 9223372036854775807)",
            "ARRAY[9223372036854775806, 9223372036854775807]"
        ),
        (
            "GENERATE_SERIES(-9223372036854775807, -9223372036854775808)",
            "ARRAY[-9223372036854775807, -9223372036854775808]"
        ),
        ("GENERATE_SERIES(2147483646, 2147483647, 7)", "ARRAY[2147483646]"),
        ("ARRAY_LENGTH(GENERATE_SERIES(1, 1000000))", "1000000"),
        ("TIMESTAMPADD(YEARS, -1000, TIMESTAMP '2020-02-29')", "TIMESTAMP '1020-02-29'"),
        ("TIMESTAMPSUB(MONTHS, 0, FROM_UNIXTIME(9223372036854775807))", "FROM_UNIXTIME(9223372036854775807)"),
        ("LEN(TIMESTAMPTOSTRING(9223372036854775807, 'yyyy-MM-dd'))", "16"),
    ])
    func isExact(call: String, result: String) throws {
        let (values, problems) = try evaluate(SQLSnippet.expression(call))
        #expect(values == (try evaluate(SQLSnippet.expression(result)).values), "\(call)")
        #expect(problems.isEmpty)
    }

    @Test(arguments: [Int64.min, .min + 1, .max, -1])
    func partsOfATimestamp(milliseconds: Int64) throws {
        for type in [SQLType.time, .date, .string] {
            let expression = Expression.cast(column(0, .timestamp), type)
            let (values, problems) = try evaluate(expression, [(.timestamp, [.timestamp(milliseconds)])])
            #expect(values != [.null] && problems.isEmpty)
        }
    }

    private static let functions = FunctionLibrary.builtin.names.flatMap { FunctionLibrary.builtin.overloads(of: $0) }

    private static let decimals = [SQLType.decimal(precision: 38, scale: 10), .decimal(precision: 80, scale: 40)]

    /// Every function over rows of extreme values, whose results are then written as text.
    @Test func functionsAnswer() throws {
        var random = SplitMix(state: 1)
        for (function, decimal) in Self.functions.flatMap({ function in Self.decimals.map { (function, $0) } })
        where !function.parameters.contains(where: \.isLambda) {
            guard let types = function.sampleTypes else { continue }
            if decimal.isWideDecimal, !function.parameters.contains(.decimal) { continue }
            let shapes = zip(function.parameters, types).map { parameter, type -> ArgumentType in
                if parameter == .timeUnit { return .timeUnit }
                return .value(parameter == .decimal ? decimal : type)
            }
            let resolved = try FunctionLibrary.builtin.resolve(function.name, shapes)
            let columns = zip(function.parameters, resolved.argumentTypes).map { parameter, type in
                (type, (0..<48).map { _ in parameter == .timeUnit ? random.unit() : random.value(type) })
            }
            let call = Expression.call(resolved, columns.indices.map { column($0, resolved.argumentTypes[$0]) })
            let isText = resolved.resultType.canCast(to: .string)
            let (values, _) = try evaluate(isText ? .cast(call, .string) : call, columns)
            #expect(values.count == (columns.isEmpty ? 1 : 48), "\(function.signature)")
        }
    }

    private static let scalars: [SQLType] = [
        .boolean, .integer, .bigint, .double, .decimal(precision: 38, scale: 0), .decimal(precision: 38, scale: 38),
        .decimal(precision: 5, scale: 2), .decimal(precision: 39, scale: 0), .decimal(precision: 60, scale: 60),
        .string, .bytes, .time, .date, .timestamp,
    ]

    @Test func castsAndArithmeticAnswer() throws {
        var random = SplitMix(state: 2)
        for from in Self.scalars {
            for to in Self.scalars {
                let columns = [from, to].map { type in (type, (0..<48).map { _ in random.value(type) }) }
                if from.canCast(to: to) { _ = try evaluate(.cast(column(0, from), to), columns) }
                for op in [Expression.Arithmetic.add, .subtract, .multiply, .divide, .remainder] {
                    guard let type = op.resultType(from, to), type.isNumeric else { continue }
                    let sides = [column(0, from), column(1, to)]
                    _ = try evaluate(.arithmetic(op, sides[0], sides[1], type), columns)
                }
            }
        }
    }
}

/// Values from the ends of their types.
private struct SplitMix {
    var state: UInt64

    private mutating func pick<T>(_ choices: [T]) -> T {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return choices[Int((word ^ (word >> 31)) % UInt64(choices.count))]
    }

    mutating func unit() -> Value {
        .string(pick(["MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS"]))
    }

    private static let texts = [
        "", " ", "a", "é😀", "-", "-9223372036854775808", "99999999999999999999999999999999999999999", "1e999", "1E-999",
        "1e-9223372036854775808",
        "NaN", "999999999-12-31", "-999999999-01-01T00:00:00-18:00", "+999999999-12-31T23:59:59+18:00", "24:00",
        "yyyy-MM-dd HH:mm:ss.SSS VV zzz XXX", "yyyyyyyyyyyyyyyyyyyyyyyyyyy", "SSSSSSSSSSSSSSSSSSSSSSSSS", "D", "[[",
        "'",
        "Europe/Paris", "+18:00", "-18", "hex", "base64", "LITTLE_ENDIAN", "0x1", "%", "%zz", "http://a:99999999999/?#",
        "{\"a\":[1e999,{}]}", "[1,2", "\"\\ud800\"", "\"\\", "$", "$[9223372036854775807]", "$.a[0]", "(", "\\",
        "(a*)*",
        "\\1", "$9", "\u{0}", String(repeating: "x", count: 4096), String(repeating: "é", count: 2048),
    ]

    mutating func value(_ type: SQLType) -> Value {
        switch type {
        case .boolean: return .boolean(pick([true, false]))
        case .integer: return .integer(pick([.min, .min + 1, -1, 0, 1, 2, 39, .max - 1, .max]))
        case .bigint:
            return .bigint(pick([.min, .min + 1, Int64(Int32.min), -1, 0, 1, Int64(Int32.max), .max - 1, .max]))
        case .double:
            return .double(
                pick([
                    .nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0, 0x1p63,
                    -0x1p63, 0.5,
                ])
            )
        case .decimal(let precision, let scale):
            let (zero, one) = (BigInteger(0), BigInteger(1))
            let greatest = BigInteger.powerOfTen(precision) - one
            let half = BigInteger.powerOfTen(precision).rounded(dividingBy: BigInteger(2))
            return .decimal(Decimal(unscaled: pick([greatest, -greatest, zero, one, -one, half]), scale: scale))
        case .string: return .string(pick(Self.texts))
        case .bytes:
            return .bytes(pick([[], [0], [UInt8](repeating: 0xFF, count: 8), [0x80, 0, 0, 0], [UInt8](0...255)]))
        case .time: return .time(pick([0, 1, 86_399_999, .min, .max, -1]))
        case .date: return .date(pick([.min, -1, 0, 1, .max]))
        case .timestamp: return .timestamp(pick([.min, .min + 1, -1, 0, 1, 253_402_300_800_000, .max - 1, .max]))
        case .array(let element): return .array((0..<pick([0, 1, 3])).map { _ in pick([value(element), .null]) })
        case .map(let key, let value):
            return .map((0..<pick([0, 1])).map { _ in MapEntry(self.value(key), self.value(value)) })
        case .structure(let fields): return .structure(fields.map { value($0.type) })
        }
    }
}
