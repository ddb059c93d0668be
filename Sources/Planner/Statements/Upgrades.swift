import Parser
import Runtime
import Values

extension Planning {
    /// The query that fills a source which is about to be replaced.
    func replacedQuery(_ old: SourceDescription?, at position: SourcePosition) throws(PlanError) -> QueryDescription? {
        guard let old else { return nil }
        let others = catalog.writers(of: old.name).filter { $0 != old.createdBy }
        guard others.isEmpty else {
            throw PlanError(
                SQLState.dependentObjects,
                "cannot replace \(quotedIdentifier(old.name)): \(others.joined(separator: ", ")) "
                    + "\(others.count == 1 ? "writes" : "write") to it, too",
                at: position,
                hint: others.map { "TERMINATE \($0);" }.joined(separator: " ")
            )
        }
        return old.createdBy.flatMap { catalog.queries[$0] }
    }

    /// - Throws: when a query cannot go on from the offsets and state of another.
    func checkUpgrade(from old: QueryDescription, to new: PersistentQueryPlan, at position: SourcePosition)
        throws(PlanError)
    {
        guard old.upgradeSignature != new.upgradeSignature else { return }
        let pairs = zip(old.upgradeSignature, new.upgradeSignature).first { $0.0 != $0.1 }
        throw PlanError(
            SQLState.notInState,
            "cannot replace \(old.id): only filters and the columns selected may change",
            at: position,
            detail: pairs.map { "it has \"\($0.0)\", the new query \"\($0.1)\"" },
            hint: "TERMINATE and DROP the old one first, or create the new one under another name"
        )
    }
}

extension LogicalPlan {
    /// The steps whose state or partitions a query that takes over depends on; filters and projections are not.
    var upgradeSignature: [String] {
        let below = inputs.flatMap(\.upgradeSignature)
        switch self {
        case .scan(let scan): return ["read \(quotedIdentifier(scan.source.name))"]
        case .filter: return below
        case .flatMap(let calls, _): return below + calls.map { "table function \($0.name) \($0.arguments)" }
        case .project(let projection, _):
            let key = projection.key.map(\.expression.description).joined(separator: ", ")
            return key.isEmpty ? below : below + ["key \(key)"]
        case .repartition: return below
        // Rows of tables are taken back as they were counted, so those that get there must stay the same.
        case .aggregate, .join: return below + inputs.flatMap(\.tableFilters) + [summary]
        }
    }

    /// The conditions that rows of tables pass.
    private var tableFilters: [String] {
        let below = inputs.flatMap(\.tableFilters)
        guard case .filter(let condition, let input) = self, input.kind == .table else { return below }
        return below + ["filter \(condition)"]
    }
}

extension Topology {
    /// The columns of rows that tables and joins keep, and of those that lie between tasks.
    ///
    /// They are just those that are read, so another projection may need others. What aggregates keep follows from the
    /// aggregates alone.
    var upgradeSignature: [String] {
        subtopologies.flatMap { subtopology in
            let waiting = subtopology.sources.compactMap { source -> String? in
                guard case .batches = source.payload else { return nil }
                return "rows between tasks with \(source.output)"
            }
            let kept = subtopology.nodes.flatMap { node -> [String] in
                let inputs = node.inputs.map { input in
                    switch input {
                    case .source(let index): subtopology.sources[index].output
                    case .node(let index): subtopology.nodes[index].spec.output
                    }
                }
                switch node.spec {
                case is Aggregate, is SessionAggregate: return []
                // The stream's rows only pass.
                case is StreamTableJoin: return ["table rows with \(inputs[1])"]
                default: return node.spec.stores.isEmpty ? [] : inputs.map { "rows with \($0)" }
                }
            }
            return waiting + kept
        }
    }
}
