import Values

extension ScalarFunction {
    /// Functions of any type that decide between values and NULL.
    static let nulls: [ScalarFunction] = [
        ScalarFunction(
            "COALESCE",
            "The first argument that is not NULL.",
            example: "COALESCE(NULL, 2, 3)" → "2",
            [.generic("T"), .generic("T")],
            variadic: true,
            returns: .pattern(.generic("T")),
            nulls: .sees,
            evaluate: firstPresent
        ),
        ScalarFunction(
            "IFNULL",
            "The first argument, or the second where that is NULL.",
            example: "IFNULL(NULL, 'none')" → "'none'",
            [.generic("T"), .generic("T")],
            returns: .pattern(.generic("T")),
            nulls: .sees,
            evaluate: firstPresent
        ),
        ScalarFunction(
            "NULLIF",
            "NULL where both arguments are equal, the first argument otherwise.",
            example: "NULLIF('a', 'b')" → "'a'",
            [.generic("T"), .generic("T")],
            returns: .pattern(.generic("T")),
            nulls: .sees
        ) { call in
            let (value, other) = (call.arguments[0], call.arguments[1])
            return call.picked { row in
                let isSame = value.column.holdsSame(row & value.mask, as: other.column, row & other.mask)
                return isSame ? nil : 0
            }
        },
        ScalarFunction(
            "AS_VALUE",
            "The argument itself: copies a key column into the value.",
            example: "AS_VALUE(5)" → "5",
            [.generic("T")],
            returns: .pattern(.generic("T")),
            nulls: .sees
        ) { call in
            call.arguments[0].isConstant ? call.picked { _ in 0 } : call.arguments[0].column
        },
    ]

    @Sendable
    private static func firstPresent(_ call: FunctionCall) -> Column {
        let first = call.arguments[0]
        if !first.isConstant, first.column.validity == nil { return first.column }
        return call.picked { row in call.arguments.firstIndex { !$0.isNull(row) } }
    }
}

extension FunctionCall {
    /// A column that takes each row from the argument that `choice` names; nil gives NULL.
    ///
    /// The arguments have the type of the result.
    @inline(__always)
    func picked(_ choice: (Int) -> Int?) -> Column {
        switch result.storage {
        case .fixed(4): return picked(Int32.self, choice)
        case .fixed(8): return picked(Int64.self, choice)
        default:
            let builder = ColumnBuilder(result, capacity: count)
            for row in 0..<count {
                if let index = choice(row) {
                    builder.append(rowOf: arguments[index].column, row & arguments[index].mask)
                } else {
                    builder.appendNull()
                }
            }
            return builder.finish()
        }
    }

    @inline(__always)
    private func picked<T: BitwiseCopyable>(_: T.Type, _ choice: (Int) -> Int?) -> Column {
        var writer = FixedWriter<T>(rows: count, type: result)
        let readers = arguments.map { FixedReader<T>($0) }
        for row in 0..<count {
            if let index = choice(row), !arguments[index].isNull(row) {
                writer.append(readers[index](row))
            } else {
                writer.appendNull()
            }
        }
        return writer.finish()
    }
}
