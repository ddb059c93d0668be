/// The smallest piece of SQL text that means something.
struct Token: Sendable {
    /// What it is.
    var kind: TokenKind
    /// The keyword, if it is a word that is one.
    var keyword: Keyword?
    /// Its bytes in the parser's buffer: quotes included, escapes unresolved.
    var bytes: Range<Int>
    /// Where it starts in the text.
    var position: SourcePosition
    /// Just behind it in the text.
    var end: SourcePosition

    /// How many characters of its first line to underline.
    var width: Int { end.line == position.line ? max(end.column - position.column, 1) : 1 }
}

/// The kinds of token.
enum TokenKind: UInt8, Sendable {
    // MARK: Words and constants
    /// A keyword or an unquoted name.
    case word
    case quotedName
    case text
    case wholeNumber
    case decimalNumber
    case doubleNumber
    /// `${name}`.
    case variable

    // MARK: Symbols
    case leftParenthesis
    case rightParenthesis
    case leftBracket
    case rightBracket
    case comma
    case dot
    case semicolon
    case plus
    case minus
    case star
    case slash
    case percent
    case concatenate
    case equal
    case notEqual
    case less
    case lessOrEqual
    case greater
    case greaterOrEqual
    case arrow
    case doubleArrow
    case assign

    // MARK: Ends
    case endOfText
    /// What is no token; the lexer keeps the reason and reads no further.
    case invalid
}

extension TokenKind {
    /// How a diagnostic names it.
    var name: String {
        switch self {
        case .word: "a name"
        case .quotedName: "a quoted name"
        case .text: "a quoted text"
        case .wholeNumber: "a whole number"
        case .decimalNumber: "a decimal number"
        case .doubleNumber: "a number"
        case .variable: "a variable"
        case .leftParenthesis: "\"(\""
        case .rightParenthesis: "\")\""
        case .leftBracket: "\"[\""
        case .rightBracket: "\"]\""
        case .comma: "\",\""
        case .dot: "\".\""
        case .semicolon: "\";\""
        case .plus: "\"+\""
        case .minus: "\"-\""
        case .star: "\"*\""
        case .slash: "\"/\""
        case .percent: "\"%\""
        case .concatenate: "\"||\""
        case .equal: "\"=\""
        case .notEqual: "\"<>\""
        case .less: "\"<\""
        case .lessOrEqual: "\"<=\""
        case .greater: "\">\""
        case .greaterOrEqual: "\">=\""
        case .arrow: "\"->\""
        case .doubleArrow: "\"=>\""
        case .assign: "\":=\""
        case .endOfText: "the end of the text"
        case .invalid: "something unreadable"
        }
    }
}
