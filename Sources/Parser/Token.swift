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

/// The kinds of token; the raw value is how a diagnostic names it.
enum TokenKind: String, Sendable {
    // MARK: Words and constants
    /// A keyword or an unquoted name.
    case word = "a name"
    case quotedName = "a quoted name"
    case text = "a quoted text"
    case wholeNumber = "a whole number"
    case decimalNumber = "a decimal number"
    case doubleNumber = "a number"
    /// `${name}`.
    case variable = "a variable"

    // MARK: Symbols
    case leftParenthesis = "\"(\""
    case rightParenthesis = "\")\""
    case leftBracket = "\"[\""
    case rightBracket = "\"]\""
    case comma = "\",\""
    case dot = "\".\""
    case semicolon = "\";\""
    case plus = "\"+\""
    case minus = "\"-\""
    case star = "\"*\""
    case slash = "\"/\""
    case percent = "\"%\""
    case concatenate = "\"||\""
    case equal = "\"=\""
    case notEqual = "\"<>\""
    case less = "\"<\""
    case lessOrEqual = "\"<=\""
    case greater = "\">\""
    case greaterOrEqual = "\">=\""
    case arrow = "\"->\""
    case doubleArrow = "\"=>\""
    case assign = "\":=\""

    // MARK: Ends
    case endOfText = "the end of the text"
    /// What is no token; the lexer keeps the reason and reads no further.
    case invalid = "something unreadable"
}
