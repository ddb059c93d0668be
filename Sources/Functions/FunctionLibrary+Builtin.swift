extension FunctionLibrary {
    /// All scalar functions of the dialect: one array per family, each entry a signature with its code.
    public static let builtin = FunctionLibrary(
        [
            ScalarFunction.mathematics, ScalarFunction.rounding, ScalarFunction.extremes,
            ScalarFunction.strings, ScalarFunction.joining, ScalarFunction.masking,
            ScalarFunction.nulls, ScalarFunction.regularExpressions,
            ScalarFunction.times, ScalarFunction.timeArithmetic,
            ScalarFunction.arrays, ScalarFunction.maps, ScalarFunction.encodings, ScalarFunction.urls,
            ScalarFunction.lambdas, ScalarFunction.json,
        ].flatMap(\.self)
    )
}
