import Parser
import Runtime
import Values

/// An output column of SELECT with its name.
struct SelectedColumn {
    let name: String
    let expression: Expression
    let position: SourcePosition
    /// True for a pseudo column that was not given another name.
    let isReserved: Bool
}

extension QueryAnalyzer {
    /// The output columns, `*` expanded and every column named.
    func selectItems(_ query: Query, _ scope: Scope, _ typer: ExpressionTyper) throws(PlanError) -> [SelectedColumn] {
        var names = ColumnNames(scope)
        var columns: [SelectedColumn] = []
        for item in query.select {
            switch item {
            case .all(let position):
                for source in scope.sources { columns += try star(source, scope, typer, at: position) }
            case .allOf(let name):
                columns += try star(try scope.source(name), scope, typer, at: name.position)
            case .allFields(let syntax):
                columns += try allFields(syntax, typer)
            case .expression(let syntax, let alias):
                let expression = try typer.type(syntax)
                let name =
                    try alias.map { (alias) throws(PlanError) in try checked(alias) }
                    ?? names.name(of: syntax, scope)
                columns.append(
                    SelectedColumn(
                        name: name,
                        expression: expression,
                        position: syntax.position,
                        isReserved: alias == nil && Scope.pseudoColumns.contains(name)
                    )
                )
            }
        }
        return columns
    }

    private func checked(_ alias: Identifier) throws(PlanError) -> String {
        guard !Scope.pseudoColumns.contains(alias.text) else {
            throw PlanError(
                SQLState.invalidDefinition,
                "\(alias.text) is a reserved column name and cannot be an alias",
                at: alias.position,
                hint: "choose another name, e.g. \(alias.text)_1"
            )
        }
        return alias.text
    }

    /// The listed columns of a source; in a join each is prefixed with the source's name.
    private func star(_ source: Scope.Source, _ scope: Scope, _ typer: ExpressionTyper, at position: SourcePosition)
        throws(PlanError) -> [SelectedColumn]
    {
        var columns: [SelectedColumn] = []
        for column in source.columns where column.isListed {
            // The key of a join that no source has stands under no name.
            let syntax = SyntaxExpression(
                .column(
                    source: source.name.isEmpty
                        ? nil : Identifier(source.name, isQuoted: true, position: position),
                    name: Identifier(column.name, isQuoted: true, position: position)
                ),
                position: position
            )
            columns.append(
                SelectedColumn(
                    name: scope.sources.count > 1 && !source.name.isEmpty
                        ? "\(source.name)_\(column.name)" : column.name,
                    expression: try typer.type(syntax),
                    position: position,
                    isReserved: false
                )
            )
        }
        return columns
    }

    private func allFields(_ syntax: SyntaxExpression, _ typer: ExpressionTyper) throws(PlanError) -> [SelectedColumn] {
        let value = try typer.type(syntax)
        guard case .structure(let fields) = value.type else {
            throw PlanError(
                SQLState.typeMismatch,
                "->* needs a STRUCT before it, but \(value) is \(value.type)",
                at: syntax.position
            )
        }
        return fields.indices.map {
            SelectedColumn(
                name: fields[$0].name,
                expression: .field(value, $0),
                position: syntax.position,
                isReserved: false
            )
        }
    }
}

/// Names for columns that have none.
struct ColumnNames {
    private var next = 0
    private var taken: Set<String>

    init(_ scope: Scope) { taken = Set(scope.columnNames) }

    /// The name of an expression without an alias.
    mutating func name(of syntax: SyntaxExpression, _ scope: Scope) -> String {
        switch syntax.kind {
        case .column(let source, let name):
            let isPrefixed = scope.isShared(name.text) || Scope.pseudoColumns.contains(name.text)
            guard scope.sources.count > 1, isPrefixed, let source else { return name.text }
            return "\(source.text)_\(name.text)"
        case .field(_, let name): return unique(name.text)
        default: return generated()
        }
    }

    /// The next `KSQL_COL_n` that no source has.
    mutating func generated() -> String {
        while true {
            let name = "KSQL_COL_\(next)"
            next += 1
            if taken.insert(name).inserted { return name }
        }
    }

    private mutating func unique(_ name: String) -> String {
        if taken.insert(name).inserted { return name }
        var suffix = 1
        while !taken.insert("\(name)_\(suffix)").inserted { suffix += 1 }
        return "\(name)_\(suffix)"
    }
}
