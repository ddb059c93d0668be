import Runtime
import Values

extension Expression {
    /// The value of an expression that reads no column, computed now; nil when it reads one, or has no value.
    func value() -> Value? { try? computed().get() }

    /// Why an expression that reads no column has no value.
    var failure: String? {
        if case .failure(let failure) = computed() { failure.reason } else { nil }
    }

    private struct NoValue: Error {
        let reason: String?
    }

    private func computed() -> Result<Value, NoValue> {
        if case .literal(let value, _) = self { return .success(value) }
        guard columnsRead.isEmpty, !readsRowTime, let compiled = try? compiled() else {
            return .failure(NoValue(reason: nil))
        }
        let row = Batch(
            schema: Schema(key: [], values: []),
            count: 1,
            columns: [],
            timestamps: Column.of(.bigint, [.bigint(0)])
        )
        let context = EvaluationContext()
        let column = compiled.evaluate(row, context)
        if context.problemCount > 0 { return .failure(NoValue(reason: context.problems.first?.reason)) }
        return .success(column.value(at: 0))
    }

    /// The value of an expression that is the same whenever it is computed; nil when there is none.
    func constantValue() -> Value? { isConstant ? value() : nil }

    /// The expression with every constant part computed.
    ///
    /// A part that cannot be computed stays, so that each row reports it.
    var folded: Expression {
        if case .literal = self { return self }
        if let value = constantValue() { return .literal(value, type) }
        return with(children: children.map(\.folded))
    }
}
