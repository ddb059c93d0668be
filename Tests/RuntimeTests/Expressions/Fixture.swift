import Runtime
import Testing
import Values

/// A column of a test batch.
func column(_ index: Int, _ type: SQLType) -> Expression { .column(index, name: "C\(index)", type) }

func literal(_ value: Int32) -> Expression { .literal(.integer(value), .integer) }
func literal(_ value: String) -> Expression { .literal(.string(value), .string) }
func literal(double value: Double) -> Expression { .literal(.double(value), .double) }
func null(_ type: SQLType) -> Expression { .literal(.null, type) }

func decimal(_ unscaled: Int128, _ scale: Int) -> Value { .decimal(Decimal(unscaled: unscaled, scale: scale)) }

/// `left op right` with the type that the dialect gives it.
func arithmetic(_ op: Expression.Arithmetic, _ left: Expression, _ right: Expression) throws -> Expression {
    .arithmetic(op, left, right, try #require(op.resultType(left.type, right.type)))
}

/// A batch of columns given by type and values.
func batch(_ columns: [(SQLType, [Value])], deleted: [Int] = []) -> Batch {
    let count = columns.first?.1.count ?? 1
    let flags = deleted.isEmpty ? nil : Buffer.zeroed(capacity: count)
    for row in deleted { flags?.base.storeBytes(of: 1, toByteOffset: row, as: UInt8.self) }
    return Batch(
        schema: Schema(key: [], values: columns.indices.map { Schema.Field("C\($0)", columns[$0].0) }),
        count: count,
        columns: columns.map { Column.of($0.0, $0.1) },
        timestamps: Column.of(.bigint, (0..<count).map { .bigint(Int64($0) * 1000) }),
        deleted: flags
    )
}

/// The value of an expression in every row, and what was reported.
func evaluate(
    _ expression: Expression,
    _ columns: [(SQLType, [Value])] = []
) throws -> (values: [Value], problems: [EvaluationContext.Problem]) {
    let context = EvaluationContext(clock: { 1_600_000_000_000 })
    let rows = batch(columns)
    let result = try expression.compiled().evaluate(rows, context)
    #expect(result.type == expression.type)
    #expect(result.count == rows.count)
    return ((0..<result.count).map { result.value(at: $0) }, context.takeProblems().first)
}
