import Values

/// Where bad records go: counted, kept as a stream that can be queried, never thrown.
///
/// Called only for bad rows, so a call may cost a microsecond; implementations limit the rate themselves.
public protocol ProcessingLog: AnyObject {
    func record(_ problem: RecordProblem)
}

/// One bad record or row.
public struct RecordProblem: Sendable {
    public enum Kind: String, Sendable {
        case deserialization, expression, serialization, timestamp, late, connector
    }

    public let kind: Kind
    /// The query that met it.
    public let query: String
    public let topic: String?
    public let partition: Int32?
    public let offset: Int64?
    /// The column, field or expression.
    public let field: String?
    /// The offending value as text, shortened to some 200 characters.
    public let value: String?
    /// What was expected and what was found.
    public let reason: String

    public init(
        kind: Kind,
        query: String,
        topic: String? = nil,
        partition: Int32? = nil,
        offset: Int64? = nil,
        field: String? = nil,
        value: String? = nil,
        reason: String
    ) {
        self.kind = kind
        self.query = query
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.field = field
        self.value = value
        self.reason = reason
    }
}

/// Counters of one operator of one task; written by its thread, read by anyone (a torn or late value is acceptable
/// to readers, so they are relaxed atomics).
public final class OperatorMetrics: Sendable {
    public let rowsIn = Counter()
    public let rowsOut = Counter()
    /// Rows that a WHERE or HAVING removed, or that had a null key.
    public let dropped = Counter()
    public let late = Counter()
    public let errors = Counter()
    public let stateBytes = Counter()

    public init() {}
}
