import Runtime
import Values

extension Rule {
    /// Drops a repartition where rows with equal keys are in one partition already.
    static let dropRepartition = Rule("drop-repartition") { plan, context in
        plan.rewritten { step in
            switch step {
            case .join(let join, .repartition(let stream), let table)
            where join.kind == .streamTable || join.kind == .tableTable:
                // Both sides of a join must have their equal keys in partitions of the same number.
                guard stream.isPartitionedByKey, let left = stream.partitioning(context),
                    left == table.partitioning(context)
                else { return nil }
                return .join(join, stream, table)
            case .join(let join, .repartition(let left), .repartition(let right)):
                return kept(join, left, right, context)
            case .aggregate(let aggregation, .repartition(let input)):
                return input.isPartitionedByKey ? .aggregate(aggregation, input) : nil
            default:
                return nil
            }
        }
    }
}

extension Rule {
    /// A join of which both sides could move: none does where equal keys are in partitions of the same number, one where
    /// the rows of the other stay where they are.
    private static func kept(
        _ join: LogicalPlan.Join,
        _ left: LogicalPlan,
        _ right: LogicalPlan,
        _ context: RuleContext
    ) -> LogicalPlan? {
        let sides = [left, right].map { $0.isPartitionedByKey ? $0.partitioning(context) : nil }
        switch (sides[0], sides[1]) {
        case (nil, nil): return nil
        case (let a?, let b?) where a == b: return .join(join, left, right)
        case (let a, let b):
            // The side with more partitions stays.
            return (a?.partitions ?? 0) >= (b?.partitions ?? 0)
                ? .join(join, left, .repartition(right)) : .join(join, .repartition(left), right)
        }
    }
}

/// How a topic's records found their partitions.
struct Partitioning: Hashable {
    let partitions: Int
    let keyFormat: String
    let keyProperties: FormatProperties
}

extension LogicalPlan {
    /// True when rows with equal keys are in one partition.
    var isPartitionedByKey: Bool {
        let output = output
        return output.keyCount > 0 && partitioned == Array(0..<output.keyCount)
    }

    /// The columns by which the rows were spread over partitions, in order; nil when that is not known.
    private var partitioned: [Int]? {
        switch self {
        case .scan(let scan):
            return scan.source.keyFields.isEmpty ? nil : Array(scan.source.keyFields.indices)
        case .filter(_, let input), .flatMap(_, let input): return input.partitioned
        case .repartition(let input): return Array(0..<input.output.keyCount)
        case .aggregate(_, let input): return input.isPartitionedByKey ? Array(0..<input.output.keyCount) : nil
        case .join(let join, let left, _):
            return join.kind == .foreignKey ? Array(0..<left.output.keyCount) : left.partitioned
        case .project(let projection, let input):
            guard let columns = input.partitioned else { return nil }
            let output = projection.key + projection.values
            let places = columns.compactMap { column in
                output.firstIndex { $0.expression == input.output.column(column) }
            }
            guard places.count == columns.count else { return nil }
            // Value columns stand behind the window bounds.
            return places.map { $0 < projection.key.count || !input.output.isWindowed ? $0 : $0 + 2 }
        }
    }

    /// How the rows of a single source were spread over partitions.
    func partitioning(_ context: RuleContext) -> Partitioning? {
        switch self {
        case .scan(let scan):
            guard let partitions = context.partitions[scan.source.topic] else { return nil }
            return Partitioning(
                partitions: partitions,
                keyFormat: scan.source.keyFormat,
                keyProperties: scan.source.keyProperties
            )
        case .filter(_, let input), .project(_, let input), .flatMap(_, let input):
            return input.partitioning(context)
        case .join(let join, let left, let right):
            // The rows of a foreign-key join come back through a topic of its own.
            guard join.kind != .foreignKey else { return nil }
            if case .repartition = left { return right.partitioning(context) }
            return left.partitioning(context)
        case .repartition, .aggregate: return nil
        }
    }
}
