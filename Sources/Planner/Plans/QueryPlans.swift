import Parser
import Runtime
import Values

/// A query that runs until it is terminated.
public struct PersistentQueryPlan: Sendable {
    /// Such as `CTAS_TOTALS_3`.
    public let id: String
    public let kind: QueryKind
    /// Ends in a ``SinkSpec``, except below a SOURCE TABLE.
    public let topology: Topology
    /// The sources it reads.
    public let reads: [String]
    /// The source it writes; nil for the query below a SOURCE TABLE.
    public let writes: String?
    /// The sink's topic and how to create it when it is missing.
    public let sinkTopic: InternalTopic?
    /// What pull queries can read of it; nil when it keeps no state that is the result.
    public let materialization: Materialization?
    /// The steps that a query which takes over its state may not change.
    public let upgradeSignature: [String]
    public let text: PlanText
}

/// A push query: it runs for its client.
public struct TransientPlan: Sendable {
    /// Such as `PUSH_7`; the names of its internal topics begin with it.
    public let id: String
    /// Ends in a ``ResultSink``.
    public let topology: Topology
    /// The sources it reads.
    public let reads: [String]
    /// The columns in the order of SELECT.
    public let columns: [Schema.Field]
    /// For each of ``columns`` the column of the result's batches.
    public let columnOrder: [Int]
    /// The names of the columns that make up the key; empty when SELECT leaves one of them out.
    public let keyNames: [String]
    public let changes: ChangeKind
    /// The rows after which it ends.
    public let limit: Int64?
    /// Where an earlier query stopped.
    public let resume: ResumeClause?
    public let text: PlanText
}

/// What the rows of a result mean.
public enum ChangeKind: String, Sendable {
    /// Each row is an event of its own.
    case append
    /// Each row replaces the one of its key.
    case upsert
}

/// A query over what is there now.
public struct PullPlan: Sendable {
    public let source: SourceDescription
    public let access: Access
    /// Filters and projections that the rows pass, in order.
    public let steps: [any OperatorSpec]
    /// The columns in the order of SELECT.
    public let columns: [Schema.Field]
    /// For each of ``columns`` the column of the last step's batches.
    public let columnOrder: [Int]
    public let keyNames: [String]
    /// The most rows to answer with.
    public let limit: Int64?
    public let text: PlanText

    /// Where the rows are.
    public enum Access: Sendable {
        /// In the state of a persistent query. Rows of `Materialization/stateSchema` pass `Materialization/steps` and
        /// then the plan's own.
        case state(Materialization, StateRange)
        /// In a topic, from its first record to the last one at the start.
        case topic(SourceSpec)
    }
}

/// Which rows of a state a pull query needs at most; its steps do the exact check.
public struct StateRange: Sendable {
    public let keys: Keys
    /// Window starts in milliseconds; the full range for unbounded or unwindowed.
    public let windowStart: ClosedRange<Int64>
    public let windowEnd: ClosedRange<Int64>

    public init(
        keys: Keys,
        windowStart: ClosedRange<Int64> = Int64.min...Int64.max,
        windowEnd: ClosedRange<Int64> = Int64.min...Int64.max
    ) {
        self.keys = keys
        self.windowStart = windowStart
        self.windowEnd = windowEnd
    }

    /// Which keys.
    public enum Keys: Sendable {
        case all
        /// One column per key column of `Materialization/stateSchema` in its order; row i is one key. None is there twice.
        case lookups([Column])
        /// STRING or BYTES keys in the order of their bytes; nil is unbounded.
        case range(lower: KeyBound?, upper: KeyBound?)
    }
}

/// An end of a range of keys.
public struct KeyBound: Sendable, Hashable {
    public let bytes: [UInt8]
    public let isInclusive: Bool

    public init(bytes: [UInt8], isInclusive: Bool) {
        self.bytes = bytes
        self.isInclusive = isInclusive
    }
}

/// A plan as EXPLAIN prints it.
public struct PlanText: Sendable, Hashable, CustomStringConvertible {
    /// As analysed.
    public let logical: String
    /// After the rules, with the rules that changed it.
    public let optimized: String
    /// Operators, subtopologies and topics.
    public let physical: String

    public init(logical: String, optimized: String, physical: String) {
        self.logical = logical
        self.optimized = optimized
        self.physical = physical
    }

    /// The three sections with their titles.
    public var description: String {
        "Logical plan\n\(logical)\n\nOptimized plan\n\(optimized)\n\nPhysical plan\n\(physical)"
    }
}
