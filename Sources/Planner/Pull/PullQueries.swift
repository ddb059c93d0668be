import Functions
import Parser
import Runtime
import Values

extension Planning {
    func pullQuery(_ query: Query) throws(PlanError) -> PullPlan {
        try checkClauses(query)
        let analysis = try analyzer(.pull).analyze(query)
        let source = analysis.leftmost
        return source.kind == .table
            ? try tablePull(query, analysis, source) : try streamPull(query, analysis, source)
    }

    private func checkClauses(_ query: Query) throws(PlanError) {
        let push = "add EMIT CHANGES for a push query"
        let clauses: [(String, SourcePosition?)] = [
            ("JOIN", query.from.joins.first?.position), ("WINDOW", query.window?.position),
            ("GROUP BY", query.groupBy.first?.position), ("PARTITION BY", query.partitionBy.first?.position),
            ("HAVING", query.having?.position),
        ]
        for (name, position) in clauses {
            guard let position else { continue }
            throw PlanError(
                SQLState.syntax,
                "a pull query cannot have \(name)",
                at: position,
                hint: "\(push), or CREATE TABLE … AS SELECT … and pull from that"
            )
        }
        for name in ["ROWPARTITION", "ROWOFFSET"] {
            guard let place = query.place(of: name) else { continue }
            throw PlanError(
                SQLState.invalidColumnReference,
                "a pull query cannot use \(name)",
                at: place,
                hint: push
            )
        }
        let isAggregate = { (syntax: SyntaxExpression) in
            if case .call(let call) = syntax.kind {
                self.planner.functions.aggregates[call.name.text] != nil
            } else {
                false
            }
        }
        if let item = query.select.first(where: { $0.expression?.contains(where: isAggregate) ?? false }) {
            throw PlanError(
                SQLState.grouping,
                "a pull query cannot use aggregate functions",
                at: item.position,
                hint: "\(push), or CREATE TABLE … AS SELECT … GROUP BY … and pull from that"
            )
        }
    }

    // MARK: - Tables

    private func tablePull(_ query: Query, _ analysis: QueryAnalysis, _ source: SourceDescription) throws(PlanError)
        -> PullPlan
    {
        let name = quotedIdentifier(source.name)
        guard let state = catalog.materialization(of: source.name) else {
            throw PlanError(
                SQLState.wrongKind,
                "the table \(name) is not queryable: no query keeps its rows",
                at: query.from.first.name.position,
                hint: source.createdBy == nil
                    ? "CREATE TABLE \(quotedIdentifier("QUERYABLE_\(source.name)")) AS SELECT * FROM \(name)"
                    : "use EMIT CHANGES"
            )
        }
        // Columns are not pruned: the state's rows come with all of them.
        let rules: [Rule] = [.foldConstants, .mergeProjections]
        let parts = try PullSteps(OptimizedPlan(analysis.plan, RuleContext(partitions: [:]), rules: rules).plan)
        let range = parts.condition.map { StateRange($0, state) } ?? StateRange(keys: .all)
        if case .all = range.keys, !settings.allowsTableScans {
            throw PlanError(
                SQLState.notInState,
                "the query reads all of \(name), and table scans are switched off",
                at: query.filter?.position ?? query.position,
                hint: "compare every key column with a constant: WHERE "
                    + source.keyFields.map { "\(quotedIdentifier($0.name)) = …" }.joined(separator: " AND ")
            )
        }
        let steps = parts.operators(state.output)
        let physical = ["State of \(state.query), \(range)"] + (state.steps + steps).map(\.summary)
        return pull(query, analysis, .state(state, range), steps, physical)
    }

    // MARK: - Streams

    private func streamPull(_ query: Query, _ analysis: QueryAnalysis, _ source: SourceDescription) throws(PlanError)
        -> PullPlan
    {
        guard settings.allowsStreamScans else {
            throw PlanError(
                SQLState.notInState,
                "pull queries on streams are switched off",
                at: query.from.first.name.position,
                hint: "add EMIT CHANGES for a push query, or SET 'ksql.query.pull.stream.enabled' = 'true'"
            )
        }
        _ = try topic(of: source)
        let plan = OptimizedPlan(analysis.plan, RuleContext(partitions: [:])).plan
        guard let scan = plan.scans.first else { preconditionFailure("every plan starts with a scan") }
        let parts = try PullSteps(plan)
        // Records without a value are no rows; a filter drops them.
        let always = Expression.literal(.boolean(true), .boolean)
        let steps = parts.operators(scan.output, condition: parts.condition ?? always)
        let physical = ["Topic \(source.topic)"] + steps.map(\.summary)
        return pull(query, analysis, .topic(scan.spec()), steps, physical)
    }

    private func pull(
        _ query: Query,
        _ analysis: QueryAnalysis,
        _ access: PullPlan.Access,
        _ steps: [any OperatorSpec],
        _ physical: [String]
    ) -> PullPlan {
        let optimized = OptimizedPlan(analysis.plan, RuleContext(partitions: [:]))
        return PullPlan(
            source: analysis.leftmost,
            access: access,
            steps: steps,
            columns: analysis.columns,
            columnOrder: analysis.columnOrder,
            keyNames: analysis.missingKeys.contains { $0 != nil } ? [] : keyNames(analysis.plan.output, analysis),
            limit: query.limit?.count,
            text: PlanText(
                logical: "\(analysis.plan)",
                optimized: optimized.text,
                physical: physical.joined(separator: "\n")
            )
        )
    }
}

/// The filter and the projection of a plan over a single source.
private struct PullSteps {
    let condition: Expression?
    /// Nil when the columns stay as they are.
    let projection: LogicalPlan.Projection?
    private let output: Schema

    init(_ plan: LogicalPlan) throws(PlanError) {
        output = plan.output
        var rest = plan
        var projection: LogicalPlan.Projection?
        var condition: Expression?
        if case .project(let found, let input) = rest {
            projection = found
            rest = input
        }
        if case .filter(let found, let input) = rest {
            condition = found.folded
            rest = input
        }
        guard case .scan = rest else {
            // No clause and no function that a pull query may have gives another plan; should one come, it is refused.
            throw PlanError(SQLState.notSupported, "a pull query reads one source")
        }
        self.projection = projection
        self.condition = condition
    }

    func operators(_ input: Schema) -> [any OperatorSpec] { operators(input, condition: condition) }

    func operators(_ input: Schema, condition: Expression?) -> [any OperatorSpec] {
        var steps: [any OperatorSpec] = []
        if let condition { steps.append(Filter(condition, input: input, isTable: false)) }
        if let projection { steps.append(Lowering.operator(projection, input, output)) }
        return steps
    }
}
