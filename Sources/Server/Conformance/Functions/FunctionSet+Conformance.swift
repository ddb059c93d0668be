import Functions

extension FunctionSet {
    /// The functions of the dialect, and those that only conformance cases call.
    public static let conformance = FunctionSet.builtin.adding(
        scalars: ScalarFunction.conformance,
        aggregates: AggregateFunction.conformance,
        tables: ValueTableFunction.conformance
    )
}
