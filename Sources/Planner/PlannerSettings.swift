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

extension PlannerSettings {
    /// The settings with the session's properties before them; names that planning does not know are left to others.
    func applying(_ properties: [String: String]) throws(PlanError) -> PlannerSettings {
        var copy = self
        for (name, value) in properties {
            switch name {
            case "ksql.persistence.default.format.key": copy.keyFormat = value.uppercased()
            case "ksql.persistence.default.format.value": copy.valueFormat = value.uppercased()
            case "ksql.persistence.wrap.single.values": copy.wrapsSingleValue = try flag(name, value)
            case "ksql.output.topic.name.prefix": copy.topicPrefix = value
            case "ksql.create.or.replace.enabled": copy.allowsReplace = try flag(name, value)
            case "ksql.suppress.enabled": copy.allowsFinal = try flag(name, value)
            case "ksql.query.pull.table.scan.enabled": copy.allowsTableScans = try flag(name, value)
            case "ksql.query.pull.stream.enabled": copy.allowsStreamScans = try flag(name, value)
            default: break
            }
        }
        return copy
    }

    /// The session properties that planning reads.
    public static let properties = [
        "ksql.persistence.default.format.key", "ksql.persistence.default.format.value",
        "ksql.persistence.wrap.single.values", "ksql.output.topic.name.prefix", "ksql.create.or.replace.enabled",
        "ksql.suppress.enabled", "ksql.query.pull.table.scan.enabled", "ksql.query.pull.stream.enabled",
    ]

    private func flag(_ name: String, _ value: String) throws(PlanError) -> Bool {
        switch value.lowercased() {
        case "true": return true
        case "false": return false
        default:
            throw PlanError(
                SQLState.invalidParameter,
                "property '\(name)': expected true or false, found '\(value)'",
                hint: "SET '\(name)' = 'true'"
            )
        }
    }
}
