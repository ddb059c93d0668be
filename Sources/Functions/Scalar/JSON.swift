import Values

extension ScalarFunction {
    /// JSON in texts.
    static let json: [ScalarFunction] = [
        ScalarFunction(
            "EXTRACTJSONFIELD",
            "The value at a path of a JSON text: a text as it is, anything else as JSON; NULL when it is missing.",
            example: "EXTRACTJSONFIELD('{\"a\": [{\"b\": \"x\"}]}', '$.a[0].b')" → "'x'",
            [.exact(.string), .exact(.string)],
            returns: .pattern(.exact(.string))
        ) { call in
            let texts = Text.Reader(call.arguments[0])
            let paths = call.jsonPaths(1)
            return call.rows(String.self, seesNull: [false, false]) { row in
                try paths(row).find(in: JSONText(parsing: texts(row)))?.plainText
            }
        },
        ScalarFunction(
            "IS_JSON_STRING",
            "Whether the text is valid JSON; FALSE for NULL.",
            example: "IS_JSON_STRING('[1, 2]')" → "TRUE"
        ) {
            (text: Text?) -> Bool? in text.map { JSONText($0.bytes) != nil } ?? false
        },
        ScalarFunction(
            "JSON_ARRAY_LENGTH",
            "The number of elements of a JSON array; NULL for other JSON.",
            example: "JSON_ARRAY_LENGTH('[1, null, {}]')" → "3"
        ) { (text: Text) -> Int32? in
            let value = try JSONText(parsing: text)
            return value.kind == .array ? Int32(truncatingIfNeeded: value.elements.count) : nil
        },
        ScalarFunction(
            "JSON_CONCAT",
            "JSON objects merged into one, of which later ones have the last word; other JSON becomes one array.",
            example: "JSON_CONCAT('{\"a\": 1}', '{\"b\": 2}')" → "'{\"a\":1,\"b\":2}'",
            [.exact(.string)],
            variadic: true,
            returns: .pattern(.exact(.string))
        ) { call in
            let texts = call.arguments.map { Text.Reader($0) }
            return call.rows(String.self, seesNull: call.arguments.map { _ in false }) { row in
                joined(try texts.map { try JSONText(parsing: $0(row)) })
            }
        },
        ScalarFunction(
            "JSON_ITEMS",
            "The elements of a JSON array as JSON texts.",
            example: "JSON_ITEMS('[1, {\"a\": 2}]')" → "ARRAY['1', '{\"a\":2}']"
        ) { (text: Text) -> [String]? in
            let value = try JSONText(parsing: text)
            return value.kind == .array ? value.elements.map(\.compact) : nil
        },
        ScalarFunction(
            "JSON_KEYS",
            "The keys of a JSON object; NULL for other JSON.",
            example: "JSON_KEYS('{\"b\": 1, \"a\": 2}')" → "ARRAY['b', 'a']"
        ) { (text: Text) -> [String]? in
            let value = try JSONText(parsing: text)
            return value.kind == .object ? value.fields.map(\.key) : nil
        },
        ScalarFunction(
            "JSON_RECORDS",
            "The entries of a JSON object as a map, texts as they are and other values as JSON; NULL for other JSON.",
            example: "JSON_RECORDS('{\"a\": \"x\", \"b\": [1]}')" → "MAP('a' := 'x', 'b' := '[1]')",
            [.exact(.string)],
            returns: .pattern(.map(key: .exact(.string), value: .exact(.string)))
        ) { call in
            let texts = Text.Reader(call.arguments[0])
            return call.lists { row, out in
                let value = try JSONText(parsing: texts(row))
                guard value.kind == .object else { return false }
                for field in value.fields {
                    out.children[0].append(string: field.key)
                    out.children[1].append(string: field.value.plainText)
                }
                return true
            }
        },
        ScalarFunction(
            "JSON_ARRAY_CONTAINS",
            "Whether a JSON array has the element, of the same type; FALSE for other JSON.",
            example: "JSON_ARRAY_CONTAINS('[1, \"2\", null]', 2)" → "FALSE",
            [.exact(.string), .generic("T")],
            returns: .pattern(.exact(.boolean)),
            nulls: .sees
        ) { call in
            let texts = Optional<Text>.Reader(call.arguments[0])
            let wanted = call.arguments[1]
            return call.rows(Bool.self, seesNull: [true, true]) { row in
                guard let text = texts(row), let array = JSONText(text.bytes), array.kind == .array else {
                    return false
                }
                let index = row & wanted.mask
                return array.elements.contains { $0.isSame(as: wanted.column, index) }
            }
        },
        ScalarFunction(
            "TO_JSON_STRING",
            "The value as JSON; the text null for NULL.",
            example: "TO_JSON_STRING(ARRAY[STRUCT(B := 1, A := 'x')])" → "'[{\"A\":\"x\",\"B\":1}]'",
            [.generic("T")],
            returns: .pattern(.exact(.string)),
            nulls: .sees
        ) { call in
            let argument = call.arguments[0]
            return call.texts(seesNull: [true]) { row, out in
                out.append(jsonOf: argument.column, row & argument.mask)
                return true
            }
        },
    ]
}

extension JSONText {
    /// True when the JSON value is of the SQL value's type and equals it.
    fileprivate func isSame(as column: Column, _ row: Int) -> Bool {
        if column.isNull(row) { return kind == .null }
        switch (column.type, kind) {
        case (.string, .string): return plainText.utf8.elementsEqual(column.bytes(row))
        case (.boolean, .boolean): return (bytes[0] == 0x74) == (column.values(as: UInt8.self)[row] != 0)
        case (.integer, .number): return TextReader.bigint(bytes) == Int64(column.values(as: Int32.self)[row])
        case (.bigint, .number): return TextReader.bigint(bytes) == column.values(as: Int64.self)[row]
        case (.double, .number):
            return TextReader.bigint(bytes) == nil && TextReader.double(bytes) == column.values(as: Double.self)[row]
        case (.decimal(_, let scale), .number):
            return TextReader.decimal(bytes)?.rescaled(to: scale) == column.decimal(row)
        default: return false
        }
    }
}

private func joined(_ values: [JSONText]) -> String {
    var out = ByteWriter(capacity: 64)
    if values.allSatisfy({ $0.kind == .object }) {
        out.append(0x7B)
        for (index, field) in JSONText.merged(values.flatMap(\.entries)).enumerated() {
            if index > 0 { out.append(0x2C) }
            out.append(json: field.key)
            out.append(0x3A)
            field.value.write(to: &out)
        }
        out.append(0x7D)
    } else {
        out.append(0x5B)
        for (index, element) in values.flatMap({ $0.kind == .array ? $0.elements : [$0] }).enumerated() {
            if index > 0 { out.append(0x2C) }
            element.write(to: &out)
        }
        out.append(0x5D)
    }
    return out.text
}

/// A path such as `$.a.b[0]` or `$['a']`.
private final class JSONPath {
    private enum Step {
        case key(String)
        case index(Int)
    }

    private var steps: [Step] = []

    init(_ path: String) throws(FunctionError) {
        guard path.first == "$" else { throw FunctionError("a JSON path starts with $: \(path)") }
        var rest = path.dropFirst()
        while let sign = rest.popFirst() {
            if sign == "." {
                let key = rest.prefix { $0 != "." && $0 != "[" }
                guard !key.isEmpty else { throw FunctionError("a JSON path has an empty name: \(path)") }
                steps.append(.key(String(key)))
                rest = rest.dropFirst(key.count)
            } else {
                guard sign == "[", let close = rest.firstIndex(of: "]") else {
                    throw FunctionError("not a JSON path: \(path)")
                }
                let inside = rest[..<close]
                rest = rest[rest.index(after: close)...]
                if let index = Int(inside) {
                    steps.append(.index(index))
                } else {
                    steps.append(
                        .key(String(inside.drop { $0 == "'" || $0 == "\"" }.prefix { $0 != "'" && $0 != "\"" }))
                    )
                }
            }
        }
    }

    func find(in value: JSONText) -> JSONText? {
        var current = value
        for step in steps {
            switch step {
            case .key(let key):
                guard let next = current.value(of: key) else { return nil }
                current = next
            case .index(let index):
                let elements = current.elements
                guard elements.indices.contains(index) else { return nil }
                current = elements[index]
            }
        }
        return current
    }
}

extension FunctionCall {
    fileprivate func jsonPaths(_ argument: Int) -> (Int) throws(FunctionError) -> JSONPath {
        let texts = Text.Reader(arguments[argument])
        let site = site
        return eachOrConstant(argument) { (row: Int) throws(FunctionError) in
            let path = texts(row).string
            return try site.cached("path " + path) { () throws(FunctionError) in try JSONPath(path) }
        }
    }
}
