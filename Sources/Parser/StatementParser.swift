/// Reads statements from tokens by recursive descent.
///
/// How to read it: one file per family of the grammar (`Statements…`, `Queries`, `Windows`, `Expressions`, `Types`,
/// `Properties`). A method that reads a form is `mutating` and throws at the first token that does not fit; a method
/// that only looks is not. `at` looks, `eat` takes if it is there, `expect` takes or throws. Every failed look is
/// remembered until the next token is taken, and so a diagnostic can say what would have fitted.
///
/// It is a class because a struct is copied onto the stack at every step of the recursion in a debug build. With that,
/// one-word diagnostics and expressions, and small functions, a pair of parentheses takes 1.5 KB of stack instead of 19.
final class StatementParser {
    let options: ParserOptions
    /// The text, followed by the text of replaced variables.
    var bytes: [UInt8]
    var tokens: [Token]
    var index = 0
    /// The variables in force at the current statement.
    var variables: [String: String]

    private let lexerFailure: Diagnostic?
    private var nesting = 0
    private var looked: [Expectation] = []
    /// The last name that was taken without a keyword before it: perhaps a misspelled keyword.
    private var bareAlias: Int?

    /// What was looked for at the current token.
    enum Expectation: Hashable {
        case keyword(Keyword)
        case kind(TokenKind)
        case phrase(String)
    }

    init(_ bytes: [UInt8], options: ParserOptions) throws(Diagnostic) {
        guard bytes.count <= options.textBytesMax else {
            throw Diagnostic(
                "54000",
                at: .start,
                "the text is longer than \(options.textBytesMax) bytes",
                detail: "it has \(bytes.count) bytes"
            )
        }
        self.options = options
        self.bytes = bytes
        variables = Dictionary(options.variables.map { ($0.uppercased(), $1) }) { _, last in last }
        let lexer = Lexer(bytes)
        tokens = lexer.tokens
        lexerFailure = lexer.failure
    }

    // MARK: - Looking

    /// The current token; the last one is never passed.
    var token: Token { tokens[index] }

    /// The keyword the current token is, if it is one.
    var keyword: Keyword? { tokens[index].keyword }

    /// The token some places ahead, or the last one.
    func ahead(_ distance: Int) -> Token { tokens[min(index + distance, tokens.count - 1)] }

    func at(_ wanted: Keyword) -> Bool { keyword == wanted }

    func at(_ first: Keyword, _ second: Keyword) -> Bool { keyword == first && ahead(1).keyword == second }

    func at(_ kind: TokenKind) -> Bool { token.kind == kind }

    /// Whether the current token can be a name.
    var atName: Bool { canBeName(token) }

    /// Whether a token can be a name: quoted, or a word that is not reserved.
    func canBeName(_ token: Token) -> Bool {
        token.kind == .quotedName || (token.kind == .word && token.keyword?.isReserved != true)
    }

    /// Whether the current token ends a statement.
    var atEndOfStatement: Bool { at(.semicolon) || at(.endOfText) }

    // MARK: - Taking

    /// Takes the current token.
    @discardableResult
    func advance() -> Token {
        let taken = token
        if index < tokens.count - 1 { index += 1 }
        looked.removeAll(keepingCapacity: true)
        return taken
    }

    /// Takes the keyword if it is there.
    func eat(_ keyword: Keyword) -> Bool {
        guard at(keyword) else {
            looked.append(.keyword(keyword))
            return false
        }
        advance()
        return true
    }

    /// Takes both keywords if both are there.
    func eat(_ first: Keyword, _ second: Keyword) -> Bool {
        guard at(first, second) else {
            looked.append(.keyword(first))
            return false
        }
        advance()
        advance()
        return true
    }

    /// Takes the symbol if it is there.
    func eat(_ kind: TokenKind) -> Bool {
        guard at(kind) else {
            looked.append(.kind(kind))
            return false
        }
        advance()
        return true
    }

    /// Takes the keyword or throws.
    @discardableResult
    func expect(_ keyword: Keyword) throws(Diagnostic) -> SourcePosition {
        let position = token.position
        guard eat(keyword) else { throw unexpected() }
        return position
    }

    /// Takes the token or throws.
    @discardableResult
    func expect(_ kind: TokenKind) throws(Diagnostic) -> Token {
        let taken = token
        guard eat(kind) else { throw unexpected() }
        return taken
    }

    /// Remembers that something with this name would have fitted here.
    func note(_ phrase: String) { looked.append(.phrase(phrase)) }

    /// Reads a name; what it names is said in diagnostics.
    func name(_ what: String = "a name") throws(Diagnostic) -> Identifier {
        guard atName else {
            note(what)
            throw unexpected(wantedName: true)
        }
        return identifier(from: advance())
    }

    /// Reads a name that stands where a keyword might have been meant.
    func bareName(_ what: String) throws(Diagnostic) -> Identifier {
        bareAlias = index
        return try name(what)
    }

    /// Reads the name of a stream or table.
    func sourceName(_ what: String = "the name of a stream or table") throws(Diagnostic) -> SourceName {
        let name = try name(what)
        try checkSourceName(name)
        return name
    }

    /// Throws if a name has characters that no stream or table may have.
    func checkSourceName(_ name: Identifier) throws(Diagnostic) {
        let isPlain = name.text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x5F || $0 == 0x2D }
        guard isPlain, !name.text.isEmpty else {
            throw Diagnostic(
                "42602",
                at: name.position,
                width: name.spelling.unicodeScalars.count + 2,
                "\"\(name.text)\" cannot name a stream or table",
                detail: "such names have letters, digits, _ and - only"
            )
        }
    }

    /// Reads a quoted text and resolves its quotes.
    func string(_ what: String) throws(Diagnostic) -> String {
        guard at(.text) else {
            note(what)
            throw unexpected()
        }
        return unquoted(advance())
    }

    /// Reads a whole number that is not negative.
    func count(_ what: String) throws(Diagnostic) -> Int64 {
        guard at(.wholeNumber), bytes[token.bytes.lowerBound] != UInt8(ascii: "-") else {
            note(what)
            throw unexpected()
        }
        let taken = advance()
        guard let value = Int64(text(of: taken)) else { throw tooLarge(taken) }
        return value
    }

    /// Reads one or more things separated by commas.
    func list<Element>(
        _ element: (StatementParser) throws(Diagnostic) -> Element
    ) throws(Diagnostic) -> [Element] {
        var elements = [try element(self)]
        while eat(.comma) { elements.append(try element(self)) }
        return elements
    }

    /// Reads zero or more things separated by commas in front of a closing symbol, and the symbol.
    func list<Element>(
        upTo closing: TokenKind,
        _ element: (StatementParser) throws(Diagnostic) -> Element
    ) throws(Diagnostic) -> [Element] {
        if eat(closing) { return [] }
        let elements = try list(element)
        try expect(closing)
        return elements
    }

    // MARK: - Nesting

    /// Enters a form that can stand inside itself; the caller leaves it again.
    func enter() throws(Diagnostic) {
        guard nesting < options.nestingMax else { throw tooDeep(at: token.position) }
        nesting += 1
    }

    func leave() { nesting -= 1 }

    func tooDeep(at position: SourcePosition) -> Diagnostic {
        Diagnostic(
            "54001",
            at: position,
            "this stands inside more than \(options.nestingMax) others",
            hint: "use fewer parentheses, or shorter chains of + and ||"
        )
    }

    // MARK: - Text

    /// A token as written.
    func text(of token: Token) -> String { String(decoding: bytes[token.bytes], as: UTF8.self) }

    /// The text inside quotes, doubled quotes made single.
    func unquoted(_ token: Token) -> String {
        let inner = bytes[(token.bytes.lowerBound + 1)..<(token.bytes.upperBound - 1)]
        let quote = bytes[token.bytes.lowerBound]
        guard inner.contains(quote) else { return String(decoding: inner, as: UTF8.self) }
        var result: [UInt8] = []
        result.reserveCapacity(inner.count)
        var wasQuote = false
        for byte in inner {
            wasQuote = byte == quote && !wasQuote
            if !wasQuote { result.append(byte) }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The name a word or quoted name stands for.
    func identifier(from token: Token) -> Identifier {
        token.kind == .quotedName
            ? Identifier(unquoted(token), isQuoted: true, position: token.position)
            : Identifier(text(of: token), position: token.position)
    }

    // MARK: - Diagnostics

    /// The complaint about the current token, with what would have fitted.
    func unexpected(wantedName: Bool = false) -> Diagnostic {
        if at(.invalid), let lexerFailure { return lexerFailure }
        var candidates: [Expectation] = []
        for expectation in looked where !candidates.contains(expectation) { candidates.append(expectation) }
        let names = candidates.map { expectation in
            switch expectation {
            case .keyword(let keyword): keyword.text
            case .kind(let kind): kind.name
            case .phrase(let phrase): phrase
            }
        }
        return UnexpectedToken(
            token: token,
            text: text(of: token),
            expected: names,
            keywords: candidates.compactMap { if case .keyword(let keyword) = $0 { keyword.text } else { nil } },
            wantedName: wantedName,
            alias: bareAlias == index - 1 && index > 0 ? text(of: tokens[index - 1]) : nil,
            brokenName: brokenName
        ).diagnostic
    }

    /// The name that was meant if the current token is a `-` between two words without space.
    private var brokenName: String? {
        guard at(.minus), index > 0, tokens[index - 1].kind == .word, ahead(1).kind == .word else { return nil }
        let parts = [tokens[index - 1], token, ahead(1)]
        guard parts[0].end.offset == token.position.offset, token.end.offset == parts[2].position.offset else {
            return nil
        }
        return parts.map(text(of:)).joined()
    }

    /// A complaint about the current token in words of its own.
    func complaint(_ message: String, detail: String? = nil, hint: String? = nil) -> Diagnostic {
        if at(.invalid), let lexerFailure { return lexerFailure }
        return Diagnostic("42601", at: token.position, width: token.width, message, detail: detail, hint: hint)
    }

    /// The complaint about a whole number beyond 64 bits.
    func tooLarge(_ token: Token) -> Diagnostic {
        Diagnostic(
            "22003",
            at: token.position,
            width: token.width,
            "this number does not fit BIGINT",
            detail: "the largest is \(Int64.max)",
            hint: "a larger number can be written with a decimal point or as DECIMAL '…'"
        )
    }
}
