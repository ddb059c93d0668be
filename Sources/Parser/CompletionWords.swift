/// The words a prompt can offer to complete.
public enum CompletionWords {
    /// The words that can start a statement, in alphabetical order.
    public static let openings = StatementParser.openings.map(\.text).sorted()

    /// Every word with a meaning in the grammar, in alphabetical order.
    public static let keywords = (Keyword.allCases.map(\.text) + contextual + types).sorted()

    /// The reserved words: names only in quotes.
    public static let reserved = Keyword.allCases.filter(\.isReserved).map(\.text).sorted()

    /// Words that mean something in one place only and are plain names everywhere else.
    private static let contextual = ["CSV", "FORMAT", "JSON", "STRICT"]

    /// The names of scalar types that are no keywords.
    private static let types = StatementParser.scalarTypes.keys.filter { Keyword.named($0) == nil }

    /// The words that continue a beginning, without regard to case; in the case of the beginning's last letter.
    public static func completions(of beginning: String, startsStatement: Bool = false) -> [String] {
        let folded = beginning.uppercased()
        let isLower = beginning.last?.isLowercase ?? false
        return (startsStatement ? openings : keywords)
            .filter { $0.hasPrefix(folded) }
            .map { isLower ? $0.lowercased() : $0 }
    }
}
