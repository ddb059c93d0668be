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
        for (step, join) in query.from.joins.enumerated() {
            let name = join.source.name
            guard seen.insert(name.text).inserted else {
                let kind = try source(name).kind.rawValue
                throw PlanError(
                    SQLState.duplicateAlias,
                    "\(quotedIdentifier(name.text)) is joined with itself",
                    at: name.position,
                    hint: "CREATE \(kind) \(quotedIdentifier("\(name.text)_2")) AS SELECT * FROM "
                        + "\(quotedIdentifier(name.text)) makes another one"
                )
            }
            let alias = join.source.reference
            guard !left.scope.sources.contains(where: { $0.name == alias.text }) else {
                throw PlanError(
                    SQLState.duplicateAlias,
                    "two sources of the join are called \(quotedIdentifier(alias.text))",
                    at: alias.position,
                    hint: "give one of them another alias: \(quotedIdentifier(name.text)) AS …"
                )
            }
            let right = try scan(join.source, query)
            left = try self.join(left, right, join, query, isFirst: step == 0)
        }
        return left
    }

    /// The rows of one source with all columns as values under their names in a join.
    private func prefixed(_ rows: Rows, _ query: Query) -> Rows {
        let output = rows.plan.output
        let source = rows.scope.sources[0]
        let hasTime = query.mentions("ROWTIME")
        var values: [LogicalPlan.Named] = source.columns.map {
            LogicalPlan.Named("\(source.name)_\($0.name)", $0.expression)
        }
        if hasTime { values.append(LogicalPlan.Named("\(source.name)_ROWTIME", .rowTime)) }
        let key = output.key.indices.map { LogicalPlan.Named(output.fields[$0].name, output.column($0)) }
        let plan = LogicalPlan.project(LogicalPlan.Projection(key: key, values: values), rows.plan)
        let start = plan.output.valueStart
        var columns = source.columns.enumerated().map { index, column in
            Scope.Column(column.name, plan.output.column(start + index), isListed: column.isListed)
        }
        if hasTime {
            columns.append(Scope.Column("ROWTIME", plan.output.column(start + columns.count), isListed: false))
        }
        let scope = Scope(sources: [Scope.Source(name: source.name, columns: columns, rowTime: nil)])
        return Rows(plan, scope, sources: rows.sources)
    }

    private func join(_ left: Rows, _ right: Rows, _ clause: JoinClause, _ query: Query, isFirst: Bool)
        throws(PlanError) -> Rows
    {
        try checkSources(clause, left, right)
        let condition = try JoinCondition(clause.condition, left.scope, right.scope, self)
        let kind = try kind(of: clause, left, right, condition, isFirst: isFirst)
        var left = left
        let (rekeyed, key) = rekeyed(&left, condition, clause, kind, right.scope)
        let source = right.scope.sources[0]
        let hasTime = query.mentions("ROWTIME")
        let isStreams = kind == .streamStream
        let join = LogicalPlan.Join(
            kind: kind,
            type: clause.kind,
            rightName: source.name,
            hasRightTime: hasTime && !isStreams,
            foreignKey: kind == .foreignKey ? condition.left : nil,
            span: try clause.within.map { (within) throws(PlanError) in try span(within, clause.kind) },
            position: clause.position
        )
        let plan = LogicalPlan.join(
            join,
            kind == .foreignKey ? rekeyed : .repartition(rekeyed),
            isStreams ? .repartition(rightRows(right, condition, hasTime: hasTime)) : right.plan
        )
        let output = plan.output
        let moved = rekeyed.output.fields.count - left.plan.output.fields.count
        let width = rekeyed.output.fields.count
        var columns = source.columns.enumerated().map { index, column in
            Scope.Column(column.name, output.column(width + index), isListed: column.isListed)
        }
        if hasTime {
            columns.append(Scope.Column("ROWTIME", output.column(output.fields.count - 1), isListed: false))
        }
        let joined = Scope.Source(name: source.name, columns: columns, rowTime: nil)
        var rows = Rows(
            plan,
            Scope(sources: left.scope.moved(by: moved) + [joined]),
            sources: left.sources + right.sources
        )
        guard var key else {
            rows.keyEquivalents = left.keyColumns.enumerated().map { [output.column($0), $1] }
            rows.keyTexts = left.keyTexts
            return rows
        }
        for index in key.sides.indices {
            // What an INNER join compares is not NULL in its rows, whatever an earlier FULL join left open.
            if clause.kind == .inner, key.sides[index].expression == condition.left {
                key.sides[index].isOptional = false
            }
            key.sides[index].expression = key.sides[index].expression.shifted(by: moved)
        }
        let other = condition.right.rewritten { part in part.columnIndex.map { output.column(width + $0) } }
        key.sides.append(Rows.JoinKey.Side(expression: other, text: condition.rightText))
        if clause.kind == .full {
            for index in key.sides.indices { key.sides[index].isOptional = true }
        }
        name(&rows, key)
        return rows
    }

    /// The left rows under the key of a join, and what is equal to it so far; no key for a join that keeps the left one.
    ///
    /// A key that had a name of its own goes with that name when another takes its place.
    private func rekeyed(
        _ left: inout Rows,
        _ condition: JoinCondition,
        _ clause: JoinClause,
        _ kind: LogicalPlan.Join.Kind,
        _ right: Scope
    ) -> (LogicalPlan, Rows.JoinKey?) {
        guard kind != .foreignKey else { return (left.plan, nil) }
        let isFull = clause.kind == .full
        // A stream's row of a FULL join that lacks the side in question has no such key.
        let mayLack = left.plan.kind == .table
        if let key = left.joinKey,
            key.sides.contains(where: { $0.expression == condition.left && (mayLack || !$0.isOptional) })
        {
            // What is equal to the key already needs no new one, at most another name.
            guard isFull, !key.columns.isEmpty else { return (left.plan, key) }
            return (rekey(left, left.plan.output.column(0), name: keyName(left.scope, right)), key)
        }
        left.scope = Scope(sources: left.scope.sources.filter { !$0.name.isEmpty })
        let key = Rows.JoinKey(sides: [.init(expression: condition.left, text: condition.leftText)])
        let isNameless = isFull || !(condition.left.isColumn || condition.right.isColumn)
        let name = isNameless ? keyName(left.scope, right) : condition.left.columnName
        // A table's key is there in its deletions too; the value that copies it is not.
        let expression = left.plan.kind == .table ? left.plan.output.column(0) : condition.left
        return (rekey(left, expression, name: name), key)
    }

    /// The rows of the right stream under the key of the join, all their columns among the values.
    private func rightRows(_ right: Rows, _ condition: JoinCondition, hasTime: Bool) -> LogicalPlan {
        let output = right.plan.output
        let values = output.fields.indices.map { LogicalPlan.Named(output.fields[$0].name, output.column($0)) }
        let time = hasTime ? [LogicalPlan.Named("ROWTIME", .rowTime)] : []
        let key = LogicalPlan.Named(condition.right.columnName ?? "ROWKEY", condition.right)
        return .project(LogicalPlan.Projection(key: [key], values: values + time), right.plan)
    }

    /// How far apart in time rows may be.
    private func span(_ within: Parser.JoinWindow, _ kind: JoinClause.Kind) throws(PlanError) -> JoinSpan {
        let (before, after) = (within.before.milliseconds, within.after.milliseconds)
        let (size, overflow) = before.addingReportingOverflow(after)
        guard !overflow else {
            throw PlanError(
                SQLState.outOfRange,
                "WITHIN is too long",
                at: within.position,
                detail: "before and after are together more milliseconds than 64 bits hold"
            )
        }
        // As in ksqlDB, where a RIGHT join is the LEFT join of the sides turned round: there, before and after are said of
        // the row that is kept.
        let isTurned = kind == .right
        return JoinSpan(
            beforeMilliseconds: isTurned ? after : before,
            afterMilliseconds: isTurned ? before : after,
            graceMilliseconds: within.grace?.milliseconds ?? max(86_400_000 - size, 0),
            waits: within.grace != nil
        )
    }

    /// Says what stands for the key of a join: columns that are equal to it, or if there are none a key of its own.
    private func name(_ rows: inout Rows, _ key: Rows.JoinKey) {
        let column = rows.plan.output.column(0)
        rows.joinKey = key
        rows.keyOrigin = .join
        rows.keyEquivalents = [[column] + key.columns.map(\.expression)]
        rows.keyTexts = [key.columns.map(\.text)]
        let isNamed = rows.scope.sources.contains { $0.name.isEmpty }
        guard key.columns.isEmpty || isNamed, let name = column.columnName else { return }
        rows.keyTexts = [[quotedIdentifier(name)] + key.columns.map(\.text)]
        let own = Scope.Source(name: "", columns: [Scope.Column(name, column)], rowTime: nil)
        rows.scope = Scope(sources: [own] + rows.scope.sources.filter { !$0.name.isEmpty })
    }

    /// A name for a key that no source has.
    private func keyName(_ left: Scope, _ right: Scope) -> String {
        let taken = Set(left.columnNames + right.columnNames)
        var name = "ROWKEY"
        var suffix = 1
        while taken.contains(name) {
            name = "ROWKEY_\(suffix)"
            suffix += 1
        }
        return name
    }

    /// The rows with the join expression as their key.
    private func rekey(_ rows: Rows, _ key: Expression, name: String?) -> LogicalPlan {
        let output = rows.plan.output
        let values = (output.valueStart..<output.fields.count).map {
            LogicalPlan.Named(output.fields[$0].name, output.column($0))
        }
        let named = LogicalPlan.Named(name ?? key.columnName ?? "ROWKEY", key)
        return .project(LogicalPlan.Projection(key: [named], values: values), rows.plan)
    }
}

extension Rows {
    /// The value columns that hold the key columns in a join's rows.
    var keyColumns: [Expression] {
        let output = plan.output
        return (0..<output.keyCount).map { index in
            keyEquivalents[index].last { $0 != output.column(index) } ?? output.column(output.valueStart + index)
        }
    }
}

extension Scope {
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
