import Values

extension ScalarFunction {
    private static let list = ParameterType.array(.generic("T"))
    private static let map = ParameterType.map(key: .generic("K"), value: .generic("V"))
    private static let (key, value) = (ParameterType.generic("K"), ParameterType.generic("V"))
    private static let state = ParameterType.generic("S")

    /// Functions that apply a lambda to every element of an ARRAY or entry of a MAP.
    static let lambdas: [ScalarFunction] = [
        ScalarFunction(
            "FILTER",
            "The elements for which the lambda is TRUE.",
            example: "FILTER(ARRAY[1, 5, 3], x => x > 2)" → "ARRAY[5, 3]",
            [list, .lambda([.generic("T")], .exact(.boolean))],
            returns: .pattern(list),
            evaluate: filtered
        ),
        ScalarFunction(
            "FILTER",
            "The entries for which the lambda is TRUE.",
            example: "FILTER(MAP('a' := 1, 'b' := 5), (k, v) => v > 2)" → "MAP('b' := 5)",
            [map, .lambda([key, value], .exact(.boolean))],
            returns: .pattern(map),
            evaluate: filtered
        ),
        ScalarFunction(
            "TRANSFORM",
            "The values of the lambda for every element.",
            example: "TRANSFORM(ARRAY[1, 2], x => x * 10)" → "ARRAY[10, 20]",
            [list, .lambda([.generic("T")], .generic("R"))],
            returns: .pattern(.array(.generic("R")))
        ) { call in
            let elements = Elements(call)
            return elements.column(call, [call.lambdas[0].evaluate(elements.parameters, rows: elements.rows)])
        },
        ScalarFunction(
            "TRANSFORM",
            "The map of what two lambdas make of every key and value.",
            example: "TRANSFORM(MAP('a' := 1), (k, v) => UCASE(k), (k, v) => v + 1)" → "MAP('A' := 2)",
            [map, .lambda([key, value], .generic("R")), .lambda([key, value], .generic("W"))],
            returns: .pattern(.map(key: .generic("R"), value: .generic("W"))),
            evaluate: transformedMap
        ),
        ScalarFunction(
            "REDUCE",
            "The state after the lambda was applied to it and every element.",
            example: "REDUCE(ARRAY[1, 2, 3], 10, (s, x) => s + x)" → "16",
            [list, state, .lambda([state, .generic("T")], state)],
            returns: .pattern(state),
            nulls: .sees,
            evaluate: reduced
        ),
        ScalarFunction(
            "REDUCE",
            "The state after the lambda was applied to it and every entry.",
            example: "REDUCE(MAP('a' := 1, 'b' := 2), 0, (s, k, v) => s + v)" → "3",
            [map, state, .lambda([state, key, value], state)],
            returns: .pattern(state),
            nulls: .sees,
            evaluate: reduced
        ),
    ]
}

/// All elements of the first argument, row by row.
private struct Elements {
    /// The row that each element belongs to.
    private(set) var rows: [Int32] = []
    /// Elements, or keys and values.
    private(set) var parameters: [Column] = []
    /// `count + 1` places in ``rows``.
    private(set) var offsets: [Int32] = [0]

    init(_ call: FunctionCall) {
        var indices: [Int32] = []
        for row in 0..<call.count {
            if !call.arguments[0].isNull(row) {
                for index in call.elements(0, row) {
                    indices.append(Int32(truncatingIfNeeded: index))
                    rows.append(Int32(truncatingIfNeeded: row))
                }
            }
            offsets.append(Int32(truncatingIfNeeded: rows.count))
        }
        parameters = call.arguments[0].column.children.map { $0.rows(indices) }
    }

    /// The elements `children` as the lists of the call's rows; NULL where the argument is.
    func column(_ call: FunctionCall, _ children: [Column]) -> Column {
        let buffer = Buffer(capacity: offsets.count * 4)
        offsets.withUnsafeBytes {
            if let start = $0.baseAddress { buffer.base.copyMemory(from: start, byteCount: $0.count) }
        }
        var validity: Buffer?
        for row in 0..<call.count where call.arguments[0].isNull(row) {
            let bitmap = validity ?? Bitmap.buffer(call.count, allSet: true)
            validity = bitmap
            Bitmap.clear(bitmap.base.assumingMemoryBound(to: UInt64.self), row)
        }
        return Column(type: call.result, count: call.count, validity: validity, offsets: buffer, children: children)
    }
}

extension Column {
    /// The rows `indices`, in that order.
    fileprivate func rows(_ indices: [Int32]) -> Column {
        indices.withUnsafeBufferPointer { list in
            list.baseAddress.map { gather($0, count: list.count) } ?? Column.of(type, [])
        }
    }
}

@Sendable
private func filtered(_ call: FunctionCall) -> Column {
    let elements = Elements(call)
    let passes = call.lambdas[0].evaluate(elements.parameters, rows: elements.rows)
    let flags = passes.values(as: UInt8.self)
    return call.lists { row, out in
        let range = Int(elements.offsets[row])..<Int(elements.offsets[row + 1])
        if passes.validity != nil, range.contains(where: passes.isNull) {
            throw FunctionError("the lambda is NULL for an element")
        }
        for index in range where flags[index] != 0 {
            for (child, source) in zip(out.children, elements.parameters) { child.append(rowOf: source, index) }
        }
        return true
    }
}

/// Two keys that become one have no answer.
@Sendable
private func transformedMap(_ call: FunctionCall) -> Column {
    let elements = Elements(call)
    let keys = call.lambdas[0].evaluate(elements.parameters, rows: elements.rows)
    let values = call.lambdas[1].evaluate(elements.parameters, rows: elements.rows)
    for row in 0..<call.count {
        var seen = ElementSet()
        for index in Int(elements.offsets[row])..<Int(elements.offsets[row + 1]) where !seen.insert(keys, index) {
            call.site.fail(row, "two keys of the map become the same")
            break
        }
    }
    return elements.column(call, [keys, values])
}

/// Applies the lambda to the first elements of all rows, then to the second ones, and so on.
@Sendable
private func reduced(_ call: FunctionCall) -> Column {
    let start = call.arguments[1]
    let lengths = (0..<call.count).map { row in
        call.arguments[0].isNull(row) || start.isNull(row) ? 0 : call.elements(0, row).count
    }
    // By length, longest first: the rows that are still at work are always a prefix.
    let order = (0..<call.count).sorted { (lengths[$0], $1) > (lengths[$1], $0) }
    var final = [(column: Column, row: Int)](repeating: (start.column, 0), count: call.count)
    for row in 0..<call.count { final[row] = (start.column, row & start.mask) }
    var states = start.column.rows(order.map { Int32(truncatingIfNeeded: $0 & start.mask) })
    for step in 0..<(order.first.map { lengths[$0] } ?? 0) {
        let active = order.prefix { lengths[$0] > step }
        let elements = active.map { Int32(truncatingIfNeeded: call.elements(0, $0).lowerBound + step) }
        let parameters = [states.slice(0..<active.count)] + call.arguments[0].column.children.map { $0.rows(elements) }
        states = call.lambdas[0].evaluate(parameters, rows: active.map { Int32(truncatingIfNeeded: $0) })
        for (place, row) in active.enumerated() { final[row] = (states, place) }
    }
    let builder = ColumnBuilder(call.result, capacity: call.count)
    for (column, row) in final { builder.append(rowOf: column, row) }
    return builder.finish()
}
