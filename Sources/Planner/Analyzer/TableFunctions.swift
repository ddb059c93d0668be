import Functions
import Parser
import Runtime
import Values

extension QueryAnalyzer {
    /// The output columns of a query without aggregates; rows that table functions make are added below them.
    func selectItems(_ query: Query, _ rows: inout Rows, _ typer: ExpressionTyper) throws(PlanError) -> [SelectedColumn]
    {
        let expressions = query.select.compactMap(\.expression)
        guard let first = expressions.first(where: { $0.contains(where: isTableCall) }) else {
            return try selectItems(query, rows.scope, typer)
        }
        try checkTableFunctions(expressions, first, rows)
        let builder = TableCallBuilder(self, rows.plan.output.fields.count)
        let replacement = typer.replacement
        var typer = typer
        typer.replacement = { (syntax, typer) throws(PlanError) in
            if let expression = try replacement?(syntax, typer) { return expression }
            guard self.isTableCall(syntax), typer.parameters.isEmpty, case .call(let call) = syntax.kind else {
                return nil
            }
            var inner = typer
            inner.replacement = replacement
            return try builder.add(call, inner.inClause("the arguments of another table function"))
        }
        let items = try selectItems(query, rows.scope, typer)
        rows.plan = .flatMap(builder.calls, rows.plan)
        return items
    }

    func isTableCall(_ syntax: SyntaxExpression) -> Bool {
        guard case .call(let call) = syntax.kind else { return false }
        return functions.tables[call.name.text] != nil
    }

    private func checkTableFunctions(_ items: [SyntaxExpression], _ first: SyntaxExpression, _ rows: Rows)
        throws(PlanError)
    {
        if use == .pull {
            throw PlanError(
                SQLState.grouping,
                "a pull query cannot use table functions",
                at: first.position,
                hint: "add EMIT CHANGES for a push query"
            )
        }
        guard rows.plan.kind == .stream else {
            throw PlanError(
                SQLState.wrongKind,
                "table functions are only for streams: a table has one row per key",
                at: first.position,
                hint: "use it on the stream that the table is made from"
            )
        }
        for item in items {
            let isChoice = { (part: SyntaxExpression) in
                guard case .cases = part.kind else { return false }
                return part.contains(where: isTableCall)
            }
            guard !item.contains(where: isChoice) else {
                throw PlanError(
                    SQLState.grouping,
                    "table functions cannot be used in CASE",
                    at: item.position,
                    hint: "rows are made for every row; put the CASE around the argument"
                )
            }
        }
    }
}

/// Collects the calls of table functions while the expressions of SELECT are typed.
private final class TableCallBuilder {
    /// Call n is column `firstCall + n` of the rows.
    private(set) var calls: [LogicalPlan.TableCall] = []
    private let analyzer: QueryAnalyzer
    private let firstCall: Int

    init(_ analyzer: QueryAnalyzer, _ firstCall: Int) {
        self.analyzer = analyzer
        self.firstCall = firstCall
    }

    /// The column that holds the values of a call.
    func add(_ call: SyntaxCall, _ typer: ExpressionTyper) throws(PlanError) -> Expression {
        guard let function = analyzer.functions.tables[call.name.text], !call.isStar else {
            throw PlanError(
                SQLState.syntax,
                "\(call.name.text) does not take *",
                at: call.name.position,
                hint: "name a column: \(call.name.text)(column)"
            )
        }
        var arguments: [Expression] = []
        for argument in call.arguments { arguments.append(try typer.type(argument)) }
        guard let type = function.resultType(arguments.map(\.type)) else {
            let types = arguments.map(\.type.description).joined(separator: ", ")
            throw PlanError(
                SQLState.unknownFunction,
                "\(function.name) does not take (\(types))",
                at: call.name.position,
                hint: "it takes: \(function.signature)"
            )
        }
        let name = "KSQL_SYNTH_\(calls.count)"
        calls.append(
            LogicalPlan.TableCall(name: name, function: function, arguments: arguments, resultType: type)
        )
        return .column(firstCall + calls.count - 1, name: name, type)
    }
}
