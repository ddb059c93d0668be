import Parser
import Runtime
import Values

extension QueryAnalyzer {
    /// The rows under the key that PARTITION BY names; the old key columns become the last values.
    func partitioned(_ query: Query, _ rows: Rows) throws(PlanError) -> Rows {
        let place = query.partitionBy[0].position
        guard rows.plan.kind == .stream else {
            throw PlanError(
                SQLState.wrongKind,
                "PARTITION BY is only for streams: a table is partitioned by its primary key",
                at: place,
                hint: "GROUP BY makes a table with another key"
            )
        }
        guard !rows.plan.output.isWindowed else {
            throw PlanError(
                SQLState.wrongKind,
                "the windowed source \(quotedIdentifier(rows.sources[0].name)) cannot be partitioned anew",
                at: place,
                hint: "use PARTITION BY on the stream that its windows are made from"
            )
        }
        if let null = query.partitionBy.first(where: \.isNullLiteral) {
            guard query.partitionBy.count == 1 else {
                throw PlanError(
                    SQLState.syntax,
                    "PARTITION BY NULL takes the key away, so nothing can stand beside NULL",
                    at: null.position,
                    hint: "leave NULL out, or all the rest"
                )
            }
            return moved(rows, key: [], syntax: [])
        }
        let typer = typer(rows.scope).inClause("PARTITION BY")
        var names = ColumnNames(rows.scope)
        var key: [LogicalPlan.Named] = []
        for syntax in query.partitionBy {
            let expression = try typer.type(syntax)
            try checkKey(expression, "PARTITION BY", at: syntax.position)
            guard !key.contains(where: { $0.expression == expression }) else {
                throw PlanError(
                    SQLState.duplicateColumn,
                    "PARTITION BY has \(expression) twice",
                    at: syntax.position,
                    hint: "leave one of them out"
                )
            }
            let name = alias(of: syntax, query) ?? names.name(of: syntax, rows.scope)
            key.append(LogicalPlan.Named(expression.isColumn ? names.name(of: syntax, rows.scope) : name, expression))
        }
        var moved = moved(rows, key: key, syntax: query.partitionBy)
        moved.listKeys(except: query.select.compactMap(\.expression))
        return moved
    }

    /// - Throws: for types whose values cannot say which rows belong together.
    func checkKey(_ expression: Expression, _ clause: String, at position: SourcePosition) throws(PlanError) {
        guard !expression.type.containsMap else {
            throw PlanError(
                SQLState.invalidColumnReference,
                "\(clause) cannot use \(expression): a MAP's entries have no fixed order",
                at: position,
                detail: "it is \(expression.type)",
                hint: "use an entry of the MAP, such as \(expression)['key']"
            )
        }
    }

    /// The alias of the item of SELECT that is the same expression.
    func alias(of syntax: SyntaxExpression, _ query: Query) -> String? {
        for case .expression(let selected, let alias?) in query.select where selected == syntax { return alias.text }
        return nil
    }

    /// The rows with another key, and the names for their columns in new places.
    private func moved(_ rows: Rows, key: [LogicalPlan.Named], syntax: [SyntaxExpression]) -> Rows {
        let input = rows.plan.output
        let keyColumns = Set(key.map(\.expression))
        let kept = (Array(input.valueStart..<input.fields.count) + Array(input.key.indices))
            .filter { !keyColumns.contains(input.column($0)) }
        let values = kept.map { LogicalPlan.Named(input.fields[$0].name, input.column($0)) }
        let plan = LogicalPlan.project(LogicalPlan.Projection(key: key, values: values), rows.plan)
        let output = plan.output
        var places: [Expression: Int] = [:]
        for (index, named) in key.enumerated() { places[named.expression] = index }
        for (index, column) in kept.enumerated() { places[input.column(column)] = key.count + index }
        let sources = rows.scope.sources.map { source in
            let columns = source.columns.compactMap { column in
                let isKey = keyColumns.contains(column.expression)
                return places[column.expression].map {
                    (
                        place: $0,
                        column: Scope.Column(column.name, output.column($0), isListed: column.isListed || isKey)
                    )
                }
            }
            return Scope.Source(
                name: source.name,
                columns: columns.sorted { $0.place < $1.place }.map(\.column),
                rowTime: source.rowTime
            )
        }
        var moved = Rows(plan, Scope(sources: sources), sources: rows.sources)
        moved.keyOrigin = .partitioning
        moved.keyTexts = zip(key, syntax).map { [$1.columnText ?? "\($0.expression)"] }
        moved.keySyntax = syntax
        return moved
    }
}

extension Rows {
    /// Lists computed key columns that SELECT does not have by themselves, so that `*` shows them.
    fileprivate mutating func listKeys(except selected: [SyntaxExpression]) {
        let output = plan.output
        let computed = keySyntax.indices.filter { !keySyntax[$0].isStored && !selected.contains(keySyntax[$0]) }
        guard !computed.isEmpty, let source = scope.sources.first else { return }
        let columns = computed.map { Scope.Column(output.fields[$0].name, output.column($0)) }
        scope = Scope(
            sources: [Scope.Source(name: source.name, columns: columns + source.columns, rowTime: source.rowTime)]
                + scope.sources.dropFirst()
        )
    }

    /// Lets an expression that PARTITION BY names stand for the key column, wherever it occurs.
    var keyReplacement: ((SyntaxExpression, ExpressionTyper) throws(PlanError) -> Expression?)? {
        let computed = keySyntax.enumerated().filter { !$0.element.isStored }
        guard !computed.isEmpty else { return nil }
        let output = plan.output
        return { (syntax, _) throws(PlanError) in
            computed.first { $0.element == syntax }.map { output.column($0.offset) }
        }
    }
}

extension SyntaxExpression {
    /// True for a column that rows have, unlike ROWTIME.
    fileprivate var isStored: Bool {
        guard case .column(_, let name) = kind else { return false }
        return name.text != "ROWTIME"
    }
}
