import Runtime

extension Rule {
    /// Makes one filter of two that follow each other.
    static let mergeFilters = Rule("merge-filters") { plan, _ in
        plan.rewritten { step in
            guard case .filter(let later, .filter(let earlier, let input)) = step else { return nil }
            return .filter(.and(earlier.conjuncts + later.conjuncts), input)
        }
    }
}

extension Expression {
    /// The conditions that all must hold.
    var conjuncts: [Expression] {
        guard case .and(let parts) = self else { return [self] }
        return parts.flatMap(\.conjuncts)
    }

    /// The condition that all of them hold; nil for none.
    static func all(_ conditions: [Expression]) -> Expression? {
        conditions.count > 1 ? .and(conditions) : conditions.first
    }
}
