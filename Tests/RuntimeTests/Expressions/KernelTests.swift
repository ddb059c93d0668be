import Functions
import Runtime
import Testing
import Values

@Suite struct KernelTests {
    private let ints: (SQLType, [Value]) = (.integer, [.integer(7), .integer(-8), .null, .integer(.max)])
    private let longs: (SQLType, [Value]) = (.bigint, [.bigint(2), .bigint(0), .bigint(1), .bigint(-1)])

    @Test func integerArithmeticWrapsAndRefusesZero() throws {
        let sum = try evaluate(arithmetic(.add, column(0, .integer), literal(1)), [ints])
        #expect(sum.values == [.integer(8), .integer(-7), .null, .integer(.min)])
        let quotient = try evaluate(arithmetic(.divide, column(0, .integer), column(1, .bigint)), [ints, longs])
        #expect(quotient.values == [.bigint(3), .null, .null, .bigint(-Int64(Int32.max))])
        #expect(quotient.problems.map(\.row) == [1])
        #expect(quotient.problems.first?.reason == "division by zero")
        let rest = try evaluate(arithmetic(.remainder, column(0, .integer), literal(5)), [ints])
        #expect(rest.values == [.integer(2), .integer(-3), .null, .integer(2)])
        let least = try evaluate(arithmetic(.divide, column(0, .integer), literal(-1)), [(.integer, [.integer(.min)])])
        #expect(least.values == [.integer(.min)])
    }

    @Test(arguments: [
        (Expression.Arithmetic.add, "15.11"), (.subtract, "5.09"), (.multiply, "50.6010"), (.divide, "2.0159681"),
        (.remainder, "0.08"),
    ])
    func decimalArithmeticIsExact(op: Expression.Arithmetic, text: String) throws {
        let type = SQLType.decimal(precision: 4, scale: 2)
        let expression = try arithmetic(op, column(0, type), column(1, type))
        let result = try evaluate(expression, [(type, [decimal(1010, 2)]), (type, [decimal(501, 2)])])
        #expect(result.values[0].text(expression.type) == text)
        let zero = try evaluate(expression, [(type, [decimal(1010, 2)]), (type, [decimal(0, 2)])])
        #expect(zero.values[0].isNull == (op == .divide || op == .remainder))
    }

    @Test func decimalsMeetOtherNumbers() throws {
        let type = SQLType.decimal(precision: 4, scale: 2)
        let rows = [(type, [decimal(150, 2), decimal(-1, 2), .null])]
        #expect(
            try evaluate(arithmetic(.add, column(0, type), literal(2)), rows).values == [
                decimal(350, 2), decimal(199, 2), .null,
            ]
        )
        #expect(
            try evaluate(arithmetic(.add, column(0, type), literal(double: 0.25)), rows).values == [
                .double(1.75), .double(0.24), .null,
            ]
        )
        let wider = Expression.literal(decimal(1500, 3), .decimal(precision: 4, scale: 3))
        #expect(try evaluate(.comparison(.equal, column(0, type), wider), rows).values == flags("TFF"))
        #expect(try evaluate(.comparison(.less, column(0, type), literal(1)), rows).values == flags("FTF"))
    }

    @Test func comparisonsAreTwoValued() throws {
        let a: (SQLType, [Value]) = (.integer, [.integer(1), .integer(2), .null, .null])
        let b: (SQLType, [Value]) = (.integer, [.integer(1), .integer(3), .integer(3), .null])
        let expected: [(Expression.Comparison, String)] = [
            (.equal, "TFFF"), (.notEqual, "FTFF"), (.less, "FTFF"), (.lessOrEqual, "TTFF"), (.greater, "FFFF"),
            (.greaterOrEqual, "TFFF"), (.isDistinct, "FTTF"), (.isNotDistinct, "TFFT"),
        ]
        for (op, result) in expected {
            let comparison = Expression.comparison(op, column(0, .integer), column(1, .integer))
            #expect(try evaluate(comparison, [a, b]).values == flags(result), "\(op.rawValue)")
        }
        #expect(try evaluate(.not(.comparison(.equal, column(0, .integer), literal(1))), [a]).values == flags("FTTT"))
        #expect(
            try evaluate(.comparison(.isDistinct, column(0, .integer), null(.integer)), [a]).values == flags("TTFF")
        )
    }

    @Test func comparesTextTimesAndStructures() throws {
        let words: (SQLType, [Value]) = (.string, [.string("b"), .string("abc"), .string(""), .null])
        #expect(try evaluate(.comparison(.equal, column(0, .string), literal("abc")), [words]).values == flags("FTFF"))
        #expect(try evaluate(.comparison(.less, column(0, .string), literal("abd")), [words]).values == flags("FTTF"))
        let bytes: (SQLType, [Value]) = (.bytes, [.bytes([0x80]), .bytes([1, 2])])
        let one = Expression.literal(.bytes([1]), .bytes)
        #expect(try evaluate(.comparison(.less, column(0, .bytes), one), [bytes]).values == flags("TF"))
        let days: (SQLType, [Value]) = (.date, [.date(18_262), .date(0)])
        #expect(
            try evaluate(.comparison(.greaterOrEqual, column(0, .date), literal("2020")), [days]).values == flags("TF")
        )
        let list = SQLType.array(.integer)
        let lists: (SQLType, [Value]) = (list, [.array([.integer(1), .null]), .array([.integer(1)]), .null])
        let same = Expression.array([literal(1), null(.integer)], element: .integer)
        #expect(try evaluate(.comparison(.equal, column(0, list), same), [lists]).values == flags("TFF"))
        #expect(throws: ExpressionError.self) { try Expression.comparison(.less, column(0, list), same).compiled() }
    }

    @Test func logicStopsAtTheFirstSettlingOperand() throws {
        let divisor: (SQLType, [Value]) = (.integer, [.integer(0), .integer(2), .integer(0), .null])
        let isZero = Expression.comparison(.equal, column(0, .integer), literal(0))
        let ratio = try Expression.comparison(
            .greater,
            arithmetic(.divide, literal(10), column(0, .integer)),
            literal(1)
        )
        let safe = try evaluate(.or([isZero, ratio]), [divisor])
        // The ratio of a NULL is none, so that the row has no answer.
        #expect(safe.values == flags("TTT") + [.null])
        #expect(safe.problems.isEmpty)
        let unsafe = try evaluate(.and([isZero, ratio]), [divisor])
        #expect(unsafe.values == [.null, .boolean(false), .null, .boolean(false)])
        #expect(unsafe.problems.map(\.row) == [0, 2])
        // A NULL that is asked makes the row NULL; one that is not, does not.
        let flag: (SQLType, [Value]) = (.boolean, [.boolean(true), .boolean(false), .null, .null])
        let other: (SQLType, [Value]) = (.boolean, [.null, .null, .boolean(false), .boolean(true)])
        let both = try evaluate(.and([column(0, .boolean), column(1, .boolean)]), [flag, other])
        #expect(both.values == [.null, .boolean(false), .null, .null])
        let either = try evaluate(.or([column(0, .boolean), column(1, .boolean)]), [flag, other])
        #expect(either.values == [.boolean(true), .null, .null, .null])
    }

    @Test func sparseOperandsArePickedOut() throws {
        let count = 400
        let divisors = (0..<count).map { Value.integer(Int32($0 % 40 == 7 ? $0 % 80 == 7 ? 0 : 2 : 0)) }
        let gates = (0..<count).map { Value.integer(Int32($0 % 40)) }
        let open = Expression.comparison(.equal, column(1, .integer), literal(7))
        let ratio = try Expression.comparison(.equal, arithmetic(.divide, literal(10), column(0, .integer)), literal(5))
        let result = try evaluate(.and([open, ratio]), [(.integer, divisors), (.integer, gates)])
        for row in 0..<count {
            let expected: Value = row % 40 != 7 ? .boolean(false) : row % 80 == 7 ? .null : .boolean(true)
            #expect(result.values[row] == expected)
        }
        #expect(result.problems.count == 5)
    }

    @Test func failuresReachTheWholeExpressionButNotTheGuards() throws {
        let rows: (SQLType, [Value]) = (.string, [.string("12"), .string("x"), .null])
        let number = Expression.cast(column(0, .string), .integer)
        let negated = try evaluate(.not(.comparison(.equal, number, literal(12))), [rows])
        #expect(negated.values == [.boolean(false), .null, .boolean(true)])
        #expect(negated.problems.count == 1)
        #expect(negated.problems[0].reason == "invalid input syntax for type INTEGER: \"x\"")
        #expect(negated.problems[0].expression == "CAST(C0 AS INTEGER)")
        let fields = try evaluate(.structure([.init("A", number), .init("B", literal(1))]), [rows])
        #expect(fields.values[1] == .structure([.null, .integer(1)]))
        #expect(try evaluate(.isNull(number), [rows]).values == flags("FTT"))
    }

    @Test func caseTakesTheFirstTrueBranchLazily() throws {
        let rows: (SQLType, [Value]) = (.integer, [.integer(0), .integer(5), .integer(20), .null])
        let value = column(0, .integer)
        let ratio = try arithmetic(.divide, literal(100), value)
        let expression = Expression.cases(
            [
                .init(when: .comparison(.equal, value, literal(0)), then: literal(-1)),
                .init(when: .comparison(.less, value, literal(10)), then: ratio),
                .init(when: .comparison(.less, ratio, literal(6)), then: literal(1)),
            ],
            otherwise: nil,
            .integer
        )
        let result = try evaluate(expression, [rows])
        #expect(result.values == [.integer(-1), .integer(20), .integer(1), .null])
        #expect(result.problems.isEmpty)
        let words = Expression.cases(
            [.init(when: .comparison(.greater, value, literal(3)), then: literal("big"))],
            otherwise: .cast(value, .string),
            .string
        )
        #expect(try evaluate(words, [rows]).values == [.string("0"), .string("big"), .string("big"), .null])
    }

    @Test func betweenAndIn() throws {
        let rows: (SQLType, [Value]) = (.bigint, [.bigint(1), .bigint(5), .bigint(9), .null])
        let value = column(0, .bigint)
        #expect(try evaluate(.between(value, low: literal(1), high: literal(5)), [rows]).values == flags("TTFF"))
        #expect(try evaluate(.inList(value, [literal(9), null(.bigint), literal(2)]), [rows]).values == flags("FFTF"))
        let many = (0..<20).map { Expression.literal(.bigint($0 * 3), .bigint) }
        #expect(try evaluate(.inList(value, many), [rows]).values == flags("FFTF"))
        let words: (SQLType, [Value]) = (.string, [.string("w5"), .string("w"), .null])
        let texts = (0..<20).map { literal("w\($0)") }
        #expect(try evaluate(.inList(column(0, .string), texts), [words]).values == flags("TFF"))
    }

    @Test func elementsAndFields() throws {
        let list = SQLType.array(.string)
        let lists: (SQLType, [Value]) = (list, [.array([.string("a"), .string("b")]), .array([]), .null])
        for (index, first) in [(1, Value.string("a")), (-1, .string("b")), (0, .null), (3, .null), (-3, .null)] {
            let values = try evaluate(.element(column(0, list), index: literal(Int32(index))), [lists]).values
            #expect(values == [first, .null, .null])
        }
        let map = SQLType.map(key: .string, value: .integer)
        let maps: (SQLType, [Value]) = (map, [.map([MapEntry(.string("k"), .integer(3))]), .map([])])
        #expect(try evaluate(.element(column(0, map), index: literal("k")), [maps]).values == [.integer(3), .null])
        let type = SQLType.structure([StructField("A", .integer), StructField("B", .string)])
        let structs: (SQLType, [Value]) = (type, [.structure([.integer(1), .string("x")]), .null])
        #expect(try evaluate(.field(column(0, type), 1), [structs]).values == [.string("x"), .null])
    }

    @Test func constructors() throws {
        let rows: (SQLType, [Value]) = (.integer, [.integer(1), .null])
        let list = Expression.array([column(0, .integer), literal(9)], element: .integer)
        #expect(
            try evaluate(list, [rows]).values == [
                .array([.integer(1), .integer(9)]), .array([.null, .integer(9)]),
            ]
        )
        let map = Expression.map(
            [.init(literal("a"), column(0, .integer)), .init(literal("a"), literal(2))],
            key: .string,
            value: .integer
        )
        #expect(try evaluate(map, [rows]).values[0] == .map([MapEntry(.string("a"), .integer(2))]))
    }

    @Test(arguments: [
        ("abc", "abc", true), ("abc", "abd", false), ("a%", "abc", true), ("%c", "abc", true), ("%b%", "abc", true),
        ("a_c", "abc", true), ("a_c", "aéc", true), ("a_", "abc", false), ("%", "", true), ("", "", true),
        ("%a%b%", "xxaxxbxx", true), ("%a%b%", "xxbxxaxx", false), ("a!%", "a%", true), ("a!%", "ab", false),
        ("%x", "a\nx", false), ("%", "a\nb", false), ("a_b", "a\nb", false), ("%aab", "aaab", true),
        ("a%b%c", "abbbc", true), ("_%_", "a", false), ("%b%", "a\nb", false),
    ])
    func like(pattern: String, text: String, expected: Bool) throws {
        let rows: (SQLType, [Value]) = (.string, [.string(text), .null])
        let test = Expression.like(column(0, .string), pattern: literal(pattern), escape: "!")
        #expect(try evaluate(test, [rows]).values == [.boolean(expected), .boolean(false)])
    }

    @Test func deletedRowsReportNothing() throws {
        let rows = batch([(.integer, [.integer(0), .integer(0)])], deleted: [1])
        let context = EvaluationContext()
        _ = try arithmetic(.divide, literal(1), column(0, .integer)).compiled().evaluate(rows, context)
        #expect(context.problems.map(\.row) == [0])
    }

    @Test func selectsRows() throws {
        let rows = batch([(.integer, [.integer(5), .null, .integer(1), .integer(9)])])
        let test = Expression.comparison(.greater, column(0, .integer), literal(3))
        #expect(try test.compiled().evaluateSelection(rows, EvaluationContext()) == [0, 3])
    }
}

/// `T` and `F` as BOOLEANs.
func flags(_ text: String) -> [Value] { text.map { .boolean($0 == "T") } }
