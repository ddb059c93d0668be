import Functions
import Values

extension ScalarFunction {
    /// Scalar functions that fail, tell which overload was called, or count their calls.
    static let conformance: [ScalarFunction] = failing + overloaded + choosing + converting

    private static let failing: [ScalarFunction] = [
        ofValues("BAD_UDF", "Fails.", [.exact(.integer)], returns: .integer) { _, _ in
            throw FunctionError("boom!")
        },
        ofValues("BAD_UDF", "Fails for TRUE, else 0.", [.exact(.boolean)], returns: .integer) { arguments, _ in
            if arguments[0] == .boolean(true) { throw FunctionError("you asked me to throw") }
            return .integer(0)
        },
        ofValues(
            "BAD_UDF",
            "NULL and the argument by turns.",
            [.exact(.string)],
            returns: .string,
            isDeterministic: false
        ) { arguments, site in
            let calls = site.cached("calls") { CallCount() }
            calls.number += 1
            return calls.number.isMultiple(of: 2) ? arguments[0] : .null
        },
    ]

    private static let record = SQLType.structure([StructField("A", .string)])

    private static let overloaded: [ScalarFunction] = [
        named("doStuffIntString", [.exact(.integer), .exact(.string)]),
        named("doStuffLongString", [.exact(.bigint), .exact(.string)]),
        named("doStuffLongLongString", [.exact(.bigint), .exact(.bigint), .exact(.string)]),
        named("doStuffLongVarargs", [.exact(.bigint)], variadic: true),
        ofValues("TEST_UDF", "The field A.", [.exact(record)], returns: .string) { arguments, _ in
            if case .structure(let fields) = arguments[0] { fields[0] } else { .null }
        },
        ofValues("TEST_UDF", "A record with A = 'foo'.", [], returns: record) { _, _ in .structure([.string("foo")]) },
    ]

    /// An overload of TEST_UDF that tells its name.
    private static func named(_ text: String, _ parameters: [ParameterType], variadic: Bool = false) -> ScalarFunction {
        ofValues("TEST_UDF", "Tells which overload it is.", parameters, variadic: variadic, returns: .string) { _, _ in
            .string(text)
        }
    }

    private static let choosing: [ScalarFunction] = [
        ofValues(
            "WHENCONDITION",
            "The first argument; fails unless the second is TRUE.",
            [.exact(.boolean), .exact(.boolean)],
            returns: .boolean,
            isDeterministic: false
        ) { arguments, _ in try evaluatedRightly(arguments) },
        ofValues(
            "WHENRESULT",
            "The first argument; fails unless the second is TRUE.",
            [.exact(.integer), .exact(.boolean)],
            returns: .integer,
            isDeterministic: false
        ) { arguments, _ in try evaluatedRightly(arguments) },
    ]

    private static func evaluatedRightly(_ arguments: [Value]) throws -> Value {
        guard arguments[1] == .boolean(true) else {
            throw FunctionError("a part of CASE was evaluated that is not needed")
        }
        return arguments[0]
    }

    private static let converting: [ScalarFunction] = [
        ofValues("TOSTRUCT", "A record with the argument as A.", [.exact(.string)], returns: record) { arguments, _ in
            .structure(arguments)
        },
        ofValues("TOLIST", "A list of the argument.", [.exact(.string)], returns: .array(.string)) { arguments, _ in
            .array(arguments)
        },
        ofValues(
            "TOMAP",
            "A map from the argument to itself.",
            [.exact(.string)],
            returns: .map(key: .string, value: .string)
        ) { arguments, _ in .map([MapEntry(arguments[0], arguments[0])]) },
        ofValues("TOSTRING", "The argument.", [.exact(.string)], returns: .string) { arguments, _ in arguments[0] },
        ofValues("MULTIPLY", "The product.", [.exact(.integer), .exact(.integer)], returns: .bigint) { arguments, _ in
            guard case (.integer(let a), .integer(let b)) = (arguments[0], arguments[1]) else { return .null }
            return .bigint(Int64(a) * Int64(b))
        },
        ofValues("MULTIPLY", "The product.", [.exact(.bigint), .exact(.bigint)], returns: .bigint) { arguments, _ in
            guard case (.bigint(let a), .bigint(let b)) = (arguments[0], arguments[1]) else { return .null }
            return .bigint(a &* b)
        },
        ofValues("MULTIPLY", "The product.", [.exact(.double), .exact(.double)], returns: .double) { arguments, _ in
            guard case (.double(let a), .double(let b)) = (arguments[0], arguments[1]) else { return .null }
            return .double(a * b)
        },
    ]

    /// A function of plain values, row by row; it sees NULLs, and what it throws is the row's failure.
    private static func ofValues(
        _ name: String,
        _ summary: String,
        _ parameters: [ParameterType],
        variadic: Bool = false,
        returns result: SQLType,
        isDeterministic: Bool = true,
        _ body: @escaping @Sendable ([Value], CallSite) throws -> Value
    ) -> ScalarFunction {
        ScalarFunction(
            name,
            summary,
            parameters,
            variadic: variadic,
            returns: .pattern(.exact(result)),
            nulls: .sees,
            isDeterministic: isDeterministic
        ) { call in
            let rows = (0..<call.count).map { row -> Value in
                do {
                    return try body(call.arguments.map { $0.column.value(at: row & $0.mask) }, call.site)
                } catch {
                    call.site.fail(row, "\(error)")
                    return .null
                }
            }
            return Column.of(call.result, rows)
        }
    }
}

/// How often a call was evaluated.
private final class CallCount {
    var number = 0
}
