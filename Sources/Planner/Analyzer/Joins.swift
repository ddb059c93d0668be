import Parser
import Runtime
import Values

extension QueryAnalyzer {
    /// The rows of a join, from left to right.
    ///
    /// In a join's rows every column of a source is a value column named `ALIAS_COLUMN`, its key columns included; the
    /// key is what both sides are equal in.
    func joined(_ first: Rows, _ query: Query) throws(PlanError) -> Rows {
        var seen: Set<String> = [first.sources[0].name]
        var left = prefixed(first, query)
        for join in query.from.joins {
            let name = join.source.name
            guard seen.insert(name.text).inserted else {
                throw PlanError(
                    SQLState.duplicateAlias,
                    "\(quotedIdentifier(name.text)) is joined with itself",
                    at: name.position
                )
            }
            let right = try scan(join.source, query)
            try checkSupported(join, left, right)
            left = try self.join(left, right, join, query)
        }
        return left
    }

    private func checkSupported(_ join: JoinClause, _ left: Rows, _ right: Rows) throws(PlanError) {
        let kinds = (left.plan.kind, right.plan.kind)
        let name = "\(kinds.0.rawValue.lowercased())-\(kinds.1.rawValue.lowercased()) join"
        if kinds == (.table, .stream) {
            throw PlanError(
                SQLState.wrongKind,
                "a table cannot be joined with a stream",
                at: join.position,
                hint: "write the stream first: FROM stream JOIN table"
            )
        }
        guard kinds == (.stream, .table) else {
            throw PlanError(SQLState.notSupported, "the \(name) is not supported yet", at: join.position)
        }
        guard join.kind == .inner || join.kind == .left else {
            throw PlanError(
                SQLState.wrongKind,
                "a \(name) can be INNER or LEFT, not \(join.kind.rawValue)",
                at: join.position
            )
        }
        if let within = join.within {
            throw PlanError(
                SQLState.syntax,
                "a \(name) has no WITHIN: each row meets the table as it is at that moment",
                at: within.position
            )
        }
        if left.plan.output.isWindowed || right.plan.output.isWindowed {
            throw PlanError(SQLState.notSupported, "joins of windowed sources are not supported yet", at: join.position)
        }
    }

    /// The rows of one source with all columns as values under their names in a join.
    private func prefixed(_ rows: Rows, _ query: Query) -> Rows {
        let output = rows.plan.output
        let source = rows.scope.sources[0]
        var values: [LogicalPlan.Named] = source.columns.map {
            LogicalPlan.Named("\(source.name)_\($0.name)", $0.expression)
        }
        if query.mentions("ROWTIME") { values.append(LogicalPlan.Named("\(source.name)_ROWTIME", .rowTime)) }
        let key = output.key.indices.map { LogicalPlan.Named(output.fields[$0].name, output.column($0)) }
        let plan = LogicalPlan.project(LogicalPlan.Projection(key: key, values: values), rows.plan)
        let names = source.columns.map(\.name) + (query.mentions("ROWTIME") ? ["ROWTIME"] : [])
        let listed = source.columns.map(\.isListed) + [false]
        let columns = names.indices.map {
            Scope.Column(names[$0], plan.output.column(key.count + $0), isListed: listed[$0])
        }
        let scope = Scope(sources: [Scope.Source(name: source.name, columns: columns, rowTime: nil)])
        return Rows(plan, scope, sources: rows.sources)
    }

    private func join(_ left: Rows, _ right: Rows, _ clause: JoinClause, _ query: Query) throws(PlanError) -> Rows {
        let table = right.scope.sources[0]
        let condition = try JoinCondition(clause.condition, left.scope, right.scope, self)
        try checkTableKey(condition, right, clause)
        // What stands for the key already needs no new one.
        let known = left.keyOrigin == .join && left.keyEquivalents[0].contains(condition.left)
        let rekeyed = known ? left.plan : rekey(left, condition.left)
        let hasTime = query.mentions("ROWTIME")
        let plan = LogicalPlan.join(
            LogicalPlan.TableJoin(
                keepsUnmatched: clause.kind == .left,
                tableName: table.name,
                hasTableTime: hasTime
            ),
            .repartition(rekeyed),
            right.plan
        )
        let output = plan.output
        let moved = rekeyed.output.fields.count - left.plan.output.fields.count
        let width = rekeyed.output.fields.count
        var columns = table.columns.enumerated().map { index, column in
            Scope.Column(column.name, output.column(width + index), isListed: column.isListed)
        }
        if hasTime {
            columns.append(Scope.Column("ROWTIME", output.column(output.fields.count - 1), isListed: false))
        }
        let joined = Scope.Source(name: table.name, columns: columns, rowTime: nil)
        var rows = Rows(
            plan,
            Scope(sources: left.scope.moved(by: moved) + [joined]),
            sources: left.sources + right.sources
        )
        rows.keyOrigin = .join
        if known {
            rows.keyEquivalents = [left.keyEquivalents[0] + [output.column(width)]]
            rows.keyTexts = [left.keyTexts[0] + [condition.rightText]]
        } else {
            let stands = [condition.left.shifted(by: moved), output.column(width)]
            rows.keyEquivalents = [[output.column(0)] + stands.filter(\.isColumn)]
            rows.keyTexts = [[condition.leftText, condition.rightText]]
        }
        return rows
    }

    /// The rows with the join expression as their key.
    private func rekey(_ rows: Rows, _ key: Expression) -> LogicalPlan {
        let output = rows.plan.output
        let values = (output.valueStart..<output.fields.count).map {
            LogicalPlan.Named(output.fields[$0].name, output.column($0))
        }
        let name = key.columnName ?? "ROWKEY"
        return .project(LogicalPlan.Projection(key: [.init(name, key)], values: values), rows.plan)
    }

    private func checkTableKey(_ condition: JoinCondition, _ right: Rows, _ clause: JoinClause) throws(PlanError) {
        let source = right.sources[0]
        let key = source.keyFields
        guard key.count == 1, condition.right == right.plan.output.column(0) else {
            throw PlanError(
                SQLState.invalidColumnReference,
                "a stream is joined with a table on the table's primary key"
                    + (key.count > 1 ? ", which must be a single column" : ""),
                at: clause.condition.position,
                hint: key.count == 1
                    ? "write ON … = \(quotedIdentifier(right.scope.sources[0].name)).\(quotedIdentifier(key[0].name))"
                    : nil
            )
        }
        guard condition.left.type == condition.right.type else {
            throw PlanError(
                SQLState.typeMismatch,
                "the sides of a join must have the same type, but \(condition.leftText) is \(condition.left.type) "
                    + "and \(condition.rightText) is \(condition.right.type)",
                at: clause.condition.position,
                hint: "CAST(\(condition.leftText) AS \(condition.right.type)) converts"
            )
        }
    }
}

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
                at: syntax.position
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
                at: side.position
            )
        }
        return owner
    }
}

extension Scope {
    fileprivate func has(_ name: String) -> Bool { sources.contains { $0.columns.contains { $0.name == name } } }

    /// The sources with every column further right.
    fileprivate func moved(by distance: Int) -> [Source] {
        sources.map { source in
            Source(
                name: source.name,
                columns: source.columns.map {
                    Column($0.name, $0.expression.shifted(by: distance), isListed: $0.isListed)
                },
                rowTime: nil
            )
        }
    }
}

extension Expression {
    /// The expression over columns that stand further right.
    func shifted(by distance: Int) -> Expression { remappingColumns { $0 + distance } }

    /// True for a column alone.
    var isColumn: Bool { columnName != nil }

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
