import Connectors
import Parser
import Planner
import Runtime
import Values

extension Engine {
    /// Carries out a statement that changes the catalog, and keeps it for the next start.
    /// - Returns: what the success line says.
    func define(_ planned: PlannedStatement, sql: String, properties: [String: String]) throws -> String {
        switch planned {
        case .createSource(let plan):
            try keep(planned, sql, properties, object: plan.source.name, query: plan.query)
            return "CREATED \(plan.source.kind.rawValue.uppercased()) \(quotedIdentifier(plan.source.name))"
        case .createAs(let plan):
            try keep(planned, sql, properties, object: plan.source.name, query: plan.query)
            return "CREATED \(plan.query.id)"
        case .insertInto(let plan):
            try keep(planned, sql, properties, object: plan.query.id, query: plan.query)
            return "CREATED \(plan.query.id)"
        case .alterSource(let source):
            try keep(planned, sql, properties, object: source.name, query: nil)
            return "ALTERED \(quotedIdentifier(source.name))"
        case .createType(let name, _):
            try keep(planned, sql, properties, object: name, query: nil)
            return "CREATED TYPE \(quotedIdentifier(name))"
        case .createConnector(let connector):
            try keep(planned, sql, properties, object: connector.name, query: nil)
            return "CREATED CONNECTOR \(quotedIdentifier(connector.name))"
        case .dropSource(let plan): return try drop(plan)
        case .dropType(let name):
            try catalog.dropType(name)
            try store.remove { $0.object == name && $0.query == nil }
            return "DROPPED TYPE \(quotedIdentifier(name))"
        case .dropConnector(let name):
            try catalog.dropConnector(name)
            try store.remove { $0.object == name && $0.query == nil }
            connectors.removeValue(forKey: name)?.stop()
            return "DROPPED CONNECTOR \(quotedIdentifier(name))"
        case .terminate(let ids): return try terminate(ids)
        case .pause(let ids):
            for id in ids { try setPaused(id, true) }
            return "PAUSED " + ids.joined(separator: ", ")
        case .resume(let ids):
            for id in ids { try setPaused(id, false) }
            return "RESUMED " + ids.joined(separator: ", ")
        default: preconditionFailure("not a definition")
        }
    }

    private func keep(
        _ planned: PlannedStatement,
        _ sql: String,
        _ properties: [String: String],
        object: String,
        query: PersistentQueryPlan?
    ) throws {
        let stores = query?.topology.stores.map(\.name) ?? []
        if case .createAs(let plan) = planned, let id = plan.replaces, let running = queries[id],
            let old = store.entries.first(where: { $0.query == id }), let source = catalog.source(plan.source.name)
        {
            let entry = try store.upgrade(
                old,
                definition: source.definition,
                sql: sql,
                properties: properties,
                stores: stores
            )
            return try upgrade(planned, running, from: old, to: entry)
        }
        let before = catalog
        let entry = try store.add(
            sql: sql,
            properties: properties,
            object: object,
            query: query?.id,
            stores: stores
        )
        do {
            try apply(planned, entry: entry)
        } catch {
            // The statement failed as a whole: nothing of it stays, here or for the next start.
            catalog = before
            try store.remove { $0.number == entry.number }
            if let query { queries.removeValue(forKey: query.id)?.stop() }
            throw error
        }
    }

    /// Lets a query go on as another one: from the same offsets, with the same state.
    private func upgrade(
        _ planned: PlannedStatement,
        _ running: RunningQuery,
        from old: CatalogStore.Entry,
        to entry: CatalogStore.Entry
    ) throws {
        let before = catalog
        do {
            try apply(planned, entry: entry)
        } catch {
            catalog = before
            try store.put([old], removing: [entry])
            queries.removeValue(forKey: running.id)?.stop()
            if let plan = running.plan { try startQuery(plan, entry: old) }
            throw error
        }
        let kept = Set(entry.stores.values)
        try clear(storeIDs(of: running).filter { !kept.contains($0.number) })
    }

    private func drop(_ plan: DropSourcePlan) throws -> String {
        guard plan.source.name != ProcessingLogStream.streamName else {
            throw ReplyError("42501", "\(plan.source.name) belongs to the engine and cannot be dropped")
        }
        try catalog.checkDrop(plan.source.name)
        if plan.deletesTopic { try catalog.checkDeleteTopic(of: plan.source.name) }
        if let query = plan.query { try removeQuery(query) }
        try store.remove { $0.object == plan.source.name || ($0.query != nil && $0.query == plan.query) }
        try catalog.dropSource(plan.source.name)
        if plan.deletesTopic { try broker.deleteTopic(plan.source.topic) }
        startProblems[plan.source.name] = nil
        return "DROPPED \(quotedIdentifier(plan.source.name))"
    }

    private func terminate(_ ids: [String]) throws -> String {
        for id in ids {
            if let push = pushQueries[id] {
                push.end(.request)
                continue
            }
            let source = catalog.sources.values.first { $0.createdBy == id }
            try removeQuery(id)
            catalog.removeQuery(id)
            startProblems[id] = nil
            guard let entry = store.entries.first(where: { $0.query == id }) else { continue }
            if let source {
                // The table or stream stays, as a plain source over its topic.
                var plain = source
                plain.createdBy = nil
                plain.sql = source.definition
                catalog.replace(plain)
                try store.replace(entry, sql: plain.sql)
            } else {
                try store.remove { $0.number == entry.number }
            }
        }
        return "TERMINATED " + ids.joined(separator: ", ")
    }
}

extension SourceDescription {
    /// A CREATE statement without a query that makes the same source, also where an earlier one made it with fewer
    /// columns.
    var definition: String {
        let keyWord = kind == .table ? "PRIMARY KEY" : "KEY"
        var columns = keyFields.map { "\(quotedIdentifier($0.name)) \($0.type) \(keyWord)" }
        columns += valueFields.map { "\(quotedIdentifier($0.name)) \($0.type)" }
        var with = [
            "KAFKA_TOPIC = '\(topic.sqlQuoted)'", "KEY_FORMAT = '\(keyFormat)'", "VALUE_FORMAT = '\(valueFormat)'",
        ]
        if let window {
            with.append("WINDOW_TYPE = '\(window.typeName)'")
            if case .time(let size) = window.runtimeKey { with.append("WINDOW_SIZE = '\(size) MILLISECONDS'") }
        }
        for (name, format, properties) in [
            ("KEY_DELIMITER", keyFormat, keyProperties), ("VALUE_DELIMITER", valueFormat, valueProperties),
        ] where format == "DELIMITED" && properties.delimiter != UInt8(ascii: ",") {
            let character = Character(UnicodeScalar(properties.delimiter))
            let text = [" ": "SPACE", "\t": "TAB"][character] ?? String(character).sqlQuoted
            with.append("\(name) = '\(text)'")
        }
        if valueFields.count == 1, !valueProperties.wrapsSingle { with.append("WRAP_SINGLE_VALUE = false") }
        if let timestamp {
            with.append("TIMESTAMP = '\(timestamp.name.sqlQuoted)'")
            if let pattern = timestamp.pattern { with.append("TIMESTAMP_FORMAT = '\(pattern.sqlQuoted)'") }
        }
        let list = columns.joined(separator: ", ")
        return "CREATE OR REPLACE \(kind == .table ? "TABLE" : "STREAM") \(quotedIdentifier(name)) (\(list)) "
            + "WITH (\(with.joined(separator: ", ")));"
    }
}

extension String {
    /// The text for a place between single quotes.
    var sqlQuoted: String { split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") }
}
