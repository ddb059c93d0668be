/// `INSERT INTO target [(columns)] FORMAT format [STRICT];`, whose records follow on lines of their own.
public struct BulkInsertRequest: Sendable {
    /// The statement itself with the session's settings.
    public let statement: StatementRequest
    /// The name of the stream or table: upper case unless it was quoted.
    public let target: String
    /// The columns named in parentheses, in the same case rule; empty for all of them.
    public let columns: [String]
    /// The format of the records in upper case, such as `JSON` or `CSV`; it may be one that nobody knows.
    public let format: String
    /// Whether the first bad record ends the insert; otherwise it is reported and skipped.
    public let strict: Bool

    /// A request; sessions make them, and tests.
    public init(statement: StatementRequest, target: String, columns: [String], format: String, strict: Bool) {
        self.statement = statement
        self.target = target
        self.columns = columns
        self.format = format
        self.strict = strict
    }
}

/// A run of records as they arrived: one byte buffer and where each line starts, as in a string column.
public struct BulkLines: Sendable {
    /// The lines one after another, without line ends.
    public var bytes: [UInt8]
    /// `count + 1` positions: line `i` is `bytes[offsets[i] ..< offsets[i + 1]]`.
    public var offsets: [Int32]
    /// The number of the first line, from 1, counting every line after the INSERT.
    ///
    /// Lines that the session itself refused (too long, cut off) end a run, so numbers within a run have no gaps.
    public var firstLine: Int

    /// Number of lines.
    public var count: Int { offsets.count - 1 }

    /// An empty run that starts at the given line.
    public init(firstLine: Int) {
        bytes = []
        offsets = [0]
        self.firstLine = firstLine
    }
}

/// Takes the records of one bulk insert, in order, on the network thread.
///
/// Both methods return at once. Reading from the connection stops while more than `SessionLimits.bulkWindow` bytes
/// are handed over and not yet reported by `ReplyStream.bulkConsumed`.
public protocol BulkInsertReceiver: Sendable {
    /// The next records.
    func receive(_ lines: BulkLines)

    /// No more records: the client sent `\.` or ended its input. The receiver now makes everything durable and calls
    /// `finish`, or has called `fail` before. It is not called when the request was cancelled.
    func end()
}
