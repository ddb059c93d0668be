import Runtime

/// A change of a plan that keeps its meaning.
struct Rule: Sendable {
    /// As EXPLAIN names it.
    let name: String
    /// The changed plan; nil when there is nothing to change.
    let rewrite: @Sendable (LogicalPlan, RuleContext) -> LogicalPlan?

    init(_ name: String, _ rewrite: @escaping @Sendable (LogicalPlan, RuleContext) -> LogicalPlan?) {
        self.name = name
        self.rewrite = rewrite
    }

    /// All rules in the order in which they are tried.
    static let all: [Rule] = [
        .foldConstants, .mergeFilters, .pushFilter, .mergeProjections, .dropRepartition, .pruneColumns,
    ]
}

/// What rules know about the world.
struct RuleContext: Sendable {
    /// The partitions of the topics that the query reads.
    let partitions: [String: Int]
}

/// A plan after all rules, and which of them changed it.
struct OptimizedPlan: Sendable {
    private(set) var plan: LogicalPlan
    /// The names of the rules that fired, in order, each once.
    private(set) var fired: [String] = []

    /// Rounds after which a plan is taken as it is; two are usual.
    private static let roundsMax = 16

    init(_ plan: LogicalPlan, _ context: RuleContext, rules: [Rule] = Rule.all) {
        self.plan = plan
        for _ in 0..<OptimizedPlan.roundsMax {
            var changed = false
            for rule in rules {
                guard let better = rule.rewrite(self.plan, context) else { continue }
                self.plan = better
                changed = true
                if !fired.contains(rule.name) { fired.append(rule.name) }
            }
            if !changed { break }
        }
    }

    /// The plan and the rules as text.
    var text: String { "\(plan)" + (fired.isEmpty ? "" : "\nRules: " + fired.joined(separator: ", ")) }
}
