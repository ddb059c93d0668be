/// Words the complaint about a token that does not fit.
struct UnexpectedToken {
    let token: Token
    let text: String
    /// Everything that would have fitted.
    let expected: [String]
    /// The keywords among them.
    let keywords: [String]
    /// Whether a name was wanted.
    let wantedName: Bool
    /// The unmarked alias just in front of the token, which may be a misspelled keyword.
    let alias: String?

    /// A name with `-` that was written without quotes, up to this token.
    let brokenName: String?

    /// More than this many possibilities move from the sentence to the detail.
    private static let inSentenceMax = 4

    var diagnostic: Diagnostic {
        let isReserved = token.keyword?.isReserved == true
        let found = isReserved && wantedName ? "the reserved word \(described)" : described
        let list = joined(expected)
        let fits = !expected.isEmpty && expected.count <= UnexpectedToken.inSentenceMax
        return Diagnostic(
            "42601",
            at: token.position,
            width: token.width,
            fits ? "expected \(list), found \(found)" : "unexpected \(found)",
            detail: fits || expected.isEmpty ? nil : "expected \(list)",
            hint: hint
        )
    }

    private var hint: String? {
        if let brokenName { return "a name with - needs backquotes: `\(brokenName)`" }
        if let explained = ForeignSyntax.hint(for: text) { return explained }
        if let keyword = misspelled(text) { return "did you mean \(keyword)?" }
        if let alias, let explained = ForeignSyntax.hint(for: alias) { return explained }
        if let alias, let clause = misspelledClause(alias) { return "did you mean \(clause) instead of \"\(alias)\"?" }
        if wantedName, let keyword = token.keyword, keyword.isReserved {
            return "quote it to use it as a name: `\(keyword.text)`"
        }
        return nil
    }

    private func misspelled(_ word: String) -> String? {
        guard token.kind == .word, token.keyword?.isReserved != true || word.utf8.count >= 4 else { return nil }
        guard !keywords.contains(word.uppercased()) else { return nil }
        return Spelling.nearest(to: word, among: keywords)
    }

    private func misspelledClause(_ alias: String) -> String? {
        let clauses = [
            "FROM", "WINDOW", "WHERE", "GROUP", "PARTITION", "HAVING", "EMIT", "LIMIT", "RESUME", "JOIN", "INNER",
            "LEFT",
            "RIGHT", "FULL", "WITHIN", "ON",
        ]
        return clauses.contains(alias.uppercased()) ? nil : Spelling.nearest(to: alias, among: clauses)
    }

    private var described: String {
        switch token.kind {
        case .endOfText: return token.kind.name
        case .text:
            let scalars = text.unicodeScalars
            return scalars.count <= 32 ? text : String(String.UnicodeScalarView(scalars.prefix(30))) + "…'"
        default:
            let scalars = text.unicodeScalars
            return "\"" + String(String.UnicodeScalarView(scalars.prefix(40))) + (scalars.count > 40 ? "…\"" : "\"")
        }
    }

    private func joined(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }
}

/// What to say to those who write another dialect of SQL.
enum ForeignSyntax {
    /// A sentence about a word that other dialects know; nil for any other word.
    static func hint(for word: String) -> String? { hints[word.uppercased()] }

    private static let hints = [
        "ORDER": "a stream has no last row, so there is no ORDER BY; use TOPK(column, n) for the largest values",
        "OFFSET": "there is no OFFSET; WHERE says which rows are wanted",
        "FETCH": "there is no FETCH; use LIMIT",
        "WITH": "there are no queries with names; write CREATE STREAM name AS SELECT …",
        "UNION": "there is no UNION; write both with INSERT INTO one stream",
        "INTERSECT": "there is no INTERSECT; join the sources",
        "EXCEPT": "there is no EXCEPT; join the sources with LEFT JOIN and filter",
        "OVER": "there is no OVER; use WINDOW with GROUP BY",
        "DISTINCT": "there is no DISTINCT; use GROUP BY, COUNT_DISTINCT(…) or COLLECT_SET(…)",
        "UPDATE": "a table row changes when its key is inserted again: INSERT INTO table … VALUES …",
        "DELETE": "DELETE FROM table WHERE key = … is a statement of its own",
        "MERGE": "a table row changes when its key is inserted again: INSERT INTO table … VALUES …",
        "TRUNCATE": "DROP the source and create it again, or DELETE FROM table WHERE key = …",
        "BEGIN": "each statement takes effect by itself; there are no transactions to begin",
        "COMMIT": "each statement takes effect by itself; there is nothing to commit",
        "ROLLBACK": "each statement takes effect by itself; there is nothing to roll back",
        "USING": "join with ON left.column = right.column",
        "CROSS": "every join needs an ON condition",
        "UNIQUE": "mark the key column with PRIMARY KEY (table) or KEY (stream)",
        "VIEW": "a maintained view is CREATE TABLE name AS SELECT …",
        "MATERIALIZED": "a maintained view is CREATE TABLE name AS SELECT …",
        "INDEX": "tables are indexed by their primary key",
    ]
}
