import Values

extension ScalarFunction {
    /// GREATEST and LEAST over every ordered type.
    static let extremes: [ScalarFunction] = [1, -1].flatMap { sign in
        orderedTypes.map { parameter in
            let isInteger = parameter == .exact(.integer)
            let example =
                sign > 0 ? "GREATEST(3, NULL, 7)" → "7" : "LEAST(3, NULL, 7)" → "3"
            return ScalarFunction(
                sign > 0 ? "GREATEST" : "LEAST",
                sign > 0 ? "The largest argument; NULLs are left out." : "The smallest argument; NULLs are left out.",
                example: isInteger ? example : nil,
                [parameter, parameter],
                variadic: true,
                returns: .pattern(parameter),
                nulls: .sees
            ) { call in
                call.picked { row in
                    var best: Int?
                    for (index, argument) in call.arguments.enumerated() where !argument.isNull(row) {
                        guard let current = best else {
                            best = index
                            continue
                        }
                        let other = call.arguments[current]
                        let order = argument.column.order(row & argument.mask, other.column, row & other.mask)
                        if order * sign > 0 { best = index }
                    }
                    return best
                }
            }
        }
    }

    private static let orderedTypes: [ParameterType] =
        [.exact(.integer), .exact(.bigint), .decimal, .exact(.double)]
        + [.exact(.string), .exact(.bytes), .exact(.date), .exact(.time), .exact(.timestamp)]
}

extension Column {
    /// Negative, zero or positive, as a row sorts before, with or behind a row of a column of the same type; neither is
    /// NULL.
    ///
    /// ARRAY, MAP and STRUCT have no order.
    func order(_ row: Int, _ other: Column, _ otherRow: Int) -> Int {
        switch type.storage {
        case .fixed(1): return sorted(values(as: UInt8.self)[row], other.values(as: UInt8.self)[otherRow])
        case .fixed(4): return sorted(values(as: Int32.self)[row], other.values(as: Int32.self)[otherRow])
        case .fixed(8):
            if type == .double { return sorted(values(as: Double.self)[row], other.values(as: Double.self)[otherRow]) }
            return sorted(values(as: Int64.self)[row], other.values(as: Int64.self)[otherRow])
        case .fixed: return sorted(values(as: Int128.self)[row], other.values(as: Int128.self)[otherRow])
        case .variable:
            let (a, b) = (bytes(row), other.bytes(otherRow))
            return type == .bytes ? ByteOrder.signed(a, b) : ByteOrder.unsigned(a, b)
        case .list, .structure: return 0
        }
    }

    private func sorted<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a > b ? 1 : 0 }
}
