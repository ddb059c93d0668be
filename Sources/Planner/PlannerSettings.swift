/// Settings of an engine that plans depend on; SET overrides some of them for a session.
public struct PlannerSettings: Sendable, Hashable {
    /// The key format where neither the statement nor its source says one.
    public var keyFormat = "KAFKA"
    /// The value format where neither the statement nor its source says one; nil makes it required.
    public var valueFormat: String?
    /// Partitions of a topic that CREATE STREAM or TABLE makes without PARTITIONS; nil makes it required.
    public var partitions: Int?
    public var replicas = 1
    /// Put before the names of sink topics.
    public var topicPrefix = ""
    /// Put before the names of internal topics.
    public var internalTopicPrefix = "weir-"
    /// Whether a single value column is wrapped where nothing says so.
    public var wrapsSingleValue = true
    /// Whether pull queries may read all rows of a table.
    public var allowsTableScans = true
    /// Whether pull queries may read streams.
    public var allowsStreamScans = true
    /// Whether EMIT FINAL is allowed.
    public var allowsFinal = true
    /// Whether OR REPLACE is allowed.
    public var allowsReplace = true

    /// The defaults.
    public init() {}
}
