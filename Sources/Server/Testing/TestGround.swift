import Dispatch
import Functions
import Parser
import Planner
import Runtime
import Values

/// A catalog and queries in memory for tests: statements are planned by a real engine whose queries are run by hand.
final class TestGround {
    /// What a statement led to.
    enum Outcome {
        /// A query was made, or one took over from an earlier one with its id.
        case query(TopologyDriver)
        /// A record for a topic.
        case record(TestRecord, topic: String, source: SourceDescription)
        /// Only the catalog changed, or nothing did.
        case done
    }

    let engine: Engine
    /// Running queries in the order in which they were made.
    private(set) var queries: [TopologyDriver] = []

    /// - Parameters:
    ///   - functions: what SQL can call.
    ///   - properties: what every statement starts with.
    init(functions: FunctionSet = .builtin, planner: PlannerSettings, properties: [String: String] = [:]) throws {
        var settings = EngineSettings(dataDirectory: "", threads: 1)
        settings.planner = planner
        settings.functions = functions
        settings.properties = properties.merging(["weir.emit": "every", "weir.batch.rows": "1"]) { first, _ in first }
        engine = try Engine(
            settings,
            database: MemoryDatabase(),
            broker: MemoryBroker(),
            clock: SteppedClock().clock,
            threads: [IdleWorker()]
        )
        try engine.load()
    }

    /// Carries out one statement.
    /// - Throws: what the engine would answer with.
    func execute(_ statement: Statement, sql: String, properties: [String: String]) throws -> Outcome {
        let plain = try QuerySettings.checked(properties)
        return try engine.control.sync {
            let planned = try engine.planner.plan(
                statement,
                sql: sql,
                properties: engine.settings.properties.merging(plain) { $1 },
                queryNumber: engine.store.nextQueryNumber
            )
            switch planned {
            case .insertValues(let plan): return try record(plan)
            case .deleteRow(let plan): return try record(plan)
            case .nothing: return .done
            case .pushQuery, .pullQuery, .bulkInsert, .explain, .administrative:
                throw ReplyError("0A000", "a test cannot have this statement")
            default:
                _ = try engine.define(planned, sql: sql, properties: plain)
                return try follow(planned)
            }
        }
    }

    /// What there is now.
    var catalog: Catalog { engine.control.sync { engine.catalog } }

    /// The planner over ``catalog``.
    var planner: Planner { engine.control.sync { engine.planner } }

    /// Brings ``queries`` in line with what the engine runs now.
    private func follow(_ planned: PlannedStatement) throws -> Outcome {
        queries.removeAll { engine.queries[$0.plan.id] == nil }
        let plan: PersistentQueryPlan
        switch planned {
        case .createAs(let create): plan = create.query
        case .insertInto(let insert): plan = insert.query
        case .createSource(let create):
            guard let query = create.query else { return .done }
            plan = query
        default: return .done
        }
        guard let running = engine.queries[plan.id] else { return .done }
        let old = queries.firstIndex { $0.plan.id == plan.id }
        let entry = engine.store.entries.first { $0.query == plan.id }
        let driver = try TopologyDriver(
            plan,
            stores: running.stores,
            settings: QuerySettings(engine.settings.properties.merging(entry?.properties ?? [:]) { $1 }),
            services: engine.services,
            ground: old.map { queries[$0] }
        )
        if let old { queries[old] = driver } else { queries.append(driver) }
        return .query(driver)
    }

    private func record(_ plan: InsertValuesPlan) throws -> Outcome {
        let target = try InsertTarget(topic: plan.target.topic, layout: plan.layout, services: engine.services)
        var bad: [BadPayload] = []
        let runs = try target.messages(
            plan.row.columns,
            timestamps: Column.constant(.bigint, .bigint(plan.rowTime ?? 0), count: plan.row.count),
            keyless: 0,
            bad: &bad
        )
        return try outcome(runs, bad, plan.target)
    }

    private func record(_ plan: DeleteRowPlan) throws -> Outcome {
        let target = try InsertTarget(topic: plan.target.topic, layout: plan.layout, services: engine.services)
        var bad: [BadPayload] = []
        let time = Column.constant(.bigint, .bigint(0), count: 1)
        return try outcome(try target.deletions(plan.key, timestamps: time, bad: &bad), bad, plan.target)
    }

    private func outcome(_ runs: [OutgoingRun], _ bad: [BadPayload], _ source: SourceDescription) throws -> Outcome {
        if let problem = bad.first { throw ReplyError("22023", problem.reason) }
        guard let record = runs.flatMap({ TestRecord.all(of: $0) }).first else { return .done }
        return .record(record, topic: source.topic, source: source)
    }
}
