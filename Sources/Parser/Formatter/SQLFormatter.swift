/// Writes syntax trees as SQL text: one line, keywords in upper case, no needless parentheses or quotes.
///
/// Parsing what it wrote gives an equal tree again. A tree has no variables left in it, so what is kept for later is
/// parsed without ``ParserOptions/substitutesVariables``: a text may hold `${x}` that is meant as it stands.
public enum SQLFormatter {
    /// A statement, without `;`.
    public static func sql(_ statement: Statement) -> String { written { $0.write(statement) } }

    /// A query.
    public static func sql(_ query: Query) -> String { written { $0.write(query) } }

    /// An expression.
    public static func sql(_ expression: Expression) -> String { written { $0.write(expression) } }

    /// A type.
    public static func sql(_ type: TypeName) -> String { written { $0.write(type) } }

    /// A list of columns in parentheses.
    public static func sql(_ columns: [ColumnDefinition]) -> String { written { $0.write(columns) } }

    /// A name, in backquotes where it needs them.
    public static func sql(_ name: Identifier) -> String { written { $0.write(name) } }

    /// A constant.
    public static func sql(_ literal: Literal) -> String { written { $0.write(literal) } }

    /// A text in single quotes.
    public static func quoted(_ text: String) -> String { written { $0.writeQuoted(text) } }

    private static func written(_ write: (inout SQLWriter) -> Void) -> String {
        var writer = SQLWriter()
        write(&writer)
        return writer.text
    }
}

/// Collects the text; the forms of the grammar are in extensions, one file per family.
struct SQLWriter {
    private(set) var text = ""

    mutating func write(_ piece: String) { text += piece }

    /// Elements with `, ` between them.
    mutating func writeList<Element>(_ elements: [Element], _ element: (inout SQLWriter, Element) -> Void) {
        for (place, item) in elements.enumerated() {
            if place > 0 { text += ", " }
            element(&self, item)
        }
    }

    // MARK: - Names and constants

    mutating func write(_ name: Identifier) {
        text += isPlain(name.text) ? name.text : "`" + doubled(name.text, "`") + "`"
    }

    mutating func writeNames(_ names: [Identifier]) {
        text += "("
        writeList(names) { $0.write($1) }
        text += ")"
    }

    mutating func writeQuoted(_ string: String) { text += "'" + doubled(string, "'") + "'" }

    mutating func write(_ literal: Literal) {
        switch literal {
        case .null: text += "NULL"
        case .boolean(let value): text += value ? "TRUE" : "FALSE"
        case .integer(let value): text += String(value)
        case .bigint(let value): text += String(value)
        case .decimal(let digits): text += digits.contains(".") ? digits : "DECIMAL '\(digits)'"
        case .double(let value):
            let digits = String(value).uppercased()
            text += digits.contains("E") ? digits : digits + "E0"
        case .string(let value): writeQuoted(value)
        }
    }

    /// Whether a name reads the same without quotes.
    private func isPlain(_ name: String) -> Bool {
        guard let first = name.utf8.first, !isDigit(first) else { return false }
        guard name.utf8.allSatisfy({ isWordPart($0) && !($0 >= 0x61 && $0 <= 0x7A) }), first != UInt8(ascii: "@") else {
            return false
        }
        guard let keyword = Keyword.named(name) else { return true }
        return Keyword.plainAsName.contains(keyword)
    }

    private func doubled(_ text: String, _ quote: Unicode.Scalar) -> String {
        guard text.unicodeScalars.contains(quote) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == quote { result.append(quote) }
            result.append(scalar)
        }
        return String(result)
    }
}
