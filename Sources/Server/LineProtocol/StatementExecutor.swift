/// What runs the statements that arrive on connections.
///
/// Every method is called on the network thread and must return at once: hand the work to another thread and answer
/// through the `ReplyStream`, from whichever thread, in the order in which the lines should appear.
public protocol StatementExecutor: Sendable {
    /// Starts one statement; it must end with exactly one `finish` or `fail` on `reply`.
    func execute(_ request: StatementRequest, reply: ReplyStream)

    /// Starts a bulk insert and returns what takes its records; it ends with one `finish` or `fail` on `reply`.
    ///
    /// A `fail` may come at any time; records that arrive after it are skipped by the session.
    func insert(_ request: BulkInsertRequest, reply: ReplyStream) -> any BulkInsertReceiver

    /// The connection is gone; its requests have been cancelled with `CancelReason.disconnected`.
    func sessionEnded(_ session: SessionContext)
}

extension StatementExecutor {
    /// Most executors keep nothing per session.
    public func sessionEnded(_ session: SessionContext) {}
}

/// One statement of a session.
public struct StatementRequest: Sendable {
    /// Unique among the requests of its session.
    public let id: RequestID
    /// The statement as the client wrote it, from its first character; a final `;` may be missing.
    public let text: String
    /// The format in which rows are to be written.
    public let format: ReplyFormat
    /// Whether decimals are JSON numbers; they are strings by default.
    public let decimalsAsNumbers: Bool
    /// Properties and variables, which the statement may read and change.
    public let session: SessionContext

    /// A request; sessions make them, and tests.
    public init(
        id: RequestID,
        text: String,
        format: ReplyFormat = .json,
        decimalsAsNumbers: Bool = false,
        session: SessionContext
    ) {
        self.id = id
        self.text = text
        self.format = format
        self.decimalsAsNumbers = decimalsAsNumbers
        self.session = session
    }
}

/// Identifies a request within its session.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
    /// Counts from 1 in each session.
    public let number: UInt64

    /// The request of that number.
    public init(_ number: UInt64) { self.number = number }

    /// The number in decimal.
    public var description: String { String(number) }
}
