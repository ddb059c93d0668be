extension FunctionLibrary {
    /// All scalar functions of the dialect: one array per family, each entry a signature with its code.
    public static let builtin = FunctionLibrary(
        ScalarFunction.mathematics + ScalarFunction.rounding
    )
}
