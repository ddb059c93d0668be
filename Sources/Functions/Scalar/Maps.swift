import Values

extension ScalarFunction {
    private static let map = ParameterType.map(key: .exact(.string), value: .generic("T"))

    /// MAPs: their keys and values, and maps of other things.
    static let maps: [ScalarFunction] = [
        ScalarFunction(
            "MAP_KEYS",
            "The keys of a map.",
            example: "MAP_KEYS(MAP('a' := 1, 'b' := 2))" → "ARRAY['a', 'b']",
            [map],
            returns: .pattern(.array(.exact(.string)))
        ) { call in part(call, 0) },
        ScalarFunction(
            "MAP_VALUES",
            "The values of a map.",
            example: "MAP_VALUES(MAP('a' := 1, 'b' := 2))" → "ARRAY[1, 2]",
            [map],
            returns: .pattern(.array(.generic("T")))
        ) { call in part(call, 1) },
        ScalarFunction(
            "MAP_UNION",
            "The entries of both maps; the second has the last word, and a NULL map counts as empty.",
            example: "MAP_UNION(MAP('a' := 1, 'b' := 2), MAP('b' := 3))" → "MAP('a' := 1, 'b' := 3)",
            [map, map],
            returns: .pattern(map),
            nulls: .sees
        ) { call in
            call.lists(strict: false) { row, out in
                let present = (0..<2).filter { !call.arguments[$0].isNull(row) }
                let entries = present.flatMap { argument in
                    call.elements(argument, row).map { (keys: call.child(argument), argument: argument, index: $0) }
                }
                for (place, entry) in entries.enumerated() {
                    let isSame = { (other: (keys: Column, argument: Int, index: Int)) in
                        other.keys.holdsSame(other.index, as: entry.keys, entry.index)
                    }
                    if entries[..<place].contains(where: isSame) { continue }
                    let last = entries.last(where: isSame) ?? entry
                    out.children[0].append(rowOf: entry.keys, entry.index)
                    out.children[1].append(rowOf: call.child(last.argument, 1), last.index)
                }
                return !present.isEmpty
            }
        },
        ScalarFunction(
            "AS_MAP",
            "A map of keys and the values at the same positions.",
            example: "AS_MAP(ARRAY['a'], ARRAY[1])" → "MAP('a' := 1)",
            [.array(.exact(.string)), .array(.generic("T"))],
            returns: .pattern(map)
        ) { call in
            call.lists { row, out in
                let keys = call.elements(0, row)
                let values = call.elements(1, row)
                var seen = ElementSet()
                // The last of equal keys counts.
                let last = keys.reversed().filter { !call.child(0).isNull($0) && seen.insert(call.child(0), $0) }
                for key in last.reversed() {
                    out.children[0].append(rowOf: call.child(0), key)
                    let value = values.lowerBound + (key - keys.lowerBound)
                    if values.contains(value) {
                        out.children[1].append(rowOf: call.child(1), value)
                    } else {
                        out.children[1].appendNull()
                    }
                }
                return true
            }
        },
        ScalarFunction(
            "ENTRIES",
            "The entries of a map as structs of K and V, by key when the second argument is TRUE.",
            example: "ENTRIES(MAP('b' := 2, 'a' := 1), TRUE)"
                → "ARRAY[STRUCT(K := 'a', V := 1), STRUCT(K := 'b', V := 2)]",
            [map, .exact(.boolean)],
            returns: .rule("ARRAY<STRUCT<K STRING, V T>>") { types in
                let value = types[0].childTypes.last ?? .string
                return .array(.structure([StructField("K", .string), StructField("V", value)]))
            }
        ) { call in
            let isSorted = Bool.Reader(call.arguments[1])
            let keys = call.child(0)
            return call.lists { row, out in
                var entries = Array(call.elements(0, row))
                if isSorted(row) { entries.sort { keys.order($0, keys, $1) < 0 } }
                let structure = out.children[0]
                for entry in entries {
                    structure.children[0].append(rowOf: keys, entry)
                    structure.children[1].append(rowOf: call.child(0, 1), entry)
                    structure.appendComposite()
                }
                return true
            }
        },
        ScalarFunction(
            "SPLIT_TO_MAP",
            "A map of the entries of a text, cut by one delimiter between entries and one behind each key.",
            example: "SPLIT_TO_MAP('a=1;b=2', ';', '=')" → "MAP('a' := '1', 'b' := '2')",
            [.exact(.string), .exact(.string), .exact(.string)],
            returns: .pattern(.map(key: .exact(.string), value: .exact(.string)))
        ) { call in
            call.lists { row, out in
                appendEntries(
                    call.arguments[0].bytes(row),
                    call.arguments[1].bytes(row),
                    call.arguments[2].bytes(row),
                    out
                )
            }
        },
    ]
}

/// The keys or the values of every map.
private func part(_ call: FunctionCall, _ index: Int) -> Column {
    call.lists { row, out in
        out.children[0].append(rowsOf: call.child(0, index), call.elements(0, row))
        return true
    }
}

/// Appends the entries of a text; false when the delimiters are empty or equal.
private func appendEntries(
    _ text: UnsafeRawBufferPointer,
    _ between: UnsafeRawBufferPointer,
    _ behindKey: UnsafeRawBufferPointer,
    _ out: ColumnBuilder
) -> Bool {
    if between.isEmpty || behindKey.isEmpty || between.elementsEqual(behindKey) { return false }
    var entries: [(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)] = []
    var index = 0
    while index <= text.count {
        let end = ByteSearch.first(between, in: text, from: index) ?? text.count
        let entry = text.part(index..<end)
        if let cut = ByteSearch.first(behindKey, in: entry) {
            let key = entry.part(0..<cut)
            let rest = entry.part(cut + behindKey.count..<entry.count)
            let value = rest.part(0..<(ByteSearch.first(behindKey, in: rest) ?? rest.count))
            if let known = entries.firstIndex(where: { $0.key.elementsEqual(key) }) {
                entries[known].value = value
            } else {
                entries.append((key, value))
            }
        }
        index = end + between.count
    }
    for entry in entries {
        out.children[0].append(bytes: entry.key)
        out.children[1].append(bytes: entry.value)
    }
    return true
}
