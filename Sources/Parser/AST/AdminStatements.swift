/// `LIST|SHOW …`.
public enum Listing: Sendable, Hashable {
    case properties
    /// `[ALL] TOPICS [EXTENDED]`; ALL includes hidden topics.
    case topics(all: Bool, extended: Bool)
    case streams(extended: Bool)
    case tables(extended: Bool)
    case queries(extended: Bool)
    case functions
    case types
    case variables
    /// Of one kind, or of both if nil.
    case connectors(ConnectorKind?)
    case connectorPlugins
}

/// `DESCRIBE …`.
public enum Description: Sendable, Hashable {
    case source(SourceName, extended: Bool)
    case streams(extended: Bool)
    case tables(extended: Bool)
    case function(Identifier)
    case connector(Identifier)
}

/// What EXPLAIN explains.
public indirect enum ExplainTarget: Sendable, Hashable {
    case statement(Statement)
    /// A running query's id.
    case query(Identifier)
}

/// What TERMINATE, PAUSE and RESUME act on.
public enum QueryTarget: Sendable, Hashable {
    case all
    /// One query's id.
    case query(Identifier)
}

/// `PRINT topic [FROM BEGINNING] [INTERVAL|SAMPLE n] [LIMIT n]`.
public struct PrintTopic: Sendable, Hashable {
    /// The topic's name, case kept.
    public let topic: String
    /// Whether it starts at the oldest record.
    public let fromBeginning: Bool
    /// Print every n-th record; nil means all.
    public let interval: Int64?
    /// How many records at most.
    public let limit: Int64?
    /// Where the topic's name stands.
    public let topicPosition: SourcePosition

    /// A statement.
    public init(
        topic: String,
        fromBeginning: Bool = false,
        interval: Int64? = nil,
        limit: Int64? = nil,
        topicPosition: SourcePosition = .start
    ) {
        self.topic = topic
        self.fromBeginning = fromBeginning
        self.interval = interval
        self.limit = limit
        self.topicPosition = topicPosition
    }
}

/// The kinds of connector.
public enum ConnectorKind: String, Sendable, Hashable {
    case source = "SOURCE"
    case sink = "SINK"
}

/// `CREATE SINK|SOURCE CONNECTOR [IF NOT EXISTS] name WITH (…)`.
public struct CreateConnector: Sendable, Hashable {
    /// Source or sink.
    public let connector: ConnectorKind
    /// The new name.
    public let name: Identifier
    /// Whether an existing connector of that name is no error.
    public let ifNotExists: Bool
    /// The WITH clause.
    public let properties: Properties

    /// A statement.
    public init(_ connector: ConnectorKind, name: Identifier, ifNotExists: Bool = false, properties: Properties) {
        self.connector = connector
        self.name = name
        self.ifNotExists = ifNotExists
        self.properties = properties
    }
}

/// `DROP CONNECTOR [IF EXISTS] name`.
public struct DropConnector: Sendable, Hashable {
    /// Its name.
    public let name: Identifier
    /// Whether a missing connector is no error.
    public let ifExists: Bool

    /// A statement.
    public init(name: Identifier, ifExists: Bool = false) {
        self.name = name
        self.ifExists = ifExists
    }
}

/// `ASSERT [NOT EXISTS] TOPIC name [WITH (…)] [TIMEOUT span]`.
public struct AssertTopic: Sendable, Hashable {
    /// The topic's name, case kept.
    public let topic: String
    /// False for `NOT EXISTS`.
    public let exists: Bool
    /// The WITH clause: `PARTITIONS`, `REPLICAS`.
    public let properties: Properties
    /// How long to wait; nil means the default.
    public let timeout: TimeSpan?
    /// Where the topic's name stands.
    public let topicPosition: SourcePosition

    /// A statement.
    public init(
        topic: String,
        exists: Bool = true,
        properties: Properties = .none,
        timeout: TimeSpan? = nil,
        topicPosition: SourcePosition = .start
    ) {
        self.topic = topic
        self.exists = exists
        self.properties = properties
        self.timeout = timeout
        self.topicPosition = topicPosition
    }
}

/// `ASSERT [NOT EXISTS] SCHEMA [SUBJECT name] [ID n] [TIMEOUT span]`; at least one of subject and id.
public struct AssertSchema: Sendable, Hashable {
    /// The subject's name, case kept.
    public let subject: String?
    /// The schema's id.
    public let id: Int64?
    /// False for `NOT EXISTS`.
    public let exists: Bool
    /// How long to wait; nil means the default.
    public let timeout: TimeSpan?

    /// A statement.
    public init(subject: String? = nil, id: Int64? = nil, exists: Bool = true, timeout: TimeSpan? = nil) {
        self.subject = subject
        self.id = id
        self.exists = exists
        self.timeout = timeout
    }
}

/// `ASSERT VALUES source (columns) VALUES (…)` or, for a tombstone, `ASSERT NULL VALUES source (columns) KEY (…)`.
public struct AssertValues: Sendable, Hashable {
    /// The source whose next record is checked.
    public let source: SourceName
    /// The columns named; empty means all in order.
    public let columns: [Identifier]
    /// One expression per column.
    public let values: [Expression]
    /// Whether the record's value must be null; the values are then its key.
    public let isTombstone: Bool

    /// A statement.
    public init(source: SourceName, columns: [Identifier] = [], values: [Expression], isTombstone: Bool = false) {
        self.source = source
        self.columns = columns
        self.values = values
        self.isTombstone = isTombstone
    }
}

/// `ASSERT STREAM|TABLE name [(columns)] [WITH (…)]`.
public struct AssertSource: Sendable, Hashable {
    /// Stream or table.
    public let source: SourceKind
    /// Its name.
    public let name: SourceName
    /// The columns it must have; empty if none are written.
    public let columns: [ColumnDefinition]
    /// The properties it must have.
    public let properties: Properties

    /// A statement.
    public init(
        _ source: SourceKind,
        name: SourceName,
        columns: [ColumnDefinition] = [],
        properties: Properties = .none
    ) {
        self.source = source
        self.name = name
        self.columns = columns
        self.properties = properties
    }
}
