import Parser
import Planner
import Runtime

extension Engine {
    /// Makes the processing log's topic and stream; they are there in every engine and not part of the stored catalog.
    func defineProcessingLog() throws {
        try broker.createTopic(
            ProcessingLogStream.topic,
            TopicSettings(partitions: 1, retentionMilliseconds: 604_800_000)
        )
        guard let statement = try SQLParser.parse(ProcessingLogStream.sql).first else { return }
        let planned = try planner.plan(statement, sql: ProcessingLogStream.sql, queryNumber: 0)
        if case .createSource(let plan) = planned { try catalog.add(plan.source) }
    }

    /// Says the stored statements again.
    ///
    /// One that fails is reported and kept, and does not hold up the others.
    func replayCatalog() {
        for entry in store.entries {
            do {
                try replay(entry)
            } catch {
                startProblems[entry.query ?? entry.object] = "\(error)"
                services.logLine("\(entry.query ?? entry.object) could not be started: \(error)")
            }
        }
    }

    private func replay(_ entry: CatalogStore.Entry) throws {
        guard let statement = try SQLParser.parse(entry.sql, options: .asStored).first else { return }
        let planned = try planner.plan(
            statement,
            sql: entry.sql,
            properties: settings.properties.merging(entry.properties) { $1 },
            queryNumber: entry.queryNumber
        )
        try apply(planned, entry: entry)
    }

    /// Puts a planned definition into the catalog and starts its query or connector; `entry` is already stored.
    func apply(_ planned: PlannedStatement, entry: CatalogStore.Entry) throws {
        switch planned {
        case .createSource(let plan):
            if let topic = plan.topic { try broker.createTopic(topic.name, topic.settings) }
            catalog.replace(plan.source)
            if let query = plan.query { try begin(query, entry) }
        case .createAs(let plan):
            if let old = plan.replaces, let running = queries.removeValue(forKey: old) { running.stop() }
            catalog.replace(plan.source)
            try begin(plan.query, entry)
        case .insertInto(let plan): try begin(plan.query, entry)
        case .alterSource(let source): catalog.replace(source)
        case .createType(let name, let type): try catalog.addType(name, type)
        case .createConnector(let connector):
            try catalog.add(connector)
            try startConnector(connector)
        default: preconditionFailure("only definitions are stored")
        }
    }

    private func begin(_ query: PersistentQueryPlan, _ entry: CatalogStore.Entry) throws {
        catalog.add(QueryDescription(query, sql: entry.sql))
        try startQuery(query, entry: entry)
    }
}

extension ParserOptions {
    /// For statements of the catalog, whose variables were replaced when they first ran.
    static var asStored: ParserOptions {
        var options = ParserOptions()
        options.substitutesVariables = false
        return options
    }
}
