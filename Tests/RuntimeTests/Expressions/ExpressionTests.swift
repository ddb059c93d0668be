import Runtime
import Testing
import Values

@Suite struct ExpressionTests {
    private let price = Expression.column(0, name: "PRICE", .decimal(precision: 4, scale: 2))
    private let count = Expression.column(1, name: "n", .integer)

    @Test func printsAsSQL() {
        let sum = Expression.arithmetic(.add, count, .literal(.integer(2), .integer), .integer)
        let product = Expression.arithmetic(.multiply, sum, count, .integer)
        #expect("\(product)" == "(`n` + 2) * `n`")
        let text = Expression.literal(.string("it's"), .string)
        let either = Expression.or([.comparison(.less, count, product), .isNull(text)])
        #expect(
            "\(Expression.and([either, .not(either)]))".hasPrefix("(`n` < (`n` + 2) * `n` OR 'it''s' IS NULL) AND NOT")
        )
    }

    @Test func derivesDecimalTypes() {
        let type = SQLType.decimal(precision: 4, scale: 2)
        #expect(Expression.Arithmetic.add.resultType(type, type) == .decimal(precision: 5, scale: 2))
        #expect(Expression.Arithmetic.multiply.resultType(type, .integer) == .decimal(precision: 15, scale: 2))
        #expect(Expression.Arithmetic.divide.resultType(type, type) == .decimal(precision: 11, scale: 7))
        #expect(Expression.Arithmetic.remainder.resultType(type, .bigint) == .decimal(precision: 4, scale: 2))
        #expect(Expression.Arithmetic.add.resultType(type, .double) == .double)
        #expect(Expression.Arithmetic.subtract.resultType(.string, .string) == nil)
    }

    @Test func rewritesColumns() {
        let moved = Expression.comparison(.greater, price, count).remappingColumns { $0 + 3 }
        #expect(moved.columnsRead == [3, 4])
    }
}
