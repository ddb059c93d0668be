import Values

extension ScalarFunction {
    /// Search and replacement by regular expressions.
    static let regularExpressions: [ScalarFunction] =
        [false, true].flatMap { hasGroup in
            let parameters: [ParameterType] =
                [.exact(.string), .exact(.string)] + (hasGroup ? [.exact(.integer)] : [])
            return [
                ScalarFunction(
                    "REGEXP_EXTRACT",
                    "The first match of a pattern in a text, or one of its groups; NULL when there is none.",
                    example: hasGroup
                        ? "REGEXP_EXTRACT('(.*) (.*)', 'hello world', 2)" → "'world'"
                        : "REGEXP_EXTRACT('[0-9]+', 'a 42 b 7')" → "'42'",
                    parameters,
                    returns: .pattern(.exact(.string)),
                    evaluate: extract
                ),
                ScalarFunction(
                    "REGEXP_EXTRACT_ALL",
                    "All matches of a pattern in a text, or one of their groups.",
                    example: hasGroup
                        ? "REGEXP_EXTRACT_ALL('(\\w)=(\\d)', 'a=1 b=2', 1)" → "ARRAY['a', 'b']"
                        : "REGEXP_EXTRACT_ALL('[0-9]+', 'a 42 b 7')" → "ARRAY['42', '7']",
                    parameters,
                    returns: .pattern(.array(.exact(.string))),
                    evaluate: extractAll
                ),
            ]
        } + [
            ScalarFunction(
                "REGEXP_REPLACE",
                "The text with every match of a pattern replaced; $1 in the replacement is the first group.",
                example: "REGEXP_REPLACE('john smith', '(\\w+) (\\w+)', '$2, $1')" → "'smith, john'",
                [.exact(.string), .exact(.string), .exact(.string)],
                returns: .pattern(.exact(.string)),
                evaluate: replace
            ),
            ScalarFunction(
                "REGEXP_SPLIT_TO_ARRAY",
                "The parts of a text between the matches of a pattern.",
                example: "REGEXP_SPLIT_TO_ARRAY('a1b22c', '[0-9]+')" → "ARRAY['a', 'b', 'c']",
                [.exact(.string), .exact(.string)],
                returns: .pattern(.array(.exact(.string))),
                evaluate: splitByPattern
            ),
        ]
}

@Sendable
private func extract(_ call: FunctionCall) -> Column {
    let patterns = call.regularExpressions(0)
    let texts = Text.Reader(call.arguments[1])
    let groups = call.arguments.count > 2 ? Int32.Reader(call.arguments[2]) : nil
    return call.texts(seesNull: call.arguments.map { _ in false }) { row, out in
        let expression = try patterns(row)
        let group = groups.map { Int($0(row)) } ?? 0
        guard group >= 0, group <= expression.groupCount else { return false }
        let text = texts(row).bytes
        var found: Range<Int>?
        expression.forEachMatch(in: text) {
            found = expression.range(of: group)
            return false
        }
        guard let found else { return false }
        out.append(text.part(found))
        return true
    }
}

@Sendable
private func extractAll(_ call: FunctionCall) -> Column {
    let groups = call.arguments.count > 2 ? Int32.Reader(call.arguments[2]) : nil
    return call.textLists(pattern: 0, text: 1) { row, expression, text, parts in
        let group = groups.map { Int($0(row)) } ?? 0
        guard group >= 0, group <= expression.groupCount else { return false }
        expression.forEachMatch(in: text) {
            if let range = expression.range(of: group) {
                parts.append(bytes: text.part(range))
            } else {
                parts.appendNull()
            }
            return true
        }
        return true
    }
}

@Sendable
private func splitByPattern(_ call: FunctionCall) -> Column {
    call.textLists(pattern: 1, text: 0) { _, expression, text, parts in
        var start = 0
        expression.forEachMatch(in: text) {
            guard let match = expression.range(of: 0) else { return false }
            // An empty match splits between two characters, not before the first or behind the last.
            if match.isEmpty, match.lowerBound == 0 || match.lowerBound == text.count { return true }
            parts.append(bytes: text.part(start..<match.lowerBound))
            start = match.upperBound
            return true
        }
        parts.append(bytes: text.part(start..<text.count))
        return true
    }
}

@Sendable
private func replace(_ call: FunctionCall) -> Column {
    let texts = Text.Reader(call.arguments[0])
    let patterns = call.regularExpressions(1)
    let replacements = Text.Reader(call.arguments[2])
    return call.texts(seesNull: [false, false, false]) { row, out in
        let expression = try patterns(row)
        let text = texts(row).bytes
        let replacement = replacements(row).bytes
        var start = 0
        try expression.forEachMatch(in: text) {
            guard let match = expression.range(of: 0) else { return false }
            out.append(text.part(start..<match.lowerBound))
            try out.append(replacement, expanding: expression, in: text)
            start = match.upperBound
            return !out.isFull
        }
        out.append(text.part(start..<text.count))
        return true
    }
}

extension ByteWriter {
    /// Appends a replacement with `$n` and `${name}` as groups of the match in hand; a backslash takes the next sign as it
    /// is.
    fileprivate mutating func append(
        _ replacement: UnsafeRawBufferPointer,
        expanding expression: RegularExpression,
        in text: UnsafeRawBufferPointer
    ) throws {
        var index = 0
        while index < replacement.count {
            let byte = replacement[index]
            index += 1
            if byte == 0x5C {
                guard index < replacement.count else { throw FunctionError("the replacement ends with a backslash") }
                append(replacement[index])
                index += 1
            } else if byte == 0x24 {
                let group = try expression.group(in: replacement, &index)
                if let range = expression.range(of: group) { append(text.part(range)) }
            } else {
                append(byte)
            }
        }
    }
}

extension RegularExpression {
    /// The group that a replacement names behind a `$` before `index`, which moves behind the name.
    fileprivate func group(in replacement: UnsafeRawBufferPointer, _ index: inout Int) throws -> Int {
        let rest = replacement.part(index..<replacement.count)
        if rest.first == 0x7B, let end = rest.firstIndex(of: 0x7D) {
            let name = rest.part(1..<end)
            index += end + 1
            if let group = group(named: name) { return group }
            throw FunctionError("there is no group named \(String(decoding: name.prefix(60), as: UTF8.self))")
        }
        guard let first = rest.first, case let digit = first &- 0x30, digit < 10 else {
            throw FunctionError("a $ of the replacement is followed by no group; \\$ is the sign itself")
        }
        index += 1
        var group = Int(digit)
        guard group <= groupCount else { throw FunctionError("there is no group \(group)") }
        // More digits belong to the number as long as there is such a group.
        while index < replacement.count, case let next = replacement[index] &- 0x30, next < 10,
            group * 10 + Int(next) <= groupCount
        {
            group = group * 10 + Int(next)
            index += 1
        }
        return group
    }
}

extension FunctionCall {
    /// A column of STRING lists, one per text, filled by `body`, which returns false for NULL.
    fileprivate func textLists(
        pattern: Int,
        text: Int,
        _ body: (Int, RegularExpression, UnsafeRawBufferPointer, ColumnBuilder) -> Bool
    ) -> Column {
        let builder = ColumnBuilder(result, capacity: count)
        let patterns = regularExpressions(pattern)
        let texts = Text.Reader(arguments[text])
        for row in 0..<count {
            if arguments.contains(where: { $0.isNull(row) }) {
                builder.appendNull()
                continue
            }
            do {
                let expression = try patterns(row)
                let isThere = body(row, expression, texts(row).bytes, builder.children[0])
                if isThere { builder.appendComposite() } else { builder.appendNull() }
            } catch {
                site.fail(row, "\(error)")
                builder.appendNull()
            }
        }
        return builder.finish()
    }
}
