import Connectors
import Functions
import Parser
import Planner
import Runtime
import Values

extension Engine {
    /// Answers DESCRIBE.
    func describe(_ description: Parser.Description, _ answer: Answer) throws {
        switch description {
        case .source(let name, let extended): try describeSource(name, extended: extended, answer)
        case .streams(let extended): answer.send(sources(.stream, extended: extended))
        case .tables(let extended): answer.send(sources(.table, extended: extended))
        case .function(let name): try describeFunction(name, answer)
        case .connector(let name): try describeConnector(name, answer)
        }
    }

    private func describeSource(_ name: SourceName, extended: Bool, _ answer: Answer) throws {
        guard let source = catalog.source(name.text) else {
            throw ReplyError(
                "42P01",
                "there is no stream or table \(quotedIdentifier(name.text))",
                line: name.position.line,
                column: name.position.column,
                hint: "SHOW STREAMS; and SHOW TABLES; list what there is"
            )
        }
        guard extended else {
            var table = ResultTable([("COLUMN", .string), ("TYPE", .string), ("KEY", .string)])
            table.rows = columnRows(source)
            answer.send(table)
            return
        }
        var table = ResultTable([("PROPERTY", .string), ("VALUE", .string)])
        func add(_ name: String, _ value: String?) { table.rows.append([.string(name), value.sqlValue]) }
        add("name", source.name)
        add("kind", source.kind.rawValue)
        for row in columnRows(source) {
            if case .string(let column) = row[0], case .string(let type) = row[1] {
                var mark = ""
                if case .string(let word) = row[2] { mark = " \(word)" }
                add("column \(column)", type + mark)
            }
        }
        add("topic", source.topic)
        add("partitions", try broker.describe(source.topic).map { String($0.partitions) })
        add("key format", source.keyFormat)
        add("value format", source.valueFormat)
        add("timestamp column", source.timestamp?.name)
        add("read by", catalog.readers(of: source.name).listed)
        add("written by", catalog.writers(of: source.name).listed)
        if let id = source.createdBy, let query = queries[id] {
            for line in OperatorTotals.of(query.status) {
                add(
                    "\(id): \(line.name)",
                    "in \(line.rowsIn), out \(line.rowsOut), late \(line.late), errors \(line.errors)"
                )
            }
        }
        add("statement", source.sql)
        answer.send(table)
    }

    private func columnRows(_ source: SourceDescription) -> [[Value]] {
        let kind = source.kind == .table ? "PRIMARY KEY" : "KEY"
        let keys = source.keyFields.map { [Value.string($0.name), .string($0.type.description), .string(kind)] }
        let window: [[Value]] =
            source.window == nil
            ? []
            : [Schema.windowStart, Schema.windowEnd].map { [.string($0), .string("BIGINT"), .string("WINDOW")] }
        let values = source.valueFields.map { [Value.string($0.name), .string($0.type.description), .null] }
        let headers = source.headers.map {
            [Value.string($0.name), .string($0.kind.type.description), .string("HEADER")]
        }
        return keys + window + values + headers
    }

    private func describeFunction(_ name: Identifier, _ answer: Answer) throws {
        var table = ResultTable([
            ("SIGNATURE", .string), ("DESCRIPTION", .string), ("EXAMPLE", .string), ("RESULT", .string),
        ])
        let upper = name.text.uppercased()
        for function in FunctionEntry.all(settings.functions) where function.name == upper {
            table.rows.append([
                .string(function.signature), .string(function.summary), function.example.sqlValue,
                function.result.sqlValue,
            ])
        }
        guard !table.rows.isEmpty else {
            throw ReplyError(
                "42883",
                "there is no function \(upper)",
                line: name.position.line,
                column: name.position.column,
                hint: FunctionEntry.similar(to: upper, in: settings.functions).map { "did you mean \($0)?" }
                    ?? "SHOW FUNCTIONS; lists them"
            )
        }
        answer.send(table)
    }

    private func describeConnector(_ name: Identifier, _ answer: Answer) throws {
        guard let connector = catalog.connectors[name.text] else {
            throw ReplyError("42704", "there is no connector \(quotedIdentifier(name.text))", hint: "SHOW CONNECTORS;")
        }
        var table = ResultTable([("PROPERTY", .string), ("VALUE", .string)])
        func add(_ name: String, _ value: String?) { table.rows.append([.string(name), value.sqlValue]) }
        let status = connectors[connector.name]?.status
        add("name", connector.name)
        add("state", status?.state.rawValue ?? "FAILED")
        add("reason", status?.reason ?? startProblems[connector.name])
        add("rows written", status.map { String($0.rowsWritten) })
        add("rows deleted", status.map { String($0.rowsDeleted) })
        add("lag", status.map { String($0.lag) })
        for detail in status?.details ?? [] { add(detail.name, detail.value) }
        for (key, value) in connector.shownProperties { add("'\(key)'", value) }
        answer.send(table)
    }
}

extension [String] {
    /// The names in one text; nil when there are none.
    fileprivate var listed: String? { isEmpty ? nil : joined(separator: ", ") }
}
