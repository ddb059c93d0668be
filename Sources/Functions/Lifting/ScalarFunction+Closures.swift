import Values

/// Closures of up to five parameters as functions over columns: their Swift types are the SQL signature.
///
/// A NULL for a parameter that is not an Optional gives NULL; so does a nil result. What the closure throws is reported
/// for the row, whose value is NULL.
extension ScalarFunction {
    /// A function without parameters; its value differs from call to call.
    init<R: FunctionOutput>(
        _ name: String,
        _ summary: String,
        example: FunctionExample? = nil,
        returns result: FunctionResult = .pattern(R.result),
        isDeterministic: Bool = false,
        _ body: @escaping @Sendable () throws -> R?
    ) {
        self.init(
            name,
            summary,
            example: example,
            [],
            returns: result,
            nulls: .sees,
            isDeterministic: isDeterministic
        ) { call in
            call.rows(R.self, seesNull: []) { row in try body() }
        }
    }

    /// A function of one parameter.
    init<A: FunctionInput, R: FunctionOutput>(
        _ name: String,
        _ summary: String,
        example: FunctionExample? = nil,
        returns result: FunctionResult = .pattern(R.result),
        _ body: @escaping @Sendable (A) throws -> R?
    ) {
        self.init(
            name,
            summary,
            example: example,
            [A.parameter],
            returns: result,
            nulls: anySees([A.acceptsNull])
        ) { call in
            let a = A.Reader(call.arguments[0])
            return call.rows(R.self, seesNull: [A.acceptsNull]) { row in try body(a(row)) }
        }
    }

    /// A function of two parameters.
    init<A: FunctionInput, B: FunctionInput, R: FunctionOutput>(
        _ name: String,
        _ summary: String,
        example: FunctionExample? = nil,
        returns result: FunctionResult = .pattern(R.result),
        _ body: @escaping @Sendable (A, B) throws -> R?
    ) {
        self.init(
            name,
            summary,
            example: example,
            [A.parameter, B.parameter],
            returns: result,
            nulls: anySees([A.acceptsNull, B.acceptsNull])
        ) { call in
            let a = A.Reader(call.arguments[0])
            let b = B.Reader(call.arguments[1])
            return call.rows(R.self, seesNull: [A.acceptsNull, B.acceptsNull]) { row in try body(a(row), b(row)) }
        }
    }

    /// A function of three parameters.
    init<A: FunctionInput, B: FunctionInput, C: FunctionInput, R: FunctionOutput>(
        _ name: String,
        _ summary: String,
        example: FunctionExample? = nil,
        returns result: FunctionResult = .pattern(R.result),
        _ body: @escaping @Sendable (A, B, C) throws -> R?
    ) {
        self.init(
            name,
            summary,
            example: example,
            [A.parameter, B.parameter, C.parameter],
            returns: result,
            nulls: anySees([A.acceptsNull, B.acceptsNull, C.acceptsNull])
        ) { call in
            let a = A.Reader(call.arguments[0])
            let b = B.Reader(call.arguments[1])
            let c = C.Reader(call.arguments[2])
            return call.rows(R.self, seesNull: [A.acceptsNull, B.acceptsNull, C.acceptsNull]) { row in
                try body(a(row), b(row), c(row))
            }
        }
    }

    /// A function of four parameters.
    init<A: FunctionInput, B: FunctionInput, C: FunctionInput, D: FunctionInput, R: FunctionOutput>(
        _ name: String,
        _ summary: String,
        example: FunctionExample? = nil,
        returns result: FunctionResult = .pattern(R.result),
        _ body: @escaping @Sendable (A, B, C, D) throws -> R?
    ) {
        self.init(
            name,
            summary,
            example: example,
            [A.parameter, B.parameter, C.parameter, D.parameter],
            returns: result,
            nulls: anySees([A.acceptsNull, B.acceptsNull, C.acceptsNull, D.acceptsNull])
        ) { call in
            let a = A.Reader(call.arguments[0])
            let b = B.Reader(call.arguments[1])
            let c = C.Reader(call.arguments[2])
            let d = D.Reader(call.arguments[3])
            return call.rows(R.self, seesNull: [A.acceptsNull, B.acceptsNull, C.acceptsNull, D.acceptsNull]) { row in
                try body(a(row), b(row), c(row), d(row))
            }
        }
    }

    /// A function of five parameters.
    init<A: FunctionInput, B: FunctionInput, C: FunctionInput, D: FunctionInput, E: FunctionInput, R: FunctionOutput>(
        _ name: String,
        _ summary: String,
        example: FunctionExample? = nil,
        returns result: FunctionResult = .pattern(R.result),
        _ body: @escaping @Sendable (A, B, C, D, E) throws -> R?
    ) {
        self.init(
            name,
            summary,
            example: example,
            [A.parameter, B.parameter, C.parameter, D.parameter, E.parameter],
            returns: result,
            nulls: anySees([A.acceptsNull, B.acceptsNull, C.acceptsNull, D.acceptsNull, E.acceptsNull])
        ) { call in
            let a = A.Reader(call.arguments[0])
            let b = B.Reader(call.arguments[1])
            let c = C.Reader(call.arguments[2])
            let d = D.Reader(call.arguments[3])
            let e = E.Reader(call.arguments[4])
            return call.rows(
                R.self,
                seesNull: [A.acceptsNull, B.acceptsNull, C.acceptsNull, D.acceptsNull, E.acceptsNull]
            ) { row in try body(a(row), b(row), c(row), d(row), e(row)) }
        }
    }

    /// A function of one parameter that writes its STRING or BYTES result; false makes it NULL.
    init<A: FunctionInput>(
        writing name: String,
        _ summary: String,
        example: FunctionExample? = nil,
        returns result: SQLType = .string,
        _ body: @escaping @Sendable (A, inout ByteWriter) throws -> Bool
    ) {
        self.init(
            name,
            summary,
            example: example,
            [A.parameter],
            returns: .pattern(.exact(result)),
            nulls: anySees([A.acceptsNull])
        ) { call in
            let a = A.Reader(call.arguments[0])
            return call.texts(seesNull: [A.acceptsNull]) { row, out in try body(a(row), &out) }
        }
    }

    /// A function of two parameters that writes its STRING or BYTES result; false makes it NULL.
    init<A: FunctionInput, B: FunctionInput>(
        writing name: String,
        _ summary: String,
        example: FunctionExample? = nil,
        returns result: SQLType = .string,
        _ body: @escaping @Sendable (A, B, inout ByteWriter) throws -> Bool
    ) {
        self.init(
            name,
            summary,
            example: example,
            [A.parameter, B.parameter],
            returns: .pattern(.exact(result)),
            nulls: anySees([A.acceptsNull, B.acceptsNull])
        ) { call in
            let a = A.Reader(call.arguments[0])
            let b = B.Reader(call.arguments[1])
            return call.texts(seesNull: [A.acceptsNull, B.acceptsNull]) { row, out in try body(a(row), b(row), &out) }
        }
    }

    /// A function of three parameters that writes its STRING or BYTES result; false makes it NULL.
    init<A: FunctionInput, B: FunctionInput, C: FunctionInput>(
        writing name: String,
        _ summary: String,
        example: FunctionExample? = nil,
        returns result: SQLType = .string,
        _ body: @escaping @Sendable (A, B, C, inout ByteWriter) throws -> Bool
    ) {
        self.init(
            name,
            summary,
            example: example,
            [A.parameter, B.parameter, C.parameter],
            returns: .pattern(.exact(result)),
            nulls: anySees([A.acceptsNull, B.acceptsNull, C.acceptsNull])
        ) { call in
            let a = A.Reader(call.arguments[0])
            let b = B.Reader(call.arguments[1])
            let c = C.Reader(call.arguments[2])
            return call.texts(seesNull: [A.acceptsNull, B.acceptsNull, C.acceptsNull]) { row, out in
                try body(a(row), b(row), c(row), &out)
            }
        }
    }
}

private func anySees(_ flags: [Bool]) -> NullPolicy { flags.contains(true) ? .sees : .strict }
