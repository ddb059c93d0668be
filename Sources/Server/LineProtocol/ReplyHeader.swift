/// What comes before the first row: which query, which columns, and what a row means.
public struct ReplyHeader: Sendable {
    /// What a line of rows says about the rows before it.
    public enum Changes: String, Sendable {
        /// Every row is new.
        case append
        /// A row replaces the row with the same key; a deletion removes it.
        case upsert
    }

    /// One column of the result.
    public struct Column: Equatable, Sendable {
        /// The name as SQL shows it.
        public var name: String
        /// The SQL type in text, such as `ARRAY<BIGINT>`.
        public var type: String

        /// A column.
        public init(_ name: String, _ type: String) {
            self.name = name
            self.type = type
        }
    }

    /// The name of the running query, such as `q12`, for listings and `TERMINATE`; nil for listings and the like.
    public var query: String?
    /// The columns in order.
    public var columns: [Column]
    /// Names of the columns that identify a row.
    public var key: [String]
    /// Set for a push query, whose rows go on coming; nil for a result that ends by itself.
    public var changes: Changes?

    /// A header.
    public init(query: String? = nil, columns: [Column], key: [String] = [], changes: Changes? = nil) {
        self.query = query
        self.columns = columns
        self.key = key
        self.changes = changes
    }
}
