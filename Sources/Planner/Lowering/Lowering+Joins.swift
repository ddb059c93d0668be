import Parser
import Runtime
import Values

extension Lowering {
    /// A stream's rows joined with a table's; the join itself keeps the table's rows.
    mutating func join(
        _ join: LogicalPlan.Join,
        _ stream: LogicalPlan,
        _ table: LogicalPlan,
        _ output: Schema
    ) throws(PlanError) -> Fragment {
        guard join.kind == .streamTable else {
            throw PlanError(
                SQLState.notSupported,
                "the \(join.kind.rawValue) join is not supported yet",
                at: join.position
            )
        }
        var fragment =
            if case .repartition(let rows) = stream {
                // The table is read from its own topic, so the stream's rows go where its records are.
                try repartition(rows, .changes, meeting: table.partitioning(context))
            } else {
                try lower(stream, .changes)
            }
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
}
