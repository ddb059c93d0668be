/// Turns SQL text into syntax trees.
///
/// Every failure is a ``Diagnostic`` that points at the first place where the text stops making sense; no input makes
/// the parser crash, and time and memory grow with the length of the text.
public enum SQLParser {
    /// All statements of a text; empty ones are passed over.
    public static func parse(
        _ sql: String,
        options: ParserOptions = ParserOptions()
    ) throws(Diagnostic) -> [Statement] {
        let parser = try StatementParser(Array(sql.utf8), options: options)
        return try parser.statements()
    }

    /// All statements of a text that has come as bytes; throws `22021` where they are not UTF-8.
    public static func parse(
        utf8 bytes: [UInt8],
        options: ParserOptions = ParserOptions()
    ) throws(Diagnostic) -> [Statement] {
        try checkEncoding(bytes)
        let parser = try StatementParser(bytes, options: options)
        return try parser.statements()
    }

    /// The only statement of a text; throws if there is none or more than one.
    public static func parseStatement(
        _ sql: String,
        options: ParserOptions = ParserOptions()
    ) throws(Diagnostic) -> Statement {
        let statements = try parse(sql, options: options)
        // For programs: users' texts are read with parse, which takes any number of statements.
        guard let first = statements.first else { throw Diagnostic("42601", at: .start, "there is no statement here") }
        guard statements.count == 1 else {
            throw Diagnostic("42601", at: statements[1].position, "only one statement is wanted here")
        }
        return first
    }

    /// A text that is one expression.
    public static func parseExpression(
        _ sql: String,
        options: ParserOptions = ParserOptions()
    ) throws(Diagnostic) -> Expression {
        try whole(sql, options) { (parser) throws(Diagnostic) in try parser.expression() }
    }

    /// A text that is one type, such as `ARRAY<STRUCT<a INT>>`.
    public static func parseType(
        _ sql: String,
        options: ParserOptions = ParserOptions()
    ) throws(Diagnostic) -> TypeName {
        try whole(sql, options) { (parser) throws(Diagnostic) in try parser.type() }
    }

    /// A text that is a list of columns with or without parentheses, such as `id INT KEY, name STRING`.
    ///
    /// A text of nothing but space is an empty list.
    public static func parseColumns(
        _ sql: String,
        options: ParserOptions = ParserOptions()
    ) throws(Diagnostic) -> [ColumnDefinition] {
        try whole(sql, options) { (parser) throws(Diagnostic) in
            if parser.at(.endOfText) { return [] }
            if parser.at(.leftParenthesis) { return try parser.columnList() }
            return try parser.list { (parser) throws(Diagnostic) in try parser.columnDefinition() }
        }
    }

    /// Reads one thing and the end of the text.
    private static func whole<Part>(
        _ sql: String,
        _ options: ParserOptions,
        _ read: (StatementParser) throws(Diagnostic) -> Part
    ) throws(Diagnostic) -> Part {
        let parser = try StatementParser(Array(sql.utf8), options: options)
        try parser.substituteVariables()
        let part = try read(parser)
        try parser.expect(.endOfText)
        return part
    }

    /// Throws at the first byte that is not UTF-8.
    private static func checkEncoding(_ bytes: [UInt8]) throws(Diagnostic) {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            let offset = error.byteOffsets.lowerBound
            var cursor = PositionCursor()
            throw Diagnostic(
                "22021",
                at: cursor.position(at: offset, in: bytes),
                "this byte is not UTF-8: 0x" + hexadecimal(UInt32(bytes[offset])).suffix(2)
            )
        }
    }
}
