import Runtime
import Values

extension Topology {
    /// Where the rows that reach the end of the last subtopology stand in a state; nil when nothing keeps them.
    /// - Parameter hasSink: whether the last node is a sink, which is then passed over.
    func materialization(query: String, hasSink: Bool) -> Materialization? {
        guard let last = subtopologies.last else { return nil }
        var node = last.nodes.count - (hasSink ? 2 : 1)
        var steps: [any OperatorSpec] = []
        while last.nodes.indices.contains(node) {
            let spec = last.nodes[node].spec
            if !spec.stores.isEmpty {
                guard let order = keyOrder(steps, spec.output) else { return nil }
                return Materialization(
                    query: query,
                    subtopology: subtopologies.count - 1,
                    node: node,
                    spec: spec,
                    stateSchema: spec.output,
                    steps: steps,
                    output: steps.last?.output ?? spec.output,
                    keyOrder: order
                )
            }
            guard last.nodes[node].inputs.count == 1, case .node(let below) = last.nodes[node].inputs[0] else {
                return nil
            }
            // Read from a state, a row that does not pass is no deletion but nothing.
            let filter = (spec as? Filter).map { Filter($0.predicate, input: $0.output, isTable: false) }
            steps.insert(filter ?? spec, at: 0)
            node = below
        }
        return nil
    }

    /// For each key column behind the steps the key column before them that it copies; nil when one does not.
    private func keyOrder(_ steps: [any OperatorSpec], _ state: Schema) -> [Int]? {
        var order = Array(0..<state.keyCount)
        for case let project as Project in steps {
            let columns = project.columns.prefix(project.output.keyCount).map { expression -> Int? in
                guard case .column(let index, _, _) = expression, order.indices.contains(index) else { return nil }
                return order[index]
            }
            guard !columns.contains(nil) else { return nil }
            order = columns.compactMap { $0 }
        }
        return order
    }
}
