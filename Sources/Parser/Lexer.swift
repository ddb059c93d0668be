/// Cuts UTF-8 text into tokens and drops space and comments.
///
/// Text that is no token becomes one `invalid` token, after which it stops: a mistake that stands earlier in the text
/// is then reported first.
struct Lexer {
    private let bytes: [UInt8]
    private var offset = 0
    private var cursor: PositionCursor
    private(set) var tokens: [Token] = []
    /// Why the text could not be read to its end.
    private(set) var failure: Diagnostic?

    /// Reads all tokens of a text; the last one is `end` or `invalid`.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        cursor = PositionCursor()
        tokens.reserveCapacity(bytes.count / 4 + 2)
        while failure == nil {
            do throws(Diagnostic) {
                try skipSpace()
                guard offset < bytes.count else {
                    append(.endOfText, from: offset)
                    return
                }
                try readToken()
            } catch {
                append(.invalid, from: offset)
                failure = error
            }
        }
    }

    // MARK: - Space and comments

    private mutating func skipSpace() throws(Diagnostic) {
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x0B, 0x0C:
                offset += 1
            case UInt8(ascii: "-") where byte(1) == UInt8(ascii: "-"):
                while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
            case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"):
                try skipBlockComment()
            case 0xC2 where byte(1) == 0xA0:  // a no-break space, as pasted from a web page
                offset += 2
            case 0xEF where byte(1) == 0xBB && byte(2) == 0xBF:  // a byte order mark
                offset += 3
            default:
                return
            }
        }
    }

    private mutating func skipBlockComment() throws(Diagnostic) {
        var end = offset + 2
        while end + 1 < bytes.count {
            if bytes[end] == UInt8(ascii: "*"), bytes[end + 1] == UInt8(ascii: "/") {
                offset = end + 2
                return
            }
            end += 1
        }
        throw failure("this comment has no end", width: 2, hint: "close it with */")
    }

    // MARK: - Tokens

    private mutating func readToken() throws(Diagnostic) {
        switch bytes[offset] {
        case UInt8(ascii: "'"):
            try readQuoted(.text, "this text has no closing quote", hint: "a quote inside a text is written ''")
        case UInt8(ascii: "`"):
            try readQuoted(.quotedName, "this quoted name has no closing backquote", hint: "close it with `")
        case UInt8(ascii: "\""):
            try readQuoted(.quotedName, "this quoted name has no closing quote", hint: "close it with \"")
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            readNumber()
        case UInt8(ascii: ".") where isDigit(byte(1)):
            readNumber()
        case let first where isLetter(first) || first == UInt8(ascii: "_"):
            readWord(from: offset)
        case UInt8(ascii: "$") where byte(1) == UInt8(ascii: "{"):
            try readVariable()
        default:
            try readSymbol()
        }
    }

    private mutating func readQuoted(_ kind: TokenKind, _ message: String, hint: String) throws(Diagnostic) {
        let quote = bytes[offset]
        var end = offset + 1
        while end < bytes.count {
            if bytes[end] != quote {
                end += 1
            } else if end + 1 < bytes.count, bytes[end + 1] == quote {
                end += 2
            } else {
                append(kind, from: offset, to: end + 1)
                return
            }
        }
        throw failure(message, width: 1, hint: hint)
    }

    private mutating func readWord(from start: Int) {
        var end = offset
        while end < bytes.count, isWordPart(bytes[end]) { end += 1 }
        append(.word, from: start, to: end)
        guard end - start <= Keyword.lengthMax else { return }
        tokens[tokens.count - 1].keyword = Keyword.named(foldedText(bytes[start..<end]))
    }

    /// A number, or a name that starts with a digit: whichever is longer.
    private mutating func readNumber() {
        let start = offset
        var end = offset
        var kind = TokenKind.wholeNumber
        while isDigit(byte(end - offset)) { end += 1 }
        if byte(end - offset) == UInt8(ascii: ".") {
            kind = .decimalNumber
            end += 1
            while isDigit(byte(end - offset)) { end += 1 }
        }
        if let exponentEnd = exponentEnd(from: end) {
            kind = .doubleNumber
            end = exponentEnd
        }
        if kind != .decimalNumber, !bytes[start..<end].contains(UInt8(ascii: ".")), end < bytes.count,
            isWordPart(bytes[end])
        {
            readWord(from: start)
        } else {
            append(kind, from: start, to: end)
        }
    }

    private func exponentEnd(from start: Int) -> Int? {
        guard start < bytes.count, bytes[start] | 0x20 == UInt8(ascii: "e") else { return nil }
        var end = start + 1
        if end < bytes.count, bytes[end] == UInt8(ascii: "+") || bytes[end] == UInt8(ascii: "-") { end += 1 }
        guard end < bytes.count, isDigit(bytes[end]) else { return nil }
        while end < bytes.count, isDigit(bytes[end]) { end += 1 }
        return end
    }

    private mutating func readVariable() throws(Diagnostic) {
        guard let end = variableEnd(in: bytes, from: offset) else {
            throw failure("this is not a variable", width: 2, hint: "write ${name}, a name of letters, digits and _")
        }
        append(.variable, from: offset, to: end)
    }

    private mutating func readSymbol() throws(Diagnostic) {
        let second = byte(1)
        let (kind, length): (TokenKind, Int)
        switch bytes[offset] {
        case UInt8(ascii: "("): (kind, length) = (.leftParenthesis, 1)
        case UInt8(ascii: ")"): (kind, length) = (.rightParenthesis, 1)
        case UInt8(ascii: "["): (kind, length) = (.leftBracket, 1)
        case UInt8(ascii: "]"): (kind, length) = (.rightBracket, 1)
        case UInt8(ascii: ","): (kind, length) = (.comma, 1)
        case UInt8(ascii: "."): (kind, length) = (.dot, 1)
        case UInt8(ascii: ";"): (kind, length) = (.semicolon, 1)
        case UInt8(ascii: "+"): (kind, length) = (.plus, 1)
        case UInt8(ascii: "-"): (kind, length) = second == UInt8(ascii: ">") ? (.arrow, 2) : (.minus, 1)
        case UInt8(ascii: "*"): (kind, length) = (.star, 1)
        case UInt8(ascii: "/"): (kind, length) = (.slash, 1)
        case UInt8(ascii: "%"): (kind, length) = (.percent, 1)
        case UInt8(ascii: "|") where second == UInt8(ascii: "|"): (kind, length) = (.concatenate, 2)
        case UInt8(ascii: "="): (kind, length) = second == UInt8(ascii: ">") ? (.doubleArrow, 2) : (.equal, 1)
        case UInt8(ascii: "!") where second == UInt8(ascii: "="): (kind, length) = (.notEqual, 2)
        case UInt8(ascii: "<") where second == UInt8(ascii: ">"): (kind, length) = (.notEqual, 2)
        case UInt8(ascii: "<"): (kind, length) = second == UInt8(ascii: "=") ? (.lessOrEqual, 2) : (.less, 1)
        case UInt8(ascii: ">"): (kind, length) = second == UInt8(ascii: "=") ? (.greaterOrEqual, 2) : (.greater, 1)
        case UInt8(ascii: ":") where second == UInt8(ascii: "="): (kind, length) = (.assign, 2)
        default: throw unknownCharacter()
        }
        append(kind, from: offset, to: offset + length)
    }

    private mutating func unknownCharacter() -> Diagnostic {
        let rest = String(decoding: bytes[offset..<min(offset + 4, bytes.count)], as: UTF8.self)
        guard let scalar = rest.unicodeScalars.first else { return failure("the text ends here", width: 1) }
        let hint: String? =
            switch scalar {
            case "‘", "’": "write plain single quotes: '"
            case "“", "”": "write plain quotes: ' around a text, \" or ` around a name"
            case "|": "|| joins two texts; OR joins two conditions"
            case "&": "AND joins two conditions"
            case "!": "not equal is written <> or !="
            case ":": "write := inside MAP(…) and STRUCT(…), and CAST(value AS type) for a cast"
            case _ where scalar.properties.isAlphabetic: "names with other letters than A to Z need backquotes: `größe`"
            default: nil
            }
        let shown = scalar.value < 0x20 || scalar.value == 0x7F ? "U+" + hexadecimal(scalar.value) : String(scalar)
        return failure("unexpected character \"\(shown)\"", width: 1, hint: hint)
    }

    // MARK: - Small parts

    private func byte(_ ahead: Int) -> UInt8 { offset + ahead < bytes.count ? bytes[offset + ahead] : 0 }

    private mutating func append(_ kind: TokenKind, from start: Int, to end: Int? = nil) {
        let end = end ?? start
        let position = cursor.position(at: start, in: bytes)
        let after = cursor.position(at: end, in: bytes)
        tokens.append(Token(kind: kind, keyword: nil, bytes: start..<end, position: position, end: after))
        offset = end
    }

    private mutating func failure(_ message: String, width: Int, hint: String? = nil) -> Diagnostic {
        Diagnostic("42601", at: cursor.position(at: offset, in: bytes), width: width, message, hint: hint)
    }
}
