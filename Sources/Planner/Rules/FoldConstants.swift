import Runtime
import Values

extension Rule {
    /// Computes what does not depend on a row, and drops conditions that are always true.
    static let foldConstants = Rule("fold-constants") { plan, _ in
        plan.rewritten { step in
            switch step {
            case .filter(let condition, let input):
                let folded = condition.folded.simplified
                // A stream's filter also drops records without a value, so it stays even if it is always true.
                return folded == condition ? nil : .filter(folded, input)
            case .project(let projection, let input):
                let folded = LogicalPlan.Projection(key: fold(projection.key), values: fold(projection.values))
                return folded == projection ? nil : .project(folded, input)
            case .flatMap(var calls, let input):
                let arguments = calls.map(\.arguments)
                for index in calls.indices { calls[index].arguments = arguments[index].map(\.folded) }
                return calls.map(\.arguments) == arguments ? nil : .flatMap(calls, input)
            default:
                return nil
            }
        }
    }

    private static func fold(_ columns: [LogicalPlan.Named]) -> [LogicalPlan.Named] {
        columns.map { LogicalPlan.Named($0.name, $0.expression.folded) }
    }
}

extension Expression {
    /// A condition without parts that decide nothing.
    fileprivate var simplified: Expression {
        let yes = Expression.literal(.boolean(true), .boolean)
        let no = Expression.literal(.boolean(false), .boolean)
        switch self {
        case .and(let parts):
            let kept = parts.map(\.simplified).filter { $0 != yes }
            return kept.count > 1 ? .and(kept) : kept.first ?? yes
        case .or(let parts):
            let kept = parts.map(\.simplified).filter { $0 != no }
            return kept.count > 1 ? .or(kept) : kept.first ?? no
        default: return self
        }
    }
}
