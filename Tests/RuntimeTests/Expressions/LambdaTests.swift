import Functions
import Runtime
import Testing
import Values

@Suite struct LambdaTests {
    private let list = SQLType.array(.integer)
    private let lists: (SQLType, [Value]) = (
        .array(.integer), [.array([.integer(1), .integer(2), .integer(3)]), .array([]), .null, .array([.integer(4)])]
    )
    private let factors: (SQLType, [Value]) = (.integer, [.integer(10), .integer(20), .integer(30), .null])

    private func apply(_ name: String, _ arguments: [Expression]) throws -> Expression {
        let function = try FunctionLibrary.builtin.resolve(
            name,
            arguments.map { argument in
                guard case .lambda(let list, let body) = argument else { return .value(argument.type) }
                return .lambda(arity: list.count, result: body.type)
            }
        )
        return .call(function, arguments)
    }

    @Test func bodiesReadOuterColumns() throws {
        let product = try arithmetic(.multiply, .parameter("X", .integer), column(1, .integer))
        let scaled = try apply("TRANSFORM", [column(0, list), .lambda([.init("X", .integer)], body: product)])
        #expect(
            try evaluate(scaled, [lists, factors]).values == [
                .array([.integer(10), .integer(20), .integer(30)]), .array([]), .null, .null,
            ]
        )
    }

    @Test func innerParametersShadowOuterOnes() throws {
        let x = Expression.Parameter("X", .integer)
        let inner = try apply("TRANSFORM", [column(0, list), .lambda([x], body: .parameter("X", .integer))])
        let length = try apply("ARRAY_LENGTH", [inner])
        let sum = try arithmetic(.add, .parameter("X", .integer), length)
        let outer = try apply("TRANSFORM", [column(0, list), .lambda([x], body: sum)])
        #expect(try evaluate(outer, [lists]).values[0] == .array([.integer(4), .integer(5), .integer(6)]))
    }

    @Test func reductionsKeepTheirStateByRow() throws {
        let sum = try arithmetic(.add, .parameter("S", .integer), .parameter("X", .integer))
        let reduce = try apply(
            "REDUCE",
            [column(0, list), column(1, .integer), .lambda([.init("S", .integer), .init("X", .integer)], body: sum)]
        )
        #expect(try evaluate(reduce, [lists, factors]).values == [.integer(16), .integer(20), .integer(30), .null])
    }

    @Test func anOperandThatIsNullFailsItsRow() throws {
        let x = Expression.Parameter("X", .integer)
        let sum = try arithmetic(.add, .parameter("X", .integer), literal(1))
        let rows: (SQLType, [Value]) = (list, [.array([.integer(2), .null]), .array([.null]), .array([.integer(3)])])
        let sums = try evaluate(try apply("TRANSFORM", [column(0, list), .lambda([x], body: sum)]), [rows])
        #expect(sums.values == [.null, .null, .array([.integer(4)])])
        #expect(sums.problems.map(\.row) == [0, 1])
        // What needs no operand does not ask for it.
        let isLarge = Expression.comparison(.greater, sum, literal(3))
        let test = Expression.and([.comparison(.greater, .parameter("X", .integer), literal(2)), isLarge])
        let filtered = try evaluate(try apply("FILTER", [column(0, list), .lambda([x], body: test)]), [rows])
        #expect(filtered.values == [.array([]), .array([]), .array([.integer(3)])])
    }

    @Test func aFailingElementFailsItsRow() throws {
        let ratio = try arithmetic(.divide, literal(6), .parameter("X", .integer))
        let inverse = try apply("TRANSFORM", [column(0, list), .lambda([.init("X", .integer)], body: ratio)])
        let rows: (SQLType, [Value]) = (list, [.array([.integer(2), .integer(0)]), .array([.integer(3)])])
        let result = try evaluate(inverse, [rows])
        #expect(result.values == [.null, .array([.integer(2)])])
        #expect(result.problems.map(\.row) == [0])
    }
}
