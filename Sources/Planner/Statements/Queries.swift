import Parser
import Runtime
import Values

extension Planning {
    func query(_ query: Query) throws(PlanError) -> PlannedStatement {
        guard let emit = query.emit else { return .pullQuery(try pullQuery(query)) }
        try checkEmit(emit)
        let analysis = try analyzer(.push).analyze(query)
        let id = "PUSH_\(queryNumber)"
        let built = try build(analysis.plan, query: id) { ResultSink(input: $0) }
        if let resume = query.resume, !built.topology.keepsNothing {
            throw PlanError(
                SQLState.notSupported,
                "a push query with aggregates, joins or PARTITION BY, or with WHERE over a table, keeps state in memory "
                    + "and cannot RESUME",
                at: resume.position,
                hint: "CREATE TABLE … AS SELECT … keeps it, and SELECT * FROM that EMIT CHANGES can be resumed"
            )
        }
        let output = analysis.plan.output
        let hasKey = !analysis.missingKeys.contains { $0 != nil }
        return .pushQuery(
            TransientPlan(
                id: id,
                topology: built.topology,
                reads: analysis.sources.map(\.name),
                columns: analysis.columns,
                columnOrder: analysis.columnOrder,
                keyNames: hasKey ? keyNames(output, analysis) : [],
                changes: analysis.plan.kind == .table ? .upsert : .append,
                limit: query.limit?.count,
                resume: query.resume,
                text: built.text
            )
        )
    }

    /// The names of the key columns; window bounds are among them where they are selected.
    func keyNames(_ output: Schema, _ analysis: QueryAnalysis) -> [String] {
        let bounds = output.isWindowed ? [output.keyCount, output.keyCount + 1] : []
        let selected = bounds.filter { analysis.columnOrder.contains($0) }
        return (Array(0..<output.keyCount) + selected).map { output.fields[$0].name }
    }

    func checkEmit(_ emit: EmitClause?) throws(PlanError) {
        guard let emit, emit.mode == .final, !settings.allowsFinal else { return }
        throw PlanError(
            SQLState.notInState,
            "EMIT FINAL is switched off",
            at: emit.position,
            hint: "SET 'ksql.suppress.enabled' = 'true'"
        )
    }

    /// A plan after the rules, as a topology and as text.
    /// - Parameter keepsRows: whether pull queries will ask for the rows of the result, if it is a table.
    func build(
        _ plan: LogicalPlan,
        query id: String,
        keepsRows: Bool = false,
        sink: ((Schema) -> any OperatorSpec)?
    ) throws(PlanError) -> BuiltQuery {
        var partitions: [String: Int] = [:]
        for scan in plan.scans { partitions[scan.source.topic] = try topic(of: scan.source).partitions }
        return try build(plan, query: id, RuleContext(partitions: partitions), keepsRows: keepsRows, sink: sink)
    }

    /// The same with what is known about the topics given.
    func build(
        _ plan: LogicalPlan,
        query id: String,
        _ context: RuleContext,
        keepsRows: Bool = false,
        sink: ((Schema) -> any OperatorSpec)?
    ) throws(PlanError) -> BuiltQuery {
        let optimized = OptimizedPlan(plan, context)
        let topology = try Lowering.topology(
            optimized.plan,
            query: id,
            settings: settings,
            context: context,
            keepsRows: keepsRows,
            sink: sink
        )
        let text = PlanText(logical: "\(plan)", optimized: optimized.text, physical: topology.text)
        let signature = plan.upgradeSignature + topology.upgradeSignature
        return BuiltQuery(topology: topology, text: text, upgradeSignature: signature)
    }

    /// How a source's topic was created.
    func topic(of source: SourceDescription) throws(PlanError) -> TopicSettings {
        if let topic = try planner.describe(source.topic) { return topic }
        throw PlanError(
            "58P01",
            "topic \(source.topic) of \(quotedIdentifier(source.name)) does not exist",
            hint: "create it, or DROP \(source.kind.rawValue) \(quotedIdentifier(source.name))"
        )
    }

    /// EXPLAIN's answer about a statement.
    func explanation(_ statement: Statement) throws(PlanError) -> String {
        switch try plan(statement) {
        case .createAs(let plan): return plan.query.text.description
        case .insertInto(let plan): return plan.query.text.description
        case .pushQuery(let plan): return plan.text.description
        case .pullQuery(let plan): return plan.text.description
        case .createSource(let plan):
            if let query = plan.query { return query.text.description }
            fallthrough
        default:
            throw PlanError(
                SQLState.wrongKind,
                "only queries have a plan",
                at: statement.position,
                hint: "EXPLAIN takes SELECT, CREATE … AS SELECT and INSERT INTO … SELECT"
            )
        }
    }
}

/// A query that is ready to run.
struct BuiltQuery {
    let topology: Topology
    let text: PlanText
    /// See ``PersistentQueryPlan/upgradeSignature``.
    let upgradeSignature: [String]
}
