extension StatementParser {
    /// Replaces the variables of the statement that starts at the current token.
    ///
    /// Outside quotes a variable becomes exactly one name or constant, so its value can neither end the statement nor
    /// add a clause to it. Inside a quoted text it becomes that much text; one that is not defined stays as it is, and
    /// `$${x}` stands for `${x}`.
    func substituteVariables() throws(Diagnostic) {
        guard options.substitutesVariables else { return }
        var place = index
        while place < tokens.count {
            let token = tokens[place]
            switch token.kind {
            case .semicolon, .endOfText, .invalid:
                return
            case .variable:
                tokens[place] = try replacement(for: token)
                place += 1
            case .text:
                try substituteInside(place)
                place += 1
            default:
                place += 1
            }
        }
    }

    private func replacement(for token: Token) throws(Diagnostic) -> Token {
        let name = String(text(of: token).dropFirst(2).dropLast())
        guard let value = variables[name.uppercased()] else {
            throw Diagnostic(
                "42704",
                at: token.position,
                width: token.width,
                "variable \"\(name)\" is not defined",
                hint: Spelling.nearest(to: name, among: variables.keys.sorted()).map { "did you mean ${\($0)}?" }
                    ?? "DEFINE \(name) = 'value';"
            )
        }
        let lexed = Lexer(Array(value.utf8))
        guard lexed.failure == nil, isOneValue(lexed.tokens.dropLast()) else {
            throw Diagnostic(
                "42601",
                at: token.position,
                width: token.width,
                "the value of variable \"\(name)\" is neither one name nor one constant",
                detail: "it is \(value)",
                hint: "a text constant keeps its quotes: DEFINE \(name) = '''text''';"
            )
        }
        var moved = token
        moved.kind = lexed.tokens[lexed.tokens.count - 2].kind
        // A word from a variable is a name or a constant, never a part of the grammar.
        moved.keyword = lexed.tokens[0].keyword.flatMap { $0.isReserved ? $0 : nil }
        let parts = lexed.tokens.dropLast().map(\.bytes)
        moved.bytes = try appended(Array(parts.map { Array(value.utf8)[$0] }.joined()), for: token)
        return moved
    }

    /// Adds text to the buffer and returns its place there.
    private func appended(_ text: [UInt8], for token: Token) throws(Diagnostic) -> Range<Int> {
        guard bytes.count + text.count <= 4 * options.textBytesMax else {
            throw Diagnostic(
                "54000",
                at: token.position,
                width: token.width,
                "the values of the variables are too long"
            )
        }
        let start = bytes.count
        bytes.append(contentsOf: text)
        return start..<bytes.count
    }

    private func isOneValue(_ tokens: ArraySlice<Token>) -> Bool {
        guard let first = tokens.first, let last = tokens.last else { return false }
        switch last.kind {
        case .wholeNumber, .decimalNumber, .doubleNumber:
            return tokens.count == 1 || (tokens.count == 2 && first.kind == .minus)
        case .text, .quotedName: return tokens.count == 1
        case .word:
            guard tokens.count == 1 else { return false }
            guard let keyword = first.keyword else { return true }
            return !keyword.isReserved || [.true, .false, .null].contains(keyword)
        default: return false
        }
    }

    private func substituteInside(_ place: Int) throws(Diagnostic) {
        let old = bytes[tokens[place].bytes]
        guard old.contains(UInt8(ascii: "$")), let new = VariableText.replaced(Array(old), variables) else { return }
        tokens[place].bytes = try appended(new, for: tokens[place])
    }
}

/// Replaces variables in the bytes of a quoted text.
enum VariableText {
    /// The text with every defined variable replaced, quotes in values doubled; nil if nothing changes.
    static func replaced(_ quoted: [UInt8], _ variables: [String: String]) -> [UInt8]? {
        var result: [UInt8] = []
        var offset = 0
        var hasChanged = false
        while offset < quoted.count {
            let isEscaped = quoted[offset] == UInt8(ascii: "$")
            if isEscaped, let end = variableEnd(in: quoted, from: offset + 1) {
                result.append(contentsOf: quoted[(offset + 1)..<end])
                offset = end
                hasChanged = true
            } else if let end = variableEnd(in: quoted, from: offset),
                let value = variables[foldedText(quoted[(offset + 2)..<(end - 1)])]
            {
                for byte in value.utf8 {
                    if byte == UInt8(ascii: "'") { result.append(byte) }
                    result.append(byte)
                }
                offset = end
                hasChanged = true
            } else {
                result.append(quoted[offset])
                offset += 1
            }
        }
        return hasChanged ? result : nil
    }
}

extension SQLParser {
    /// A text with its variables replaced by values, as it would be parsed; DEFINE and UNDEFINE inside it are not
    /// carried out.
    ///
    /// A statement kept for later, where the variables may have other values or none, is kept in this form.
    public static func substituted(
        _ sql: String,
        options: ParserOptions = ParserOptions()
    ) throws(Diagnostic) -> String {
        let parser = try StatementParser(Array(sql.utf8), options: options)
        return try parser.substitutedText(of: sql)
    }
}

extension StatementParser {
    /// The text with the variables of all its statements replaced.
    fileprivate func substitutedText(of sql: String) throws(Diagnostic) -> String {
        let original = Array(sql.utf8)
        var result: [UInt8] = []
        var copied = 0
        while true {
            try substituteVariables()
            while !at(.semicolon), !at(.endOfText), !at(.invalid) { advance() }
            guard at(.semicolon) else { break }
            advance()
        }
        for token in tokens where token.bytes.lowerBound >= original.count && token.end.offset > token.position.offset {
            result.append(contentsOf: original[copied..<token.position.offset])
            result.append(contentsOf: bytes[token.bytes])
            copied = token.end.offset
        }
        result.append(contentsOf: original[copied...])
        return String(decoding: result, as: UTF8.self)
    }
}
