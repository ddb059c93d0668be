import Parser
import Runtime
import Values

extension Lowering {
    /// The rows of a source; records keep their headers on the way to the sink.
    mutating func lower(_ scan: LogicalPlan.Scan, _ need: Need) -> Fragment {
        let isTable = scan.source.kind == .table
        var fragment = Fragment(scan.spec(readsHeaders: true))
        if isTable, need != .changes {
            fragment.append(TableSource(input: scan.output, store: storeName("table")))
        }
        return fragment
    }

    /// Rows brought together by key: the operators so far become a subtopology that writes an internal topic, and the
    /// rows go on from there.
    /// - Parameters:
    ///   - target: the topic whose records the rows are to meet; nil when they meet only moved rows.
    ///   - count: the partitions of the internal topic where there is no such topic; nil: as many as the input has.
    mutating func repartition(
        _ input: LogicalPlan,
        _ need: Need,
        meeting target: Partitioning? = nil,
        partitions count: Int? = nil,
        isForGroups: Bool = false
    ) throws(PlanError) -> Fragment {
        move(
            try lower(input, need),
            input.output,
            isTable: input.kind == .table,
            meeting: target,
            partitions: count ?? partitions(of: input),
            isForGroups: isForGroups
        )
    }

    /// The rows of a fragment by their key, through an internal topic.
    /// - Parameter purpose: stands in the topic's name.
    mutating func move(
        _ below: Fragment,
        _ schema: Schema,
        isTable: Bool,
        purpose: String = "repartition",
        meeting target: Partitioning? = nil,
        partitions: Int,
        isForGroups: Bool = false
    ) -> Fragment {
        var fragment = below
        let topic = "\(settings.internalTopicPrefix)\(query)-\(purpose)-\(internalTopics.count + 1)"
        fragment.append(
            Repartition(
                topic: topic,
                input: schema,
                keyFormat: target.map { Repartition.KeyFormat(name: $0.keyFormat, properties: $0.keyProperties) },
                isForGroups: isForGroups
            )
        )
        complete(fragment)
        let settings = TopicSettings(partitions: target?.partitions ?? partitions, isInternal: true)
        add(InternalTopic(name: topic, settings: settings))
        return Fragment(
            SourceSpec(topic: topic, payload: .batches, output: schema, isTable: isTable)
        )
    }

    /// The partitions of the left-most source.
    func partitions(of plan: LogicalPlan) -> Int {
        plan.scans.first.flatMap { context.partitions[$0.source.topic] } ?? 1
    }
}
