import Functions
import Parser
import Runtime
import Values

/// Finds out what a query means: names, types, keys; the result is its logical plan.
struct QueryAnalyzer {
    let catalog: Catalog
    let functions: FunctionSet
    var limits = AggregateLimits()
    let use: QueryUse

    func analyze(_ query: Query) throws(PlanError) -> QueryAnalysis {
        try checkClauses(query)
        var rows = try relation(query)
        if let filter = query.filter {
            let condition = try typer(rows.scope).inClause("WHERE").condition(filter)
            rows.plan = .filter(condition, rows.plan)
        }
        if isAggregation(query) { return try aggregation(query, over: rows) }
        guard query.groupBy.isEmpty else {
            // A misspelt aggregate function is the likelier mistake.
            _ = try selectItems(query, rows.scope, typer(rows.scope))
            throw PlanError(
                SQLState.grouping,
                "there is a GROUP BY, but no aggregate function in SELECT or HAVING",
                at: query.groupBy[0].position,
                hint: "select COUNT(*) as well, or leave GROUP BY out"
            )
        }
        if !query.partitionBy.isEmpty { rows = try partitioned(query, rows) }
        var typer = typer(rows.scope)
        typer.replacement = rows.keyReplacement
        let items = try selectItems(query, &rows, typer)
        return try projected(
            items,
            rows,
            dropsKey: query.partitionBy.contains(where: \.isNullLiteral),
            window: rows.plan.output.isWindowed ? rows.sources[0].window : nil
        )
    }

    func typer(_ scope: Scope) -> ExpressionTyper {
        let functions = functions
        var typer = ExpressionTyper(
            scope: scope,
            functions: functions.scalars,
            catalog: catalog,
            isAggregate: { functions.aggregates[$0] != nil },
            isTableFunction: { functions.tables[$0] != nil }
        )
        typer.otherFunctions = { functions.aggregates.names + functions.tables.names }
        return typer
    }

    /// True when the query has a call of an aggregate function.
    private func isAggregation(_ query: Query) -> Bool {
        let roots = query.select.compactMap(\.expression) + (query.having.map { [$0] } ?? [])
        return roots.contains { $0.contains(where: isAggregateCall) }
    }

    func isAggregateCall(_ syntax: SyntaxExpression) -> Bool {
        guard case .call(let call) = syntax.kind else { return false }
        return functions.aggregates[call.name.text] != nil
    }

    private func checkClauses(_ query: Query) throws(PlanError) {
        if let limit = query.limit, use == .persistent {
            throw PlanError(
                SQLState.syntax,
                "a persistent query cannot have a LIMIT: it never ends",
                at: limit.position,
                hint: "leave LIMIT out; SELECT … EMIT CHANGES LIMIT \(limit.count) can have it"
            )
        }
        if let resume = query.resume, use != .push {
            throw PlanError(
                SQLState.syntax,
                "only a push query can RESUME",
                at: resume.position,
                hint: "add EMIT CHANGES"
            )
        }
        if let window = query.window, query.groupBy.isEmpty {
            throw PlanError(
                SQLState.syntax,
                "WINDOW needs GROUP BY: it says which rows are aggregated together",
                at: window.position,
                hint: "add GROUP BY column and an aggregate function such as COUNT(*)"
            )
        }
        if let having = query.having, query.groupBy.isEmpty {
            throw PlanError(
                SQLState.grouping,
                "HAVING needs GROUP BY",
                at: having.position,
                hint: "WHERE filters rows"
            )
        }
        if let first = query.partitionBy.first, !query.groupBy.isEmpty {
            throw PlanError(
                SQLState.syntax,
                "PARTITION BY and GROUP BY cannot be combined",
                at: first.position,
                hint: "the result of GROUP BY is partitioned by its key"
            )
        }
        if let emit = query.emit, emit.mode == .final, query.window == nil {
            throw PlanError(
                SQLState.syntax,
                "EMIT FINAL needs a WINDOW: without one no result is final",
                at: emit.position,
                hint: "write EMIT CHANGES, or add WINDOW TUMBLING (SIZE 1 MINUTE)"
            )
        }
    }
}

extension SelectItem {
    /// The expression in the item; nil for `*` and `source.*`.
    var expression: SyntaxExpression? {
        switch self {
        case .all, .allOf: nil
        case .allFields(let expression), .expression(let expression, _): expression
        }
    }
}

extension Query {
    /// Every expression of the query.
    var expressions: [SyntaxExpression] {
        select.compactMap(\.expression) + from.joins.map(\.condition) + (filter.map { [$0] } ?? []) + groupBy
            + partitionBy + (having.map { [$0] } ?? [])
    }

    /// True when an expression of the query has a column of that name.
    func mentions(_ name: String) -> Bool { place(of: name) != nil }

    /// Where an expression of the query has a column of that name first.
    func place(of name: String) -> SourcePosition? {
        var place: SourcePosition?
        for expression in expressions where place == nil {
            _ = expression.contains { part in
                guard case .column(_, let column) = part.kind, column.text == name else { return false }
                place = column.position
                return true
            }
        }
        return place
    }
}
