import Runtime
import Values

/// A persistent query as the catalog knows it.
public struct QueryDescription: Sendable {
    /// Such as `CTAS_TOTALS_3`.
    public let id: String
    public let kind: QueryKind
    /// The sources it reads.
    public let reads: Set<String>
    /// The source it writes; nil for the query below a SOURCE TABLE.
    public let writes: String?
    /// The statement that made it.
    public let sql: String
    /// What pull queries can read of it.
    public let materialization: Materialization?
    /// What a query that replaces it may not change; see ``PersistentQueryPlan/upgradeSignature``.
    public let upgradeSignature: [String]

    public init(_ plan: PersistentQueryPlan, sql: String) {
        id = plan.id
        kind = plan.kind
        reads = Set(plan.reads)
        writes = plan.writes
        materialization = plan.materialization
        upgradeSignature = plan.upgradeSignature
        self.sql = sql
    }
}

/// What made a persistent query.
public enum QueryKind: String, Sendable, Hashable {
    case createStreamAs = "CSAS"
    case createTableAs = "CTAS"
    case insertInto = "INSERTQUERY"
    /// Keeps the rows of a SOURCE TABLE for pull queries.
    case sourceTable = "CST"
}

/// Where the rows of a table stand, for pull queries.
public struct Materialization: Sendable {
    /// The query that holds them.
    public let query: String
    /// The subtopology, and in it the node whose state holds them.
    public let subtopology: Int
    public let node: Int
    /// That node's spec.
    public let spec: any OperatorSpec
    /// The columns of the rows in that state: key, window bounds, values.
    public let stateSchema: Schema
    /// The stateless operators between that node and the sink; what passes them are rows of the table.
    public let steps: [any OperatorSpec]
    /// The table's own columns, which the last step puts out.
    public let output: Schema
    /// For each key column of ``output`` the key column of ``stateSchema`` it is a copy of.
    public let keyOrder: [Int]

    public init(
        query: String,
        subtopology: Int,
        node: Int,
        spec: any OperatorSpec,
        stateSchema: Schema,
        steps: [any OperatorSpec],
        output: Schema,
        keyOrder: [Int]
    ) {
        self.query = query
        self.subtopology = subtopology
        self.node = node
        self.spec = spec
        self.stateSchema = stateSchema
        self.steps = steps
        self.output = output
        self.keyOrder = keyOrder
    }
}

/// A connector as the catalog knows it.
public struct ConnectorDescription: Sendable, Hashable {
    public let name: String
    /// True for a sink, false for a source.
    public let isSink: Bool
    /// The WITH clause, names in upper case, values as text.
    public let properties: [String: String]
    /// The statement that made it.
    public let sql: String

    /// The topics that its setting `topics` names.
    var topics: [String] {
        let list = properties.first { $0.key.lowercased() == "topics" }?.value ?? ""
        return list.split(separator: ",").map { name in
            String(name.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }
    }

    public init(name: String, isSink: Bool, properties: [String: String], sql: String) {
        self.name = name
        self.isSink = isSink
        self.properties = properties
        self.sql = sql
    }
}
