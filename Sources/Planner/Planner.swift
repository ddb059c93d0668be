import Functions
import Parser
import Runtime
import Values

/// Turns statements into what the engine has to do.
///
/// A planner is a value over a snapshot of the catalog; it changes nothing.
public struct Planner {
    let catalog: Catalog
    let functions: FunctionSet
    let formats: FormatRegistry
    let settings: PlannerSettings
    let topicSettings: (String) throws -> TopicSettings?

    /// - Parameter topicSettings: how a topic was created; nil when it does not exist.
    public init(
        catalog: Catalog,
        functions: FunctionSet = .builtin,
        formats: FormatRegistry,
        settings: PlannerSettings = PlannerSettings(),
        topicSettings: @escaping (String) throws -> TopicSettings?
    ) {
        self.catalog = catalog
        self.functions = functions
        self.formats = formats
        self.settings = settings
        self.topicSettings = topicSettings
    }

    /// What a statement asks for.
    /// - Parameters:
    ///   - sql: the statement's own text, which the catalog keeps.
    ///   - properties: the session's, by name; they go before the settings.
    ///   - queryNumber: ends the id of a query that the statement starts; the same number must not be used again.
    public func plan(
        _ statement: Statement,
        sql: String,
        properties: [String: String] = [:],
        queryNumber: Int
    ) throws(PlanError) -> PlannedStatement {
        let planning = try planning(sql: sql, properties: properties, queryNumber: queryNumber)
        return try planning.plan(statement)
    }

    /// The planning of one statement; see ``plan(_:sql:properties:queryNumber:)``.
    func planning(sql: String, properties: [String: String], queryNumber: Int) throws(PlanError) -> Planning {
        Planning(
            planner: self,
            settings: try settings.applying(properties),
            limits: AggregateLimits(properties),
            sql: sql,
            queryNumber: queryNumber
        )
    }

    /// How a topic was created; nil when it does not exist.
    func describe(_ topic: String, at position: SourcePosition? = nil) throws(PlanError) -> TopicSettings? {
        do {
            return try topicSettings(topic)
        } catch {
            let cause = error as? TopicError
            throw PlanError("58030", cause?.message ?? "\(error)", at: position, hint: cause?.hint)
        }
    }
}

/// The planning of one statement: the planner with what the session and the statement add to it.
struct Planning {
    let planner: Planner
    let settings: PlannerSettings
    let limits: AggregateLimits
    let sql: String
    let queryNumber: Int

    var catalog: Catalog { planner.catalog }

    func plan(_ statement: Statement) throws(PlanError) -> PlannedStatement {
        switch statement.kind {
        case .query(let query): return try self.query(query)
        case .createSource(let create): return try createSource(create)
        case .createAsSelect(let create): return try createAs(create)
        case .insertSelect(let insert): return try insertSelect(insert)
        case .insertValues(let insert): return .insertValues(try insertValues(insert, at: statement.position))
        case .insertRecords(let insert): return try insertRecords(insert)
        case .deleteRow(let delete): return .deleteRow(try deleteRow(delete))
        case .dropSource(let drop): return try dropSource(drop)
        case .alterSource(let alter): return .alterSource(try alterSource(alter))
        case .createType(let create): return try createType(create)
        case .dropType(let drop): return try dropType(drop)
        case .createConnector(let create): return try createConnector(create)
        case .dropConnector(let drop): return try dropConnector(drop)
        case .terminate(let target): return .terminate(try queries(target))
        case .pause(let target): return .pause(try queries(target))
        case .resume(let target): return .resume(try queries(target))
        case .explain(.statement(let inner)): return .explain(try explanation(inner))
        case .explain(.query), .list, .describe, .print, .setProperty, .unsetProperty, .alterSystem, .define, .undefine,
            .assertTopic, .assertSchema, .assertValues, .assertSource, .runScript:
            return .administrative(statement)
        }
    }

    func analyzer(_ use: QueryUse) -> QueryAnalyzer {
        QueryAnalyzer(
            catalog: catalog,
            functions: planner.functions,
            limits: limits,
            use: use
        )
    }
}

extension AggregateLimits {
    /// The limits that session properties set.
    fileprivate init(_ properties: [String: String]) {
        let limit = { (name: String) in properties["ksql.functions.\(name).limit"].flatMap(Int.init) ?? Int.max }
        self.init(collectList: limit("collect_list"), collectSet: limit("collect_set"))
    }
}
