import Runtime
import Values

extension Lowering {
    /// GROUP BY: the aggregation of rows that are keyed by their group.
    mutating func aggregate(_ aggregation: LogicalPlan.Aggregation, _ input: LogicalPlan) throws(PlanError) -> Fragment
    {
        var fragment = try grouped(input, isOverTable: aggregation.isOverTable)
        let schema = input.output
        let isMoved = if case .repartition = input { true } else { false }
        let keys = Array(0..<schema.keyCount)
        let calls = aggregation.calls.map { Aggregate.Call($0.name, $0.function, inputs: $0.arguments) }
        let keepsNulls = !isMoved && schema.keyCount > 1
        let store = storeName("aggregate")
        if let sessions = aggregation.window?.sessions {
            fragment.append(
                SessionAggregate(
                    input: schema,
                    keys: keys,
                    calls: calls,
                    window: sessions,
                    emitsFinal: aggregation.isFinal,
                    keepsNullsInKeys: keepsNulls,
                    store: store
                )
            )
        } else {
            fragment.append(
                Aggregate(
                    input: schema,
                    keys: keys,
                    calls: calls,
                    window: aggregation.window?.times,
                    isTable: aggregation.isOverTable,
                    emitsFinal: aggregation.isFinal,
                    keepsNullsInKeys: keepsNulls,
                    store: store
                )
            )
        }
        return fragment
    }

    /// The rows to be aggregated.
    private mutating func grouped(_ input: LogicalPlan, isOverTable: Bool) throws(PlanError) -> Fragment {
        guard !isOverTable, case .repartition(let rows) = input else {
            return try lower(input, isOverTable ? .oldRows : .changes)
        }
        return try repartition(rows, .changes, isForGroups: true)
    }
}

extension AggregateWindow {
    /// Windows of one size as the operator takes them.
    fileprivate var times: TimeWindow? {
        switch shape {
        case .tumbling(let size):
            TimeWindow(sizeMilliseconds: size, graceMilliseconds: grace, retentionMilliseconds: retention)
        case .hopping(let size, let advance):
            TimeWindow(
                sizeMilliseconds: size,
                advanceMilliseconds: advance,
                graceMilliseconds: grace,
                retentionMilliseconds: retention
            )
        case .session: nil
        }
    }

    /// Sessions as the operator takes them.
    fileprivate var sessions: SessionWindow? {
        guard case .session(let gap) = shape else { return nil }
        return SessionWindow(gapMilliseconds: gap, graceMilliseconds: grace, retentionMilliseconds: retention)
    }
}
