import Parser
import Runtime
import Values

extension Rule {
    /// Moves filters towards the source: below projections that only rename, below repartitions, and below a join as
    /// far as the condition is about its stream.
    static let pushFilter = Rule("push-filter") { plan, _ in
        plan.rewritten { step in
            guard case .filter(let condition, let input) = step else { return nil }
            switch input {
            case .project(let projection, let inner):
                guard let below = projection.substituted(condition, inner.output) else { return nil }
                return .project(projection, .filter(below, inner))
            case .repartition(let inner):
                return .repartition(.filter(condition, inner))
            case .join(let join, let stream, let table) where join.kind == .streamTable || join.kind == .streamStream:
                return pushed(condition, join, stream, table)
            default:
                return nil
            }
        }
    }

    /// Moves what a condition says about one stream of a join below the join, as far as that is never filled up with NULLs.
    ///
    /// Conditions about a table stay: below the join they would have to keep the table's old rows.
    private static func pushed(
        _ condition: Expression,
        _ join: LogicalPlan.Join,
        _ stream: LogicalPlan,
        _ table: LogicalPlan
    ) -> LogicalPlan? {
        let width = stream.output.fields.count
        let start = join.rightStart(table.output)
        // Rows that wait for a match are told when time goes on, which rows that do not pass do as well.
        let keepsLeft = join.type == .inner || join.type == .left && join.span?.waits != true
        let keepsRight = join.kind == .streamStream && join.type == .inner
        let isAboutLeft = { (part: Expression) in
            keepsLeft && part.isDeterministic && part.columnsRead.allSatisfy { $0 < width }
        }
        let isAboutRight = { (part: Expression) in
            keepsRight && part.isDeterministic && !part.columnsRead.isEmpty
                && part.columnsRead.allSatisfy { $0 >= width } && !isAboutLeft(part)
        }
        let parts = condition.conjuncts
        let left = Expression.all(parts.filter(isAboutLeft))
        let right = Expression.all(parts.filter(isAboutRight))?.rewritten { part in
            guard case .column(let index, _, _) = part else { return nil }
            return table.output.column(index - width + start)
        }
        guard left != nil || right != nil else { return nil }
        let joined = LogicalPlan.join(
            join,
            left.map { .filter($0, stream) } ?? stream,
            right.map { .filter($0, table) } ?? table
        )
        guard let above = Expression.all(parts.filter { !isAboutLeft($0) && !isAboutRight($0) }) else { return joined }
        return .filter(above, joined)
    }
}

extension LogicalPlan.Projection {
    /// What makes column `index` of the projection's output.
    func source(_ index: Int, _ input: Schema) -> Expression {
        if index < key.count { return key[index].expression }
        let rest = index - key.count
        guard input.isWindowed else { return values[rest].expression }
        return rest < 2 ? input.column(input.keyCount + rest) : values[rest - 2].expression
    }

    /// An expression over the output as one over the input; nil when that would compute something twice or elsewhere.
    func substituted(_ expression: Expression, _ input: Schema) -> Expression? {
        let reads = expression.columnsRead
        guard reads.allSatisfy({ source($0, input).isPlain }) else { return nil }
        return expression.rewritten { part in
            guard case .column(let index, _, _) = part else { return nil }
            return source(index, input)
        }
    }
}

extension Expression {
    /// True for what costs nothing and cannot fail: columns, ROWTIME and constants.
    var isPlain: Bool {
        switch self {
        case .column, .rowTime, .literal: true
        default: false
        }
    }
}
