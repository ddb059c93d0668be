import Parser
import Runtime
import Values

/// What a statement asks of the engine, checked and complete.
public enum PlannedStatement: Sendable {
    case createSource(CreateSourcePlan)
    case createAs(CreateAsPlan)
    case insertInto(InsertIntoPlan)
    case insertValues(InsertValuesPlan)
    case bulkInsert(BulkInsertPlan)
    case deleteRow(DeleteRowPlan)
    case pushQuery(TransientPlan)
    case pullQuery(PullPlan)
    case dropSource(DropSourcePlan)
    /// The source as it is after ALTER.
    case alterSource(SourceDescription)
    /// The ids of the queries.
    case terminate([String])
    case pause([String])
    case resume([String])
    case createType(name: String, type: SQLType)
    case dropType(name: String)
    case createConnector(ConnectorDescription)
    case dropConnector(name: String)
    /// The text to answer with.
    case explain(String)
    /// Nothing to do, and why, e.g. `IF NOT EXISTS` of something that exists.
    case nothing(notice: String)
    /// SHOW, DESCRIBE, PRINT, SET, ASSERT and the like, which the engine answers from the syntax.
    case administrative(Statement)
}

/// A source to register.
public struct CreateSourcePlan: Sendable {
    public let source: SourceDescription
    /// The topic to create before; nil when it exists.
    public let topic: InternalTopic?
    /// True when a source of that name is replaced.
    public let replaces: Bool
    /// Keeps the rows of a SOURCE TABLE; nil for other sources.
    public let query: PersistentQueryPlan?
}

/// A source and the query that fills it.
public struct CreateAsPlan: Sendable {
    public let source: SourceDescription
    public let query: PersistentQueryPlan
    /// The query that this one takes over from, with its id, offsets and state; nil for a new one.
    public let replaces: String?
}

/// A query that writes into a stream that exists.
public struct InsertIntoPlan: Sendable {
    public let target: SourceDescription
    public let query: PersistentQueryPlan
}

/// One record to append.
public struct InsertValuesPlan: Sendable {
    public let target: SourceDescription
    /// The target's formats; every value column is wanted.
    public let layout: RecordLayout
    /// One row of ``SourceDescription/schema``, converted to the columns' types; its ROWTIME is 0 unless given.
    public let row: Batch
    /// ROWTIME in milliseconds, if the statement gives it.
    public let rowTime: Int64?
}

/// A record without a value to append, which deletes the row of its key.
public struct DeleteRowPlan: Sendable {
    public let target: SourceDescription
    /// The target's formats.
    public let layout: RecordLayout
    /// One row of key columns.
    public let key: [Column]
}

/// Records that follow on the connection.
public struct BulkInsertPlan: Sendable {
    public let target: SourceDescription
    /// The target's formats; every value column is wanted.
    public let layout: RecordLayout
    public let format: InsertRecords.Format
    public let isStrict: Bool
}

/// A source to remove.
public struct DropSourcePlan: Sendable {
    public let source: SourceDescription
    /// The query that goes with it.
    public let query: String?
    /// True when the topic goes, too.
    public let deletesTopic: Bool
}
