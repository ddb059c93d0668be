import Values

extension ScalarFunction {
    private static let list = ParameterType.array(.generic("T"))
    private static let element = ParameterType.generic("T")

    /// ARRAYs: their elements, and sets of them.
    static let arrays: [ScalarFunction] =
        elementsOfArrays + sets + [
            ScalarFunction(
                "ARRAY_SORT",
                "The elements in order, NULLs last.",
                example: "ARRAY_SORT(ARRAY[3, NULL, 1])" → "ARRAY[1, 3, NULL]",
                [list],
                returns: .pattern(list)
            ) { call in sorted(call) { _ in true } },
            ScalarFunction(
                "ARRAY_SORT",
                "The elements in ascending (ASC) or descending (DESC) order, NULLs last.",
                example: "ARRAY_SORT(ARRAY[3, NULL, 1], 'DESC')" → "ARRAY[3, 1, NULL]",
                [list, .exact(.string)],
                returns: .pattern(list)
            ) { call in
                let directions = String.Reader(call.arguments[1])
                return sorted(call) { row in
                    switch directions(row).uppercased() {
                    case "ASC", "ASCENDING": true
                    case "DESC", "DESCENDING": false
                    default: nil
                    }
                }
            },
            ScalarFunction(
                "SLICE",
                "The elements from one position through another; NULL outside of the array.",
                example: "SLICE(ARRAY['a', 'b', 'c', 'd'], 2, 3)" → "ARRAY['b', 'c']",
                [list, .exact(.integer), .exact(.integer)],
                returns: .pattern(list),
                nulls: .sees
            ) { call in
                let from = Optional<Int32>.Reader(call.arguments[1])
                let to = Optional<Int32>.Reader(call.arguments[2])
                return call.lists(strict: false) { row, out in
                    guard !call.arguments[0].isNull(row) else { return false }
                    let elements = call.elements(0, row)
                    let first = from(row).map(Int.init) ?? 1
                    let last = to(row).map(Int.init) ?? elements.count
                    guard first >= 1, last <= elements.count, first <= last + 1 else { return false }
                    for index in first..<(last + 1) {
                        out.children[0].append(rowOf: call.child(0), elements.lowerBound + index - 1)
                    }
                    return true
                }
            },
        ] + [SQLType.integer, .bigint].flatMap { type in [false, true].map { series(of: type, hasStep: $0) } }

    private static let elementsOfArrays: [ScalarFunction] = [
        ScalarFunction(
            "ARRAY_LENGTH",
            "The number of elements.",
            example: "ARRAY_LENGTH(ARRAY[1, NULL, 3])" → "3",
            [list],
            returns: .pattern(.exact(.integer))
        ) { call in
            call.rows(Int32.self, seesNull: [false]) { row in Int32(truncatingIfNeeded: call.elements(0, row).count) }
        },
        ScalarFunction(
            "ARRAY_CONTAINS",
            "Whether the array has the element; FALSE for a NULL array.",
            example: "ARRAY_CONTAINS(ARRAY[1, 2], 2)" → "TRUE",
            [list, element],
            returns: .pattern(.exact(.boolean)),
            nulls: .sees
        ) { call in
            let wanted = call.arguments[1]
            return call.rows(Bool.self, seesNull: [true, true]) { row in
                guard !call.arguments[0].isNull(row) else { return false }
                return call.elements(0, row).contains {
                    call.child(0).holdsSame($0, as: wanted.column, row & wanted.mask)
                }
            }
        },
        ScalarFunction(
            "ARRAY_JOIN",
            "The elements as one text with commas between them.",
            example: "ARRAY_JOIN(ARRAY[1, NULL, 3])" → "'1,null,3'",
            [list],
            returns: .pattern(.exact(.string))
        ) { call in joined(call) },
        ScalarFunction(
            "ARRAY_JOIN",
            "The elements as one text with a delimiter between them.",
            example: "ARRAY_JOIN(ARRAY['a', 'b'], ' - ')" → "'a - b'",
            [list, .exact(.string)],
            returns: .pattern(.exact(.string)),
            nulls: .sees
        ) { call in joined(call) },
        extreme("ARRAY_MAX", "The largest element; NULLs are left out.", "ARRAY_MAX(ARRAY[3, NULL, 7])" → "7", 1),
        extreme("ARRAY_MIN", "The smallest element; NULLs are left out.", "ARRAY_MIN(ARRAY[3, NULL, 7])" → "3", -1),
        ScalarFunction(
            "ARRAY_REMOVE",
            "The array without the elements that equal the second argument.",
            example: "ARRAY_REMOVE(ARRAY[1, 2, 1, 3], 1)" → "ARRAY[2, 3]",
            [list, element],
            returns: .pattern(list),
            nulls: .sees
        ) { call in
            let victim = call.arguments[1]
            return call.lists(strict: false) { row, out in
                guard !call.arguments[0].isNull(row) else { return false }
                for index in call.elements(0, row)
                where !call.child(0).holdsSame(index, as: victim.column, row & victim.mask) {
                    out.children[0].append(rowOf: call.child(0), index)
                }
                return true
            }
        },
        ScalarFunction(
            "ARRAY_CONCAT",
            "The elements of both arrays; a NULL array counts as empty.",
            example: "ARRAY_CONCAT(ARRAY[1, 2], ARRAY[2])" → "ARRAY[1, 2, 2]",
            [list, list],
            returns: .pattern(list),
            nulls: .sees
        ) { call in
            call.lists(strict: false) { row, out in
                // In REDUCE a list may double with every step.
                let length = (0..<2).reduce(0) {
                    $0 + (call.arguments[$1].isNull(row) ? 0 : call.elements($1, row).count)
                }
                guard out.children[0].count + length <= elementsTotalMax else {
                    throw FunctionError("the arrays of a batch have at most \(elementsTotalMax) elements")
                }
                for argument in 0..<2 where !call.arguments[argument].isNull(row) {
                    out.children[0].append(rowsOf: call.child(argument), call.elements(argument, row))
                }
                return !call.arguments[0].isNull(row) || !call.arguments[1].isNull(row)
            }
        },
    ]

    private static let sets: [ScalarFunction] = [
        ScalarFunction(
            "ARRAY_DISTINCT",
            "The array with each element once, in the order of the first ones.",
            example: "ARRAY_DISTINCT(ARRAY[1, 2, 1, NULL, NULL])" → "ARRAY[1, 2, NULL]",
            [list],
            returns: .pattern(list)
        ) { call in
            call.lists { row, out in
                var seen = ElementSet()
                call.appendNew(0, row, &seen, to: out)
                return true
            }
        },
        ScalarFunction(
            "ARRAY_UNION",
            "The different elements of both arrays.",
            example: "ARRAY_UNION(ARRAY[1, 2], ARRAY[3, 2])" → "ARRAY[1, 2, 3]",
            [list, list],
            returns: .pattern(list)
        ) { call in
            call.lists { row, out in
                var seen = ElementSet()
                call.appendNew(0, row, &seen, to: out)
                call.appendNew(1, row, &seen, to: out)
                return true
            }
        },
        membership("ARRAY_INTERSECT", "The different elements that both arrays have.", "ARRAY[2]", true),
        membership("ARRAY_EXCEPT", "The different elements that only the first array has.", "ARRAY[1]", false),
    ]

    private static func membership(
        _ name: String,
        _ summary: String,
        _ result: String,
        _ isMember: Bool
    ) -> ScalarFunction {
        ScalarFunction(
            name,
            summary,
            example: "\(name)(ARRAY[1, 2, 2], ARRAY[2, 3])" → result,
            [list, list],
            returns: .pattern(list)
        ) { call in
            call.lists { row, out in
                var others = ElementSet()
                for index in call.elements(1, row) { _ = others.insert(call.child(1), index) }
                var seen = ElementSet()
                call.appendNew(0, row, &seen, to: out) { others.contains(call.child(0), $0) == isMember }
                return true
            }
        }
    }

    private static func extreme(
        _ name: String,
        _ summary: String,
        _ example: FunctionExample,
        _ sign: Int
    ) -> ScalarFunction {
        ScalarFunction(name, summary, example: example, [list], returns: .pattern(element)) { call in
            let child = call.child(0)
            return call.picked(from: 0) { row in
                guard !call.arguments[0].isNull(row) else { return nil }
                var best: Int?
                for index in call.elements(0, row) where !child.isNull(index) {
                    if best.map({ child.order(index, child, $0) * sign > 0 }) ?? true { best = index }
                }
                return best
            }
        }
    }

    /// Elements of a series at the most.
    private static let seriesLengthMax = 1_000_000
    /// Elements of all arrays that a call makes for a batch at the most: far more would not fit the offsets of a column.
    private static let elementsTotalMax = 1 << 26

    private static func series(of type: SQLType, hasStep: Bool) -> ScalarFunction {
        let example =
            hasStep
            ? "GENERATE_SERIES(10, 0, -5)" → "ARRAY[10, 5, 0]" : "GENERATE_SERIES(1, 3)" → "ARRAY[1, 2, 3]"
        return ScalarFunction(
            "GENERATE_SERIES",
            "The numbers from one through another, by steps of 1 or -1 or as given.",
            example: type == .integer ? example : nil,
            [.exact(type), .exact(type)] + (hasStep ? [.exact(.integer)] : []),
            returns: .pattern(.array(.exact(type)))
        ) { call in
            let isWide = type == .bigint
            let bound = { (argument: Int, row: Int) -> Int in
                let column = call.arguments[argument].column
                let index = row & call.arguments[argument].mask
                return isWide ? Int(column.values(as: Int64.self)[index]) : Int(column.values(as: Int32.self)[index])
            }
            let steps = hasStep ? Int32.Reader(call.arguments[2]) : nil
            return call.lists { row, out in
                let (first, last) = (bound(0, row), bound(1, row))
                let step = steps.map { Int($0(row)) } ?? (last < first ? -1 : 1)
                if step == 0 || (last != first && (last > first) != (step > 0)) {
                    throw FunctionError("a step of \(step) does not lead from \(first) to \(last)")
                }
                let (distance, overflow) = last.subtractingReportingOverflow(first)
                // The smallest distance has no quotient by -1, so both are taken without their sign.
                guard !overflow, distance.magnitude / step.magnitude < seriesLengthMax else {
                    throw FunctionError("a series has at most \(seriesLengthMax) numbers")
                }
                let length = Int(distance.magnitude / step.magnitude) + 1
                guard out.children[0].count + length <= elementsTotalMax else {
                    throw FunctionError("the series of a batch have at most \(elementsTotalMax) numbers")
                }
                var number = first
                for _ in 0..<length {
                    defer { number &+= step }
                    if isWide {
                        out.children[0].append(Int64(number))
                    } else {
                        out.children[0].append(Int32(truncatingIfNeeded: number))
                    }
                }
                return true
            }
        }
    }
}

extension FunctionCall {
    /// Appends the elements of a row that are not among those seen and that pass.
    fileprivate func appendNew(
        _ argument: Int,
        _ row: Int,
        _ seen: inout ElementSet,
        to out: ColumnBuilder,
        where passes: (Int) -> Bool = { _ in true }
    ) {
        let child = child(argument)
        for index in elements(argument, row) where passes(index) && seen.insert(child, index) {
            out.children[0].append(rowOf: child, index)
        }
    }
}

/// Sorts every list; `isAscending` is nil where the direction is not known, which gives NULL.
private func sorted(_ call: FunctionCall, _ isAscending: (Int) -> Bool?) -> Column {
    let child = call.child(0)
    return call.lists { row, out in
        guard let isAscending = isAscending(row) else { return false }
        let elements = call.elements(0, row)
        let present = elements.filter { !child.isNull($0) }.sorted { left, right in
            let order = child.order(left, child, right)
            // Equal elements keep their order.
            return order == 0 ? left < right : (order < 0) == isAscending
        }
        for index in present { out.children[0].append(rowOf: child, index) }
        for _ in present.count..<elements.count { out.children[0].appendNull() }
        return true
    }
}

private func joined(_ call: FunctionCall) -> Column {
    let child = call.child(0)
    let delimiters = call.arguments.count > 1 ? Optional<Text>.Reader(call.arguments[1]) : nil
    return call.texts(seesNull: [false, true].prefix(call.arguments.count) + []) { row, out in
        switch child.type {
        case .array, .map, .structure, .bytes, .date, .time, .timestamp:
            throw FunctionError("ARRAY_JOIN takes texts, numbers and BOOLEANs, not \(child.type)")
        default: break
        }
        let elements = call.elements(0, row)
        for index in elements {
            if index > elements.lowerBound {
                if let delimiters {
                    if let delimiter = delimiters(row) { out.append(delimiter.bytes) }
                } else {
                    out.append(0x2C)
                }
            }
            out.append(rowOf: child, index)
        }
        return true
    }
}
