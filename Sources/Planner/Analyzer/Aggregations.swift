import Functions
import Parser
import Runtime
import Values

extension QueryAnalyzer {
    /// The analysis of a query with aggregate functions.
    ///
    /// The plan is: the rows under the group key with just the columns that the functions read; brought together by
    /// key; aggregated; filtered by HAVING; projected.
    func aggregation(_ query: Query, over rows: Rows) throws(PlanError) -> QueryAnalysis {
        try checkAggregation(query, rows)
        let groups = try groupKeys(query, rows)
        let isFinal = query.emit?.mode == .final
        let window = try query.window.map { (clause) throws(PlanError) in try self.window(clause, isFinal: isFinal) }
        let builder = AggregationBuilder(self, rows.scope, groups, isWindowed: window != nil)
        let having = try query.having.map { (syntax) throws(PlanError) in
            try builder.typer("HAVING").condition(syntax)
        }
        let items = try selectItems(query, rows.scope, builder.typer("SELECT"))
        let grouped = LogicalPlan.project(
            LogicalPlan.Projection(key: groups.map(\.column), values: builder.inputs),
            rows.plan
        )
        let aggregation = LogicalPlan.Aggregation(
            calls: builder.calls,
            window: window,
            isFinal: isFinal,
            isOverTable: rows.plan.kind == .table
        )
        if rows.plan.kind == .table { try checkUndo(builder.calls, query) }
        var plan = LogicalPlan.aggregate(aggregation, .repartition(grouped))
        if let having { plan = .filter(having, plan) }
        var result = Rows(plan, rows.scope, sources: rows.sources)
        result.keyOrigin = .grouping
        result.keyTexts = groups.map { [$0.text] }
        return try projected(items, result, window: window?.key, windowRetention: window?.statedRetention)
    }

    private func checkAggregation(_ query: Query, _ rows: Rows) throws(PlanError) {
        if query.groupBy.isEmpty, use == .persistent {
            throw PlanError(
                SQLState.grouping,
                "aggregate functions need GROUP BY in a query that fills a table",
                at: firstAggregate(query) ?? query.position,
                hint: "GROUP BY a column, or a constant for one row over everything"
            )
        }
        guard query.partitionBy.isEmpty else {
            throw PlanError(
                SQLState.syntax,
                "PARTITION BY and aggregate functions cannot be combined",
                at: query.partitionBy[0].position,
                hint: "write GROUP BY in its place: the result is partitioned by its key"
            )
        }
        if rows.plan.output.isWindowed {
            throw PlanError(
                SQLState.notSupported,
                "the windowed source \(quotedIdentifier(rows.sources[0].name)) cannot be aggregated",
                at: query.from.first.name.position,
                hint: "aggregate the stream that its windows are made from"
            )
        }
        if rows.plan.kind == .table, let window = query.window {
            throw PlanError(
                SQLState.wrongKind,
                "WINDOW is only for streams: the rows of a table are not events",
                at: window.position,
                hint: "leave WINDOW out, or group the stream that the table is made from"
            )
        }
    }

    private func checkUndo(_ calls: [AggregateCall], _ query: Query) throws(PlanError) {
        let stuck = calls.filter { !$0.function.canUndo }.map(\.function.name)
        guard stuck.isEmpty else {
            let names = Set(stuck).sorted().joined(separator: ", ")
            throw PlanError(
                SQLState.wrongKind,
                "\(names) cannot aggregate a table: its rows change, and \(stuck.count > 1 ? "they" : "it") cannot take a row back",
                at: firstAggregate(query, among: stuck) ?? query.position,
                hint: "aggregate the stream that the table is made from, or use COUNT, SUM, AVG or COLLECT_LIST"
            )
        }
    }

    /// Where the first call of an aggregate function stands, or of one of those named.
    private func firstAggregate(_ query: Query, among names: [String]? = nil) -> SourcePosition? {
        var place: SourcePosition?
        for root in query.select.compactMap(\.expression) + (query.having.map { [$0] } ?? []) {
            _ = root.contains { part in
                guard place == nil, isAggregateCall(part), case .call(let call) = part.kind,
                    names?.contains(call.name.text) ?? true
                else { return place != nil }
                place = call.name.position
                return true
            }
        }
        return place
    }

    /// The columns of the group key.
    private func groupKeys(_ query: Query, _ rows: Rows) throws(PlanError) -> [GroupKey] {
        guard !query.groupBy.isEmpty else {
            return [GroupKey(LogicalPlan.Named("KSQL_GROUP", .literal(.integer(0), .integer)), text: "")]
        }
        let typer = typer(rows.scope).inClause("GROUP BY")
        var names = ColumnNames(rows.scope)
        var groups: [GroupKey] = []
        for syntax in query.groupBy {
            let expression = try typer.type(syntax)
            try checkKey(expression, "GROUP BY", at: syntax.position)
            let text = syntax.columnText ?? "\(expression)"
            guard !groups.contains(where: { $0.column.expression == expression }) else {
                throw PlanError(
                    SQLState.duplicateColumn,
                    "GROUP BY has \(text) twice",
                    at: syntax.position,
                    hint: "leave one of them out"
                )
            }
            let name = alias(of: syntax, query) ?? names.name(of: syntax, rows.scope)
            groups.append(GroupKey(LogicalPlan.Named(name, expression), text: text))
        }
        return groups
    }

    /// Windows that one row may be in: each of them is a row of the result.
    private static let windowsPerRowMax: Int64 = 100_000

    private func checkOverlap(_ size: Int64, _ advance: TimeSpan) throws(PlanError) {
        let step = advance.milliseconds
        let windows = (size - 1) / step + 1
        let most = Self.windowsPerRowMax
        guard windows > most else { return }
        throw PlanError(
            SQLState.limitExceeded,
            "every row would be in \(windows) windows, more than \(most)",
            at: advance.position,
            hint: "ADVANCE BY at least \((size - 1) / most + 1) MILLISECONDS, or a shorter SIZE"
        )
    }

    private func window(_ clause: WindowClause, isFinal: Bool) throws(PlanError) -> AggregateWindow {
        let shape: AggregateWindow.Shape
        let size: Int64
        switch clause.shape {
        case .tumbling(let span):
            shape = .tumbling(size: span.milliseconds)
            size = span.milliseconds
        case .hopping(let span, let advance):
            shape = .hopping(size: span.milliseconds, advance: advance.milliseconds)
            size = span.milliseconds
            // The parser takes no span that is not above 0.
            guard advance.milliseconds <= size else {
                throw PlanError(
                    SQLState.invalidDefinition,
                    "a hopping window cannot advance by more than its size",
                    at: advance.position,
                    detail: "it advances by \(advance.milliseconds) ms, its size is \(size) ms",
                    hint: "ADVANCE BY \(span.count) \(span.unit.rawValue) at the most"
                )
            }
            try checkOverlap(size, advance)
        case .session(let gap):
            shape = .session(gap: gap.milliseconds)
            size = gap.milliseconds
        }
        // Who wants only final results does not want to wait for them a day.
        let grace = clause.grace?.milliseconds ?? (isFinal ? 0 : max(86_400_000 - size, 0))
        let (needed, overflow) = size.addingReportingOverflow(grace)
        guard !overflow else {
            throw PlanError(
                SQLState.outOfRange,
                "\(shape.sizeName) and GRACE PERIOD are too long",
                at: clause.grace?.position ?? clause.position,
                detail: "together they are more milliseconds than 64 bits hold"
            )
        }
        if let retention = clause.retention, retention.milliseconds < needed {
            throw PlanError(
                SQLState.invalidDefinition,
                "RETENTION must be at least \(shape.sizeName) plus GRACE PERIOD",
                at: retention.position,
                detail: "it is \(retention.milliseconds) ms, they are \(size) ms and \(grace) ms"
                    + (clause.grace == nil ? " (the default)" : ""),
                hint: "a shorter GRACE PERIOD may do"
            )
        }
        return AggregateWindow(
            shape: shape,
            grace: grace,
            retention: clause.retention?.milliseconds ?? needed,
            statedRetention: clause.retention?.milliseconds
        )
    }
}

/// A column of the group key and how messages name it.
struct GroupKey {
    let column: LogicalPlan.Named
    let text: String

    init(_ column: LogicalPlan.Named, text: String) {
        self.column = column
        self.text = text
    }
}

/// Collects the aggregate calls of a query while its expressions are typed.
final class AggregationBuilder {
    /// The calls so far; call n is column `firstCall + n` of the aggregated rows.
    private(set) var calls: [AggregateCall] = []
    /// The columns that the calls read, behind the group key.
    private(set) var inputs: [LogicalPlan.Named] = []
    private let analyzer: QueryAnalyzer
    private let scope: Scope
    private let groups: [GroupKey]
    private let isWindowed: Bool

    init(_ analyzer: QueryAnalyzer, _ scope: Scope, _ groups: [GroupKey], isWindowed: Bool) {
        self.analyzer = analyzer
        self.scope = scope
        self.groups = groups
        self.isWindowed = isWindowed
    }

    private var firstCall: Int { groups.count + (isWindowed ? 2 : 0) }

    /// A typer whose expressions read the aggregated rows.
    func typer(_ clause: String) -> ExpressionTyper {
        var typer = analyzer.typer(scope).inClause(clause)
        typer.replacement = { (syntax, typer) throws(PlanError) in try self.replacement(syntax, typer) }
        return typer
    }

    private func replacement(_ syntax: SyntaxExpression, _ typer: ExpressionTyper) throws(PlanError) -> Expression? {
        if case .call(let call) = syntax.kind, analyzer.functions.aggregates[call.name.text] != nil {
            return try aggregate(call, typer)
        }
        switch syntax.kind {
        case .lambda, .timeUnit: return nil
        default: break
        }
        if syntax.contains(where: analyzer.isAggregateCall) { return nil }
        if let bound = windowBound(syntax) { return bound }
        if reads(syntax, typer.parameters) { return nil }
        let expression = try typer.plain.type(syntax)
        if let index = groups.firstIndex(where: { $0.column.expression == expression }) {
            return .column(index, name: groups[index].column.name, expression.type)
        }
        guard case .column(let source, let name) = syntax.kind else { return nil }
        if source == nil, typer.parameters.contains(where: { $0.name == name.text }) { return nil }
        throw notGrouped(syntax, typer.clause)
    }

    private func windowBound(_ syntax: SyntaxExpression) -> Expression? {
        guard isWindowed, case .column(let source, let name) = syntax.kind else { return nil }
        // In a join nobody's row has the bounds of the aggregation.
        guard source == nil || scope.sources.count == 1 else { return nil }
        return switch name.text {
        case Schema.windowStart: .column(groups.count, name: Schema.windowStart, .bigint)
        case Schema.windowEnd: .column(groups.count + 1, name: Schema.windowEnd, .bigint)
        default: nil
        }
    }

    /// True when a part has a window bound, so that the whole cannot be typed over the source's columns.
    private func reads(_ syntax: SyntaxExpression, _: [Expression.Parameter]) -> Bool {
        isWindowed
            && syntax.contains { part in
                guard case .column(_, let name) = part.kind else { return false }
                return name.text == Schema.windowStart || name.text == Schema.windowEnd
            }
    }

    private func notGrouped(_ syntax: SyntaxExpression, _ clause: String) -> PlanError {
        let text = syntax.columnText ?? "the column"
        return PlanError(
            SQLState.grouping,
            "column \(text) in \(clause) must be in GROUP BY or inside an aggregate function",
            at: syntax.position,
            hint: "add it to GROUP BY, or use LATEST_BY_OFFSET(\(text))"
        )
    }

    private func aggregate(_ call: SyntaxCall, _ typer: ExpressionTyper) throws(PlanError) -> Expression {
        let name = call.name.text
        guard !call.isStar || name == "COUNT" else {
            throw PlanError(
                SQLState.syntax,
                "\(name) does not take *",
                at: call.name.position,
                hint: "write \(name)(column); COUNT(*) counts rows"
            )
        }
        for argument in call.arguments where argument.contains(where: analyzer.isAggregateCall) {
            throw PlanError(
                SQLState.grouping,
                "aggregate functions cannot be nested: \(name) contains another one",
                at: argument.position,
                hint: "make a table of the inner one first: CREATE TABLE … AS SELECT … GROUP BY …"
            )
        }
        var arguments: [Expression] = []
        for argument in call.arguments {
            arguments.append(try typer.plain.inClause("an aggregate function").type(argument).folded)
        }
        let literals = arguments.map { argument -> Value? in
            if case .literal(let value, _) = argument { value } else { nil }
        }
        let function: ResolvedAggregate
        do {
            function = try analyzer.functions.aggregates.resolve(
                name,
                arguments.map(\.type),
                literals: literals,
                limits: analyzer.limits
            )
        } catch {
            throw PlanError(
                SQLState.unknownFunction,
                error.message,
                at: call.name.position,
                hint: error.hint
            )
        }
        let columns = arguments.prefix(function.inputTypes.count).map(input)
        let index = calls.firstIndex { $0.function == function && $0.arguments == columns } ?? calls.count
        if index == calls.count {
            calls.append(
                AggregateCall(name: "KSQL_AGG_VARIABLE_\(index)", function: function, arguments: Array(columns))
            )
        }
        return .column(firstCall + index, name: calls[index].name, function.resultType)
    }

    /// The column of the aggregation's input that holds an expression.
    private func input(_ expression: Expression) -> Int {
        if let index = inputs.firstIndex(where: { $0.expression == expression }) { return groups.count + index }
        let name = expression.columnName ?? (expression == .rowTime ? "ROWTIME" : "KSQL_INTERNAL_COL_\(inputs.count)")
        inputs.append(LogicalPlan.Named(name, expression))
        return groups.count + inputs.count - 1
    }
}
