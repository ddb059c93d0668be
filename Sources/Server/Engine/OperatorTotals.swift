import Runtime

/// The counters of one operator of a query, summed over its tasks.
struct OperatorTotals {
    let name: String
    var tasks = 0
    var rowsIn: Int64 = 0
    var rowsOut: Int64 = 0
    var dropped: Int64 = 0
    var late: Int64 = 0
    var errors: Int64 = 0
    var stateBytes: Int64 = 0

    /// The topic of a line that stands for a source.
    var sourceTopic: String? { name.hasPrefix("Source ") ? String(name.dropFirst("Source ".count)) : nil }

    /// A line per subtopology and operator, in the order of the plan.
    static func of(_ status: QueryStatus) -> [OperatorTotals] {
        var order: [String] = []
        var totals: [String: OperatorTotals] = [:]
        for task in status.tasks.sorted(by: {
            ($0.id.subtopology, $0.id.partition) < ($1.id.subtopology, $1.id.partition)
        }) {
            for (position, named) in task.metrics.enumerated() {
                let key = "\(task.id.subtopology)/\(position)"
                if totals[key] == nil {
                    totals[key] = OperatorTotals(name: named.name)
                    order.append(key)
                }
                totals[key]?.add(named.metrics)
            }
        }
        return order.compactMap { totals[$0] }
    }

    private mutating func add(_ metrics: OperatorMetrics) {
        tasks += 1
        rowsIn += metrics.rowsIn.value
        rowsOut += metrics.rowsOut.value
        dropped += metrics.dropped.value
        late += metrics.late.value
        errors += metrics.errors.value
        stateBytes += metrics.stateBytes.value
    }
}

extension Engine {
    /// Records between a query and the end of each topic it reads.
    func lag(of query: RunningQuery) -> [String: Int64] {
        var lag: [String: Int64] = [:]
        let positions = query.status.positions
        for partition in query.inputs {
            // A topic that cannot be asked now has no lag to show; the query's own status says why.
            guard let range = try? broker.offsets(of: partition) else { continue }
            // A task that has not started has everything before it.
            lag[partition.topic, default: 0] += max(range.upperBound - (positions[partition] ?? range.lowerBound), 0)
        }
        return lag
    }
}
