import Runtime
import Values

extension Lowering {
    /// A stream's rows joined with a table's; the join itself keeps the table's rows.
    mutating func join(
        _ join: LogicalPlan.TableJoin,
        _ stream: LogicalPlan,
        _ table: LogicalPlan,
        _ output: Schema
    ) throws(PlanError) -> Fragment {
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
                join.keepsUnmatched ? .left : .inner,
                stream: stream.output,
                table: table.output,
                streamKey: Array(0..<stream.output.keyCount),
                output: output,
                hasTableTime: join.hasTableTime,
                store: storeName("join")
            )
        )
        return fragment
    }
}
