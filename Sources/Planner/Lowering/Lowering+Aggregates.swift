import Runtime
import Values

extension Lowering {
    /// GROUP BY: the aggregation of rows that are keyed by their group.
    mutating func aggregate(_ aggregation: LogicalPlan.Aggregation, _ input: LogicalPlan) throws(PlanError) -> Fragment
    {
        var fragment = try lower(input, aggregation.isOverTable ? .oldRows : .changes)
        let schema = input.output
        let isMoved = if case .repartition = input { true } else { false }
        fragment.append(
            Aggregate(
                input: schema,
                keys: Array(0..<schema.keyCount),
                calls: aggregation.calls.map { Aggregate.Call($0.name, $0.function, inputs: $0.arguments) },
                window: aggregation.window?.runtimeWindow,
                isTable: aggregation.isOverTable,
                emitsFinal: aggregation.isFinal,
                keepsNullsInKeys: !isMoved && schema.keyCount > 1,
                store: storeName("aggregate")
            )
        )
        return fragment
    }
}

extension AggregateWindow {
    /// The window as the operator takes it.
    fileprivate var runtimeWindow: TimeWindow {
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
        }
    }
}
