import Parser
import Runtime
import Values

extension Lowering {
    /// The rows of two sides with equal keys.
    mutating func join(
        _ join: LogicalPlan.Join,
        _ left: LogicalPlan,
        _ right: LogicalPlan,
        _ output: Schema
    ) throws(PlanError) -> Fragment {
        switch join.kind {
        case .streamTable: return try streamTable(join, left, right, output)
        case .streamStream: return try streamStream(join, left, right, output)
        case .tableTable: return try tableTable(join, left, right, output)
        case .foreignKey: return try foreignKey(join, left, right, output)
        }
    }

    /// A stream's rows joined with a table's; the join itself keeps the table's rows.
    private mutating func streamTable(
        _ join: LogicalPlan.Join,
        _ stream: LogicalPlan,
        _ table: LogicalPlan,
        _ output: Schema
    ) throws(PlanError) -> Fragment {
        var fragment = try lower(stream, .changes, meeting: table)
        let rows = try lower(table, .changes)
        fragment.join(
            rows,
            StreamTableJoin(
                join.type == .left ? .left : .inner,
                stream: stream.output,
                table: table.output,
                streamKey: Array(0..<stream.output.keyCount),
                output: output,
                hasTableTime: join.hasRightTime,
                store: storeName("join")
            )
        )
        return fragment
    }

    private mutating func streamStream(
        _ join: LogicalPlan.Join,
        _ left: LogicalPlan,
        _ right: LogicalPlan,
        _ output: Schema
    ) throws(PlanError) -> Fragment {
        guard let span = join.span else {
            throw PlanError(SQLState.syntax, "a stream-stream join needs WITHIN", at: join.position)
        }
        var fragment = try lower(left, .changes, meeting: right)
        let rows = try lower(right, .changes, meeting: left)
        fragment.join(
            rows,
            StreamStreamJoin(
                join.type.streams,
                left: left.output,
                right: right.output,
                window: span,
                output: output,
                leftStore: storeName("join-left"),
                rightStore: storeName("join-right")
            )
        )
        return fragment
    }

    private mutating func tableTable(
        _ join: LogicalPlan.Join,
        _ left: LogicalPlan,
        _ right: LogicalPlan,
        _ output: Schema
    ) throws(PlanError) -> Fragment {
        var fragment = try lower(left, .changes, meeting: right)
        let rows = try lower(right, .changes)
        fragment.join(
            rows,
            TableTableJoin(
                join.type.tables,
                left: left.output,
                right: right.output,
                output: output,
                hasRightTime: join.hasRightTime,
                leftStore: storeName("join-left"),
                rightStore: storeName("join-right")
            )
        )
        return fragment
    }

    /// The left rows ask the partition of the right row that they name, and its answers come back to where they are.
    private mutating func foreignKey(
        _ join: LogicalPlan.Join,
        _ left: LogicalPlan,
        _ right: LogicalPlan,
        _ output: Schema
    ) throws(PlanError) -> Fragment {
        guard let foreignKey = join.foreignKey else {
            preconditionFailure("the analyzer gives every foreign-key join its key")
        }
        let requests = ForeignKeyRequests(
            input: left.output,
            foreignKey: foreignKey,
            keepsUnmatched: join.type == .left,
            store: storeName("join-keys")
        )
        var asking = try lower(left, .changes)
        asking.append(requests)
        let partitions = partitions(of: left)
        var fragment = move(
            asking,
            requests.output,
            isTable: true,
            purpose: "foreign-key",
            meeting: right.partitioning(context),
            partitions: partitions
        )
        let answers = ForeignKeyJoin(
            left: left.output,
            right: right.output,
            requests: requests.output,
            keepsUnmatched: join.type == .left,
            joined: output,
            hasRightTime: join.hasRightTime,
            leftStore: storeName("join-left"),
            rightStore: storeName("join-right")
        )
        fragment.join(try lower(right, .changes), answers)
        var results = move(fragment, answers.output, isTable: true, purpose: "foreign-key", partitions: partitions)
        results.append(
            ForeignKeyResults(answers: answers.output, output: output, store: storeName("join-versions"))
        )
        return results
    }

    /// One side of a join; what has to move goes where the rows of the other side are, or are going to be.
    mutating func lower(_ plan: LogicalPlan, _ need: Need, meeting other: LogicalPlan) throws(PlanError) -> Fragment {
        guard case .repartition(let rows) = plan else { return try lower(plan, need) }
        guard case .repartition(let others) = other else {
            // The other side is read from its own topic.
            return try repartition(rows, need, meeting: other.partitioning(context))
        }
        return try repartition(rows, need, partitions: max(partitions(of: rows), partitions(of: others)))
    }
}

extension JoinClause.Kind {
    fileprivate var tables: TableTableJoin.Kind {
        switch self {
        case .inner: .inner
        case .left: .left
        case .right: .right
        case .full: .full
        }
    }

    fileprivate var streams: StreamStreamJoin.Kind {
        switch self {
        case .inner: .inner
        case .left: .left
        case .right: .right
        case .full: .full
        }
    }
}
