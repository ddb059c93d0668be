import Runtime
import Values

extension Rule {
    /// Makes one projection of two that follow each other, where nothing is then computed twice, and drops projections
    /// that change nothing.
    static let mergeProjections = Rule("merge-projections") { plan, _ in
        plan.rewritten { step in
            guard case .project(let outer, let input) = step else { return nil }
            if outer.isIdentity(of: input.output) { return input }
            guard case .project(let inner, let source) = input else { return nil }
            return merged(outer, inner, source)
        }
    }

    private static func merged(
        _ outer: LogicalPlan.Projection,
        _ inner: LogicalPlan.Projection,
        _ source: LogicalPlan
    ) -> LogicalPlan? {
        let input = source.output
        var computed: [Int: Int] = [:]
        for column in outer.key + outer.values {
            for index in column.expression.columnsRead where !inner.source(index, input).isPlain {
                computed[index, default: 0] += 1
            }
        }
        guard computed.values.allSatisfy({ $0 == 1 }) else { return nil }
        let replace = { (column: LogicalPlan.Named) -> LogicalPlan.Named? in
            // A computed column may only be taken over as it is: an error inside it must stay inside it.
            if case .column(let index, _, _) = column.expression {
                return LogicalPlan.Named(column.name, inner.source(index, input))
            }
            return inner.substituted(column.expression, input).map { LogicalPlan.Named(column.name, $0) }
        }
        let key = outer.key.compactMap(replace)
        let values = outer.values.compactMap(replace)
        guard key.count == outer.key.count, values.count == outer.values.count else { return nil }
        return .project(LogicalPlan.Projection(key: key, values: values), source)
    }
}

extension LogicalPlan.Projection {
    /// True when the output is the input, names included.
    fileprivate func isIdentity(of input: Schema) -> Bool {
        key.map(\.expression) == (0..<input.keyCount).map(input.column)
            && values.map(\.expression) == (input.valueStart..<input.fields.count).map(input.column)
            && key.map(\.field) == Array(input.key) && values.map(\.field) == Array(input.values)
    }
}
