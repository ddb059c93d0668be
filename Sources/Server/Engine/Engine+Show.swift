import Connectors
import Functions
import Parser
import Planner
import Runtime
import Values

extension Engine {
    /// Answers SHOW and LIST.
    func show(_ listing: Listing, _ answer: Answer) throws {
        switch listing {
        case .properties: answer.send(properties(answer.request))
        case .topics(let all, let extended): answer.send(try topics(all: all, extended: extended))
        case .streams(let extended): answer.send(sources(.stream, extended: extended))
        case .tables(let extended): answer.send(sources(.table, extended: extended))
        case .queries(let extended): answer.send(extended ? queryMetrics() : queryList())
        case .functions: answer.send(functions())
        case .types:
            var table = ResultTable([("NAME", .string), ("TYPE", .string)])
            table.rows = catalog.types.sorted { $0.key < $1.key }.map {
                [.string($0.key), .string($0.value.description)]
            }
            answer.send(table)
        case .variables:
            var table = ResultTable([("NAME", .string), ("VALUE", .string)])
            table.rows = answer.request.session.variables.sorted { $0.key < $1.key }.map {
                [.string($0.key), .string($0.value)]
            }
            answer.send(table)
        case .connectors: answer.send(connectorList())
        case .connectorPlugins:
            var table = ResultTable([("CLASS", .string), ("TYPE", .string)])
            table.rows = [[.string("PostgresSink"), .string("SINK")]]
            answer.send(table)
        }
    }

    private func properties(_ request: StatementRequest) -> ResultTable {
        var table = ResultTable([("PROPERTY", .string), ("VALUE", .string), ("SET_BY", .string), ("MEANING", .string)])
        let session = request.session.properties
        var names = QuerySettings.known.map(\.name)
        names += session.keys.filter { !names.contains($0) }.sorted()
        table.rows = names.map { name in
            let known = QuerySettings.known.first { $0.name == name }
            let value = session[name] ?? settings.properties[name] ?? known?.defaultValue
            let by = session[name] != nil ? "session" : settings.properties[name] != nil ? "server" : "default"
            return [.string(name), value.sqlValue, .string(by), (known?.meaning).sqlValue]
        }
        return table
    }

    private func topics(all: Bool, extended: Bool) throws -> ResultTable {
        var columns: [(String, SQLType)] = [("TOPIC", .string), ("PARTITIONS", .integer)]
        if extended { columns += [("MESSAGES", .bigint), ("RETENTION_MS", .bigint), ("COMPACTED", .boolean)] }
        var table = ResultTable(columns)
        for name in try broker.topics() {
            guard let topic = try broker.describe(name), all || !(topic.isInternal || name.hasPrefix("weir-")) else {
                continue
            }
            var row: [Value] = [.string(name), .integer(Int32(topic.partitions))]
            if extended {
                let ranges = try (0..<topic.partitions).map { try broker.offsets(of: TopicPartition(name, Int32($0))) }
                row.append(.bigint(ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound }))
                row.append(topic.retentionMilliseconds.map { .bigint($0) } ?? .null)
                row.append(.boolean(topic.isCompacted))
            }
            table.rows.append(row)
        }
        return table
    }

    /// SHOW STREAMS and SHOW TABLES.
    func sources(_ kind: SourceKind, extended: Bool) -> ResultTable {
        var columns: [(String, SQLType)] = [
            ("NAME", .string), ("TOPIC", .string), ("KEY_FORMAT", .string), ("VALUE_FORMAT", .string),
            ("WINDOWED", .boolean),
        ]
        if extended { columns += [("QUERY", .string), ("STATEMENT", .string)] }
        var table = ResultTable(columns)
        for source in catalog.sources.values.sorted(by: { $0.name < $1.name }) where source.kind == kind {
            var row: [Value] = [
                .string(source.name), .string(source.topic), .string(source.keyFormat), .string(source.valueFormat),
                .boolean(source.window != nil),
            ]
            if extended { row += [source.createdBy.sqlValue, .string(source.sql)] }
            table.rows.append(row)
        }
        return table
    }

    private func queryList() -> ResultTable {
        var table = ResultTable([
            ("ID", .string), ("KIND", .string), ("STATUS", .string), ("SINK", .string), ("SQL", .string),
            ("ERROR", .string),
        ])
        for query in queries.values.sorted(by: { $0.id < $1.id }) {
            table.rows.append([
                .string(query.id), .string("PERSISTENT"), .string(query.status.state.rawValue),
                (query.plan?.writes).sqlValue, .string(query.sql), query.status.error.sqlValue,
            ])
        }
        for (id, problem) in startProblems.sorted(by: { $0.key < $1.key }) {
            table.rows.append([.string(id), .string("PERSISTENT"), .string("ERROR"), .null, .null, .string(problem)])
        }
        for push in pushQueries.values.sorted(by: { $0.push.id < $1.push.id }) {
            table.rows.append([
                .string(push.push.id), .string("PUSH"), .string(push.running.status.state.rawValue), .null,
                .string(push.running.sql), push.running.status.error.sqlValue,
            ])
        }
        return table
    }

    /// SHOW QUERIES EXTENDED: a row per query and operator, summed over its tasks.
    private func queryMetrics() -> ResultTable {
        var table = ResultTable([
            ("ID", .string), ("STATUS", .string), ("OPERATOR", .string), ("TASKS", .integer), ("ROWS_IN", .bigint),
            ("ROWS_OUT", .bigint), ("DROPPED", .bigint), ("LATE", .bigint), ("ERRORS", .bigint),
            ("STATE_BYTES", .bigint), ("LAG", .bigint), ("ERROR", .string),
        ])
        let all = queries.values.sorted { $0.id < $1.id } + pushQueries.values.map(\.running).sorted { $0.id < $1.id }
        for query in all {
            let lag = lag(of: query)
            for line in OperatorTotals.of(query.status) {
                table.rows.append([
                    .string(query.id), .string(query.status.state.rawValue), .string(line.name),
                    .integer(Int32(line.tasks)), .bigint(line.rowsIn), .bigint(line.rowsOut), .bigint(line.dropped),
                    .bigint(line.late), .bigint(line.errors), .bigint(line.stateBytes),
                    line.sourceTopic.map { .bigint(lag[$0] ?? 0) } ?? .null,
                    query.status.error.sqlValue,
                ])
            }
        }
        return table
    }

    private func functions() -> ResultTable {
        var table = ResultTable([("NAME", .string), ("TYPE", .string), ("DESCRIPTION", .string)])
        var last = ""
        for function in FunctionEntry.all(settings.functions) where function.name != last {
            last = function.name
            table.rows.append([.string(last), .string(function.kind.rawValue), .string(function.summary)])
        }
        return table
    }

    private func connectorList() -> ResultTable {
        var table = ResultTable([
            ("NAME", .string), ("TYPE", .string), ("STATE", .string), ("ROWS_WRITTEN", .bigint), ("LAG", .bigint),
            ("REASON", .string),
        ])
        for connector in catalog.connectors.values.sorted(by: { $0.name < $1.name }) {
            let status = connectors[connector.name]?.status
            table.rows.append([
                .string(connector.name), .string(connector.isSink ? "SINK" : "SOURCE"),
                .string(status?.state.rawValue ?? "FAILED"), .bigint(status?.rowsWritten ?? 0),
                .bigint(status?.lag ?? 0), (status?.reason ?? startProblems[connector.name]).sqlValue,
            ])
        }
        return table
    }
}
