import Parser
import Runtime
import Values

extension Planning {
    /// The query that writes an analysed SELECT into a sink.
    func persistent(
        _ analysis: QueryAnalysis,
        id: String,
        kind: QueryKind,
        into sink: SourceDescription,
        topic: InternalTopic?
    ) throws(PlanError) -> PersistentQueryPlan {
        let (plan, time) = try timed(analysis.plan, sink)
        let layout = sink.layout(wanted: Array(sink.valueFields.indices))
        let built = try build(plan, query: id, keepsRows: sink.kind == .table) { input in
            SinkSpec(
                topic: sink.topic,
                layout: layout,
                input: input,
                timestampColumn: time,
                isTable: sink.kind == .table,
                writesNullKeys: analysis.isPartitioned
            )
        }
        return PersistentQueryPlan(
            id: id,
            kind: kind,
            topology: built.topology,
            reads: analysis.sources.map(\.name),
            writes: sink.name,
            sinkTopic: topic,
            materialization: sink.kind == .table
                ? built.topology.materialization(query: id, hasSink: true) : nil,
            upgradeSignature: built.upgradeSignature,
            text: built.text
        )
    }

    /// The plan, with one more value column where the sink's TIMESTAMP is a text, and the column of the timestamps.
    private func timed(_ plan: LogicalPlan, _ sink: SourceDescription) throws(PlanError) -> (LogicalPlan, Int?) {
        let output = plan.output
        guard let column = sink.timestamp, let index = output.index(of: column.name) else { return (plan, nil) }
        guard let pattern = column.pattern else { return (plan, index) }
        let typer = analyzer(.persistent).typer(Scope(sources: [])).inClause("TIMESTAMP")
        let text = SyntaxExpression(.literal(.string(pattern)))
        let parsed = try typer.resolve(
            "PARSE_TIMESTAMP",
            [output.column(index), .literal(.string(pattern), .string)],
            [text, text],
            at: .start
        )
        let copy = { (index: Int) in LogicalPlan.Named(output.fields[index].name, output.column(index)) }
        let projection = LogicalPlan.Projection(
            key: (0..<output.keyCount).map(copy),
            values: (output.valueStart..<output.fields.count).map(copy) + [.init("KSQL_TIMESTAMP", parsed)]
        )
        return (.project(projection, plan), output.fields.count)
    }

    func insertSelect(_ insert: InsertSelect) throws(PlanError) -> PlannedStatement {
        let target = try writable(insert.target)
        guard target.kind == .stream else {
            throw PlanError(
                SQLState.wrongKind,
                "INSERT INTO … SELECT writes only into streams, and \(quotedIdentifier(target.name)) is a table",
                at: insert.target.position,
                hint: "CREATE TABLE … AS SELECT … makes a table that a query fills"
            )
        }
        if let header = target.headers.first {
            throw PlanError(
                SQLState.readOnly,
                "\(quotedIdentifier(target.name)) has a column \(quotedIdentifier(header.name)) of record headers, which "
                    + "nothing can write",
                at: insert.target.position,
                hint: "write into a stream over the same topic that has no HEADER columns"
            )
        }
        try checkEmit(insert.query.emit)
        let properties = try SourceProperties(insert.properties, for: .insert)
        var analysis = try analyzer(.persistent).analyze(insert.query)
        analysis.plan = try fitted(analysis, to: target, insert)
        let query = try persistent(
            analysis,
            id: try queryID(properties),
            kind: .insertInto,
            into: target,
            topic: nil
        )
        return .insertInto(InsertIntoPlan(target: target, query: query))
    }

    private func queryID(_ properties: SourceProperties) throws(PlanError) -> String {
        guard let given = properties.queryID else { return "\(QueryKind.insertInto.rawValue)_\(queryNumber)" }
        let id = given.uppercased()
        let position = properties.reader.properties["QUERY_ID"]?.valuePosition
        let isReserved = ["CSAS_", "CTAS_", "CST_", "INSERTQUERY_", "PUSH_"].contains { id.hasPrefix($0) }
        let isPlain = !id.isEmpty && id.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
        guard !isReserved, isPlain else {
            throw PlanError(
                SQLState.invalidProperty,
                "'\(given)' cannot be a QUERY_ID",
                at: position,
                hint: "use letters, digits and _, and none of the prefixes CSAS_, CTAS_, CST_, INSERTQUERY_, PUSH_"
            )
        }
        if catalog.queries[id] != nil {
            throw PlanError(
                SQLState.duplicateObject,
                "there is already a query \(id)",
                at: position,
                hint: "choose another QUERY_ID, or TERMINATE \(id); first"
            )
        }
        return id
    }

    /// The query's rows as the target stores them.
    /// - Throws: when names, order or types of the columns differ.
    private func fitted(_ analysis: QueryAnalysis, to target: SourceDescription, _ insert: InsertSelect)
        throws(PlanError) -> LogicalPlan
    {
        let output = analysis.plan.output
        guard case .project(var projection, let input) = analysis.plan else { return analysis.plan }
        guard analysis.plan.kind == .stream else {
            throw PlanError(
                SQLState.wrongKind,
                "the query's result is a table, and \(quotedIdentifier(target.name)) is a stream",
                at: insert.query.position,
                hint: "CREATE TABLE … AS SELECT … has a table for it"
            )
        }
        // A literal can be a DECIMAL of the target's digits.
        for (index, field) in target.valueFields.enumerated() where projection.values.indices.contains(index) {
            let column = projection.values[index]
            guard case .decimal = field.type, column.field.type.isNumeric, analysis.literals[column.name] != nil,
                let value = column.expression.value()?.inserted(as: field.type, from: column.expression.type)
            else { continue }
            projection.values[index] = LogicalPlan.Named(column.name, .literal(value, field.type))
        }
        let plan = LogicalPlan.project(projection, input)
        let result = plan.output
        guard Array(result.key) == target.keyFields, Array(result.values) == target.valueFields,
            !output.isWindowed, !analysis.missingKeys.contains(where: { $0 != nil })
        else {
            throw PlanError(
                SQLState.typeMismatch,
                "the columns of SELECT are not those of \(quotedIdentifier(target.name))",
                at: insert.query.select.first?.position,
                detail: "SELECT gives \(result), \(quotedIdentifier(target.name)) has \(target.schema)",
                hint: repair(Array(result.key) + Array(result.values), target.keyFields + target.valueFields)
                    ?? "name, order and type of all columns must be equal; AS renames, CAST converts"
            )
        }
        return plan
    }

    /// The hint what to do about the first column that differs, when the number of columns is right.
    private func repair(_ found: [Schema.Field], _ wanted: [Schema.Field]) -> String? {
        guard found.count == wanted.count, let pair = zip(found, wanted).first(where: { $0.0 != $0.1 }) else {
            return nil
        }
        let (name, target) = (quotedIdentifier(pair.0.name), quotedIdentifier(pair.1.name))
        if pair.0.type == pair.1.type { return "rename the column: \(name) AS \(target)" }
        return pair.0.type.canCast(to: pair.1.type)
            ? "convert the column: CAST(\(name) AS \(pair.1.type)) AS \(target)" : nil
    }

    /// The query that keeps the rows of a SOURCE TABLE for pull queries.
    func sourceTableQuery(_ source: SourceDescription) throws(PlanError) -> PersistentQueryPlan? {
        guard source.window == nil else { return nil }
        let id = "\(QueryKind.sourceTable.rawValue)_\(source.name)_\(queryNumber)"
        let plan = LogicalPlan.scan(
            LogicalPlan.Scan(
                alias: source.name,
                source: source,
                wanted: Array(source.valueFields.indices),
                pseudoColumns: []
            )
        )
        let built = try build(plan, query: id, RuleContext(partitions: [:]), keepsRows: true, sink: nil)
        return PersistentQueryPlan(
            id: id,
            kind: .sourceTable,
            topology: built.topology,
            reads: [source.name],
            writes: nil,
            sinkTopic: nil,
            materialization: built.topology.materialization(query: id, hasSink: false),
            upgradeSignature: built.upgradeSignature,
            text: built.text
        )
    }
}
