extension SQLWriter {
    mutating func write(_ statement: Statement) {
        switch statement.kind {
        case .query(let query): write(query)
        case .createSource(let creation): write(creation)
        case .createAsSelect(let creation): write(creation)
        case .dropSource(let drop): write(drop)
        case .alterSource(let alteration): write(alteration)
        case .insertSelect(let insertion): write(insertion)
        case .insertValues(let insertion): write(insertion)
        case .insertRecords(let insertion): write(insertion)
        case .deleteRow(let deletion): write(deletion)
        case .createType(let creation): write(creation)
        case .dropType(let drop): writeDrop("TYPE", drop.name, drop.ifExists)
        case .createConnector(let creation): write(creation)
        case .dropConnector(let drop): writeDrop("CONNECTOR", drop.name, drop.ifExists)
        case .list(let listing): write("SHOW " + words(of: listing))
        case .describe(let description): write(description)
        case .explain(let target): write(target)
        case .print(let print): write(print)
        case .terminate(let target): write("TERMINATE", target)
        case .pause(let target): write("PAUSE", target)
        case .resume(let target): write("RESUME", target)
        case .setProperty(let name, let value): writeSetting("SET ", name, value)
        case .unsetProperty(let name): writeSetting("UNSET ", name, nil)
        case .alterSystem(let name, let value): writeSetting("ALTER SYSTEM ", name, value)
        case .define(let name, let value): writeDefinition(name, value)
        case .undefine(let name): writeDefinition(name, nil)
        case .assertTopic(let assertion): write(assertion)
        case .assertSchema(let assertion): write(assertion)
        case .assertValues(let assertion): write(assertion)
        case .assertSource(let assertion): write(assertion)
        case .runScript(let path): writeSetting("RUN SCRIPT ", path, nil)
        }
    }

    // MARK: - Sources

    private mutating func write(_ creation: CreateSource) {
        write(opening(creation.conflict) + (creation.isReadOnly ? "SOURCE " : "") + creation.source.rawValue + " ")
        if creation.conflict.skips { write("IF NOT EXISTS ") }
        write(creation.name)
        if !creation.columns.isEmpty {
            write(" ")
            write(creation.columns)
        }
        write(creation.properties)
    }

    private mutating func write(_ creation: CreateAsSelect) {
        write(opening(creation.conflict) + creation.source.rawValue + " ")
        if creation.conflict.skips { write("IF NOT EXISTS ") }
        write(creation.name)
        write(creation.properties)
        write(" AS ")
        write(creation.query)
    }

    private func opening(_ conflict: NameConflict) -> String {
        conflict == .replace || conflict == .replaceOrSkip ? "CREATE OR REPLACE " : "CREATE "
    }

    private mutating func write(_ drop: DropSource) {
        writeDrop(drop.source.rawValue, drop.name, drop.ifExists)
        if drop.deletesTopic { write(" DELETE TOPIC") }
    }

    private mutating func writeDrop(_ what: String, _ name: Identifier, _ ifExists: Bool) {
        write("DROP \(what) " + (ifExists ? "IF EXISTS " : ""))
        write(name)
    }

    private mutating func write(_ alteration: AlterSource) {
        write("ALTER \(alteration.source.rawValue) ")
        write(alteration.name)
        write(" ")
        writeList(alteration.added) { writer, column in
            writer.write("ADD COLUMN ")
            writer.write(column)
        }
    }

    private mutating func write(_ insertion: InsertSelect) {
        write("INSERT INTO ")
        write(insertion.target)
        write(insertion.properties)
        write(" ")
        write(insertion.query)
    }

    private mutating func write(_ insertion: InsertValues) {
        write("INSERT INTO ")
        write(insertion.target)
        writeValues(insertion.columns, " VALUES (", insertion.values)
    }

    private mutating func writeValues(_ columns: [Identifier], _ word: String, _ values: [Expression]) {
        if !columns.isEmpty {
            write(" ")
            writeNames(columns)
        }
        write(word)
        writeList(values) { $0.write($1) }
        write(")")
    }

    private mutating func write(_ insertion: InsertRecords) {
        write("INSERT INTO ")
        write(insertion.target)
        write(" FORMAT \(insertion.format.rawValue)" + (insertion.isStrict ? " STRICT" : ""))
    }

    private mutating func write(_ deletion: DeleteRow) {
        write("DELETE FROM ")
        write(deletion.target)
        write(" WHERE ")
        write(deletion.condition)
    }

    private mutating func write(_ creation: CreateType) {
        write(creation.ifNotExists ? "CREATE TYPE IF NOT EXISTS " : "CREATE TYPE ")
        write(creation.name)
        write(" AS ")
        write(creation.type)
    }

    private mutating func write(_ creation: CreateConnector) {
        write("CREATE \(creation.connector.rawValue) CONNECTOR " + (creation.ifNotExists ? "IF NOT EXISTS " : ""))
        write(creation.name)
        write(creation.properties)
    }

    // MARK: - Administration

    private func words(of listing: Listing) -> String {
        switch listing {
        case .properties: "PROPERTIES"
        case .topics(let all, let extended): (all ? "ALL " : "") + "TOPICS" + (extended ? " EXTENDED" : "")
        case .streams(let extended): "STREAMS" + (extended ? " EXTENDED" : "")
        case .tables(let extended): "TABLES" + (extended ? " EXTENDED" : "")
        case .queries(let extended): "QUERIES" + (extended ? " EXTENDED" : "")
        case .functions: "FUNCTIONS"
        case .types: "TYPES"
        case .variables: "VARIABLES"
        case .connectors(let kind): (kind.map { $0.rawValue + " " } ?? "") + "CONNECTORS"
        case .connectorPlugins: "CONNECTOR PLUGINS"
        }
    }

    private mutating func write(_ description: Description) {
        write("DESCRIBE ")
        switch description {
        case .source(let name, let extended):
            write(name)
            if extended { write(" EXTENDED") }
        case .streams(let extended): write("STREAMS" + (extended ? " EXTENDED" : ""))
        case .tables(let extended): write("TABLES" + (extended ? " EXTENDED" : ""))
        case .function(let name):
            write("FUNCTION ")
            write(name)
        case .connector(let name):
            write("CONNECTOR ")
            write(name)
        }
    }

    private mutating func write(_ target: ExplainTarget) {
        write("EXPLAIN ")
        switch target {
        case .statement(let statement): write(statement)
        case .query(let id): write(id)
        }
    }

    private mutating func write(_ verb: String, _ target: QueryTarget) {
        write(verb + " ")
        switch target {
        case .all: write("ALL")
        case .query(let id): write(id)
        }
    }

    private mutating func write(_ print: PrintTopic) {
        write("PRINT ")
        writeQuoted(print.topic)
        if print.fromBeginning { write(" FROM BEGINNING") }
        if let interval = print.interval { write(" INTERVAL \(interval)") }
        if let limit = print.limit { write(" LIMIT \(limit)") }
    }

    private mutating func writeSetting(_ verb: String, _ name: String, _ value: String?) {
        write(verb)
        writeQuoted(name)
        guard let value else { return }
        write(" = ")
        writeQuoted(value)
    }

    private mutating func writeDefinition(_ name: Identifier, _ value: String?) {
        write(value == nil ? "UNDEFINE " : "DEFINE ")
        write(name)
        guard let value else { return }
        write(" = ")
        writeQuoted(value)
    }

    // MARK: - Assertions

    private mutating func write(_ assertion: AssertTopic) {
        write(assertion.exists ? "ASSERT TOPIC " : "ASSERT NOT EXISTS TOPIC ")
        writeQuoted(assertion.topic)
        write(assertion.properties)
        writeTimeout(assertion.timeout)
    }

    private mutating func write(_ assertion: AssertSchema) {
        write(assertion.exists ? "ASSERT SCHEMA" : "ASSERT NOT EXISTS SCHEMA")
        if let subject = assertion.subject {
            write(" SUBJECT ")
            writeQuoted(subject)
        }
        if let id = assertion.id { write(" ID \(id)") }
        writeTimeout(assertion.timeout)
    }

    private mutating func writeTimeout(_ timeout: TimeSpan?) {
        if let timeout { write(" TIMEOUT " + text(of: timeout)) }
    }

    private mutating func write(_ assertion: AssertValues) {
        write(assertion.isTombstone ? "ASSERT NULL VALUES " : "ASSERT VALUES ")
        write(assertion.source)
        writeValues(assertion.columns, assertion.isTombstone ? " KEY (" : " VALUES (", assertion.values)
    }

    private mutating func write(_ assertion: AssertSource) {
        write("ASSERT \(assertion.source.rawValue) ")
        write(assertion.name)
        if !assertion.columns.isEmpty {
            write(" ")
            write(assertion.columns)
        }
        write(assertion.properties)
    }
}

extension NameConflict {
    /// Whether IF NOT EXISTS is written.
    fileprivate var skips: Bool { self == .skip || self == .replaceOrSkip }
}
