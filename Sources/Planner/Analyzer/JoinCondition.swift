import Parser
import Runtime
import Values

/// The two sides of `ON left = right`, the left one over the rows so far, the right one over the joined source.
struct JoinCondition {
    let left: Expression
    let right: Expression
    let leftText: String
    let rightText: String

    init(_ syntax: SyntaxExpression, _ left: Scope, _ right: Scope, _ analyzer: QueryAnalyzer) throws(PlanError) {
        guard case .comparison(.equal, let first, let second) = syntax.kind else {
            throw PlanError(
                SQLState.invalidColumnReference,
                "the condition of a join must be one equality",
                at: syntax.position,
                hint: "write ON a.x = b.y and put the rest into WHERE"
            )
        }
        let both = Scope(sources: left.sources + right.sources)
        let isRight = { (side: SyntaxExpression) throws(PlanError) -> Bool in
            try JoinCondition.belongs(side, to: right, of: both)
        }
        let (own, other) = try isRight(first) ? (second, first) : (first, second)
        guard try isRight(other), try !isRight(own) else {
            throw PlanError(
                SQLState.invalidColumnReference,
                "each side of the join's = must be about one of the two sources",
                at: syntax.position,
                hint:
                    "the right source is \(quotedIdentifier(right.sources[0].name)); conditions on one alone belong into WHERE"
            )
        }
        self.left = try analyzer.typer(left).inClause("ON").type(own)
        self.right = try analyzer.typer(right).inClause("ON").type(other)
        leftText = own.columnText ?? "\(self.left)"
        rightText = other.columnText ?? "\(self.right)"
    }

    /// Whether an expression reads the right source; it must read exactly one.
    private static func belongs(_ side: SyntaxExpression, to right: Scope, of both: Scope) throws(PlanError) -> Bool {
        var columns: [(Identifier?, Identifier)] = []
        _ = side.contains { part in
            if case .column(let source, let name) = part.kind { columns.append((source, name)) }
            return false
        }
        var owners: Set<Bool> = []
        for (source, name) in columns {
            _ = try both.resolve(source, name)
            owners.insert(source.map { right.sources[0].name == $0.text } ?? right.has(name.text))
        }
        guard let owner = owners.first, owners.count == 1 else {
            throw PlanError(
                SQLState.invalidColumnReference,
                columns.isEmpty
                    ? "each side of the join's = must read a column"
                    : "a side of the join's = reads both sources",
                at: side.position,
                hint: "write ON a.x = b.y and put the rest into WHERE"
            )
        }
        return owner
    }
}

extension Scope {
    fileprivate func has(_ name: String) -> Bool { sources.contains { $0.columns.contains { $0.name == name } } }
}

extension Expression {
    /// The expression over columns that stand further right.
    func shifted(by distance: Int) -> Expression { remappingColumns { $0 + distance } }

    /// True for a column alone.
    var isColumn: Bool { columnName != nil }

    /// The number of a column that stands alone.
    var columnIndex: Int? {
        guard case .column(let index, _, _) = self else { return nil }
        return index
    }

    /// The name of a column that stands alone.
    var columnName: String? {
        guard case .column(_, let name, _) = self else { return nil }
        return name
    }
}

extension SyntaxExpression {
    /// A column as written.
    var columnText: String? {
        guard case .column(let source, let name) = kind else { return nil }
        return (source.map { quotedIdentifier($0.text) + "." } ?? "") + quotedIdentifier(name.text)
    }
}
