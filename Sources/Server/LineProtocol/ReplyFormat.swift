/// How rows are written on the wire.
public enum ReplyFormat: String, CaseIterable, Sendable {
    /// One JSON array per line, class character `[`.
    case json
    /// Comma-separated values, class character `=`.
    case csv
    /// Tab-separated values, class character `=`.
    case tsv
    /// Padded columns for people, class character `=`.
    case table

    /// The format of that name in any case, or nil.
    public init?(name: some StringProtocol) {
        self.init(rawValue: name.lowercased())
    }
}
