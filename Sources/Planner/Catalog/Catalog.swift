import Parser
import Values

/// What an engine knows by name: sources, types, queries and connectors.
///
/// A value: planning reads a copy, and the engine applies the changes of a statement once it has taken effect.
public struct Catalog: Sendable {
    public private(set) var sources: [String: SourceDescription] = [:]
    /// Types made by CREATE TYPE.
    public private(set) var types: [String: SQLType] = [:]
    /// Persistent queries by id.
    public private(set) var queries: [String: QueryDescription] = [:]
    public private(set) var connectors: [String: ConnectorDescription] = [:]

    /// An empty catalog.
    public init() {}

    /// The source of that exact name.
    public func source(_ name: String) -> SourceDescription? { sources[name] }

    /// The ids of the queries that read a source, sorted.
    public func readers(of name: String) -> [String] {
        queries.values.filter { $0.reads.contains(name) }.map(\.id).sorted()
    }

    /// The ids of the queries that write a source, sorted.
    public func writers(of name: String) -> [String] {
        queries.values.filter { $0.writes == name }.map(\.id).sorted()
    }

    /// The query whose state holds the rows of a table; nil when it is not materialised.
    public func materialization(of name: String) -> Materialization? {
        guard let source = sources[name], let id = source.createdBy else { return nil }
        return queries[id]?.materialization
    }
}

extension Catalog {
    /// Adds a source.
    /// - Throws: when there is one of that name.
    public mutating func add(_ source: SourceDescription) throws(PlanError) {
        if let old = sources[source.name] { throw Catalog.exists(old) }
        sources[source.name] = source
    }

    /// Puts a source in the place of the one of that name, or adds it.
    public mutating func replace(_ source: SourceDescription) {
        sources[source.name] = source
    }

    /// Removes a source and the query that was created with it.
    /// - Throws: when there is none, or when other queries still read or write it.
    public mutating func dropSource(_ name: String) throws(PlanError) {
        try checkDrop(name)
        guard let source = sources.removeValue(forKey: name) else { return }
        if let query = source.createdBy { queries[query] = nil }
    }

    /// Refuses what ``dropSource(_:)`` would refuse.
    public func checkDrop(_ name: String, at position: SourcePosition? = nil) throws(PlanError) {
        // Planning has looked already; between planning and the end of the statement the source may go.
        guard let source = sources[name] else {
            throw PlanError(SQLState.unknownSource, "there is no source named \(quotedIdentifier(name))", at: position)
        }
        let others = { (ids: [String]) in ids.filter { $0 != source.createdBy } }
        let readers = others(readers(of: name))
        let writers = others(writers(of: name))
        guard readers.isEmpty, writers.isEmpty else {
            let parts = [("read", readers), ("written", writers)].filter { !$0.1.isEmpty }
            throw PlanError(
                SQLState.dependentObjects,
                "cannot drop \(quotedIdentifier(name)): it is still "
                    + parts.map { "\($0.0) by \($0.1.joined(separator: ", "))" }.joined(separator: " and "),
                at: position,
                hint: "first run " + Set(readers + writers).sorted().map { "TERMINATE \($0);" }.joined(separator: " ")
            )
        }
        let connectors = readingConnectors(of: source.topic)
        guard connectors.isEmpty || sharers(of: source).count > 0 else {
            throw PlanError(
                SQLState.dependentObjects,
                "cannot drop \(quotedIdentifier(name)) because other objects depend on it",
                at: position,
                detail: connectors.map {
                    "connector \($0) reads topic '\(source.topic)' as \(quotedIdentifier(name)) declares it"
                }
                .joined(separator: ", "),
                hint: "first run " + connectors.map { "DROP CONNECTOR \($0);" }.joined(separator: " ")
            )
        }
    }

    /// Refuses to delete the topic of a source while other sources are over it or connectors read it.
    ///
    /// Queries read and write topics through sources only, so that ``checkDrop(_:)`` and the other sources tell of them.
    public func checkDeleteTopic(of name: String, at position: SourcePosition? = nil) throws(PlanError) {
        guard let source = sources[name] else { return }
        let sharers = sharers(of: source)
        let connectors = readingConnectors(of: source.topic)
        guard !sharers.isEmpty || !connectors.isEmpty else { return }
        let uses =
            sharers.map { other in
                let queries = Set(readers(of: other.name) + writers(of: other.name)).sorted()
                let users = queries.isEmpty ? "" : ", used by " + queries.joined(separator: ", ")
                return "\(other.kind.rawValue.lowercased()) \(quotedIdentifier(other.name)) is over it\(users)"
            } + connectors.map { "connector \($0) reads it" }
        throw PlanError(
            SQLState.dependentObjects,
            "cannot delete topic '\(source.topic)' because other objects depend on it",
            at: position,
            detail: uses.joined(separator: "; "),
            hint: "leave DELETE TOPIC out, or first run "
                + (connectors.map { "DROP CONNECTOR \($0);" }
                + sharers.map { "DROP \($0.kind.rawValue) \(quotedIdentifier($0.name));" }).joined(separator: " ")
        )
    }

    /// The other sources over the topic of a source, by name.
    private func sharers(of source: SourceDescription) -> [SourceDescription] {
        sources.values.filter { $0.topic == source.topic && $0.name != source.name }.sorted { $0.name < $1.name }
    }

    /// The connectors whose setting `topics` names a topic, sorted and quoted where needed.
    private func readingConnectors(of topic: String) -> [String] {
        connectors.values.filter { $0.topics.contains(topic) }.map { quotedIdentifier($0.name) }.sorted()
    }

    /// Adds a running query, or puts it in the place of the one of that id.
    public mutating func add(_ query: QueryDescription) { queries[query.id] = query }

    /// Removes a query; sources it wrote stay and can be written by others.
    public mutating func removeQuery(_ id: String) {
        queries[id] = nil
        for (name, source) in sources where source.createdBy == id { sources[name]?.createdBy = nil }
    }

    /// Adds a type.
    /// - Throws: when there is one of that name, which statements learn from planning, with its place.
    public mutating func addType(_ name: String, _ type: SQLType) throws(PlanError) {
        guard types[name] == nil else {
            throw PlanError(SQLState.duplicateObject, "there is already a type named \(quotedIdentifier(name))")
        }
        types[name] = type
    }

    /// Removes a type; sources made with it keep their columns.
    /// - Throws: when there is none, which statements learn from planning, with its place.
    public mutating func dropType(_ name: String) throws(PlanError) {
        guard types.removeValue(forKey: name) != nil else {
            throw PlanError(SQLState.unknownObject, "there is no type named \(quotedIdentifier(name))")
        }
    }

    /// Adds a connector.
    /// - Throws: when there is one of that name, which statements learn from planning, with its place.
    public mutating func add(_ connector: ConnectorDescription) throws(PlanError) {
        guard connectors[connector.name] == nil else {
            throw PlanError(
                SQLState.duplicateObject,
                "there is already a connector named \(quotedIdentifier(connector.name))"
            )
        }
        connectors[connector.name] = connector
    }

    /// Removes a connector.
    /// - Throws: when there is none, which statements learn from planning, with its place.
    public mutating func dropConnector(_ name: String) throws(PlanError) {
        guard connectors.removeValue(forKey: name) != nil else {
            throw PlanError(SQLState.unknownObject, "there is no connector named \(quotedIdentifier(name))")
        }
    }

    static func exists(_ old: SourceDescription, at position: SourcePosition? = nil) -> PlanError {
        let kind = old.kind.rawValue
        return PlanError(
            SQLState.duplicateSource,
            "there is already a \(kind.lowercased()) named \(quotedIdentifier(old.name))",
            at: position,
            hint: "use CREATE OR REPLACE \(kind), CREATE \(kind) IF NOT EXISTS or DROP \(kind) "
                + quotedIdentifier(old.name)
        )
    }
}
