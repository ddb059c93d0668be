import Parser
import Runtime
import Values

extension QueryAnalyzer {
    /// - Throws: for sources that cannot be joined, whatever the condition is.
    func checkSources(_ join: JoinClause, _ left: Rows, _ right: Rows) throws(PlanError) {
        let kinds = (left.plan.kind, right.plan.kind)
        if kinds == (.table, .stream) {
            throw PlanError(
                SQLState.wrongKind,
                "a table cannot be joined with a stream",
                at: join.position,
                hint: "write the stream first: FROM stream JOIN table"
            )
        }
        if kinds == (.stream, .stream), join.within == nil {
            throw PlanError(
                SQLState.syntax,
                "a stream-stream join needs WITHIN: how far apart in time two rows may be",
                at: join.position,
                hint: "e.g. JOIN \(quotedIdentifier(join.source.name.text)) WITHIN 1 HOUR ON …"
            )
        }
        if kinds != (.stream, .stream), let within = join.within {
            throw PlanError(
                SQLState.syntax,
                "only a stream-stream join has WITHIN: the rows of a table are not events",
                at: within.position,
                hint: "leave WITHIN out"
            )
        }
        if kinds == (.stream, .table), join.kind != .inner, join.kind != .left {
            throw PlanError(
                SQLState.wrongKind,
                "a stream-table join can be INNER or LEFT, not \(join.kind.rawValue)",
                at: join.position,
                hint: "LEFT JOIN keeps the stream's rows that find none; only they are events"
            )
        }
        try checkWindows(join, left, right)
    }

    private func checkWindows(_ join: JoinClause, _ left: Rows, _ right: Rows) throws(PlanError) {
        let windows = (left.sources[0].window, right.sources[0].window)
        switch windows {
        case (nil, nil): return
        case (let a?, let b?):
            guard (a == .session) == (b == .session) else {
                throw PlanError(
                    SQLState.wrongKind,
                    "a source with SESSION windows cannot be joined with one with other windows",
                    at: join.position,
                    hint: "make both with WINDOW SESSION, or neither"
                )
            }
        default:
            throw PlanError(
                SQLState.wrongKind,
                "a windowed source cannot be joined with one without windows",
                at: join.position,
                detail: "\(quotedIdentifier((windows.0 == nil ? right : left).sources[0].name)) has windows",
                hint: "join first and aggregate in the WINDOW then"
            )
        }
    }

    /// What kind of join it is, by its sources and its condition.
    func kind(of join: JoinClause, _ left: Rows, _ right: Rows, _ condition: JoinCondition, isFirst: Bool)
        throws(PlanError) -> LogicalPlan.Join.Kind
    {
        try checkTypes(condition, join)
        if left.plan.output.isWindowed { try checkWindowedKeys(condition, left, right, join) }
        guard right.plan.kind == .table else { return .streamStream }
        try checkTableKey(condition, right, join, isStream: left.plan.kind == .stream)
        guard left.plan.kind == .table else { return .streamTable }
        let key = left.plan.output
        let standsForKey =
            key.keyCount == 1
            && (left.joinKey?.sides.contains { $0.expression == condition.left }
                ?? (condition.left == left.keyColumns[0]))
        if standsForKey { return .tableTable }
        guard isFirst else {
            throw PlanError(
                SQLState.invalidColumnReference,
                "a foreign key can only be joined in the first step of several joins",
                at: join.condition.position,
                hint: "join \(quotedIdentifier(join.source.name.text)) first, or make a table of the joins before it"
            )
        }
        guard join.kind == .inner || join.kind == .left else {
            throw PlanError(
                SQLState.wrongKind,
                "a join on a foreign key can be INNER or LEFT, not \(join.kind.rawValue)",
                at: join.position,
                hint: "the foreign key is \(condition.leftText); a join on both primary keys can be FULL"
            )
        }
        return .foreignKey
    }

    private func checkTypes(_ condition: JoinCondition, _ join: JoinClause) throws(PlanError) {
        guard condition.left.type == condition.right.type else {
            throw PlanError(
                SQLState.typeMismatch,
                "the sides of a join must have the same type, but \(condition.leftText) is \(condition.left.type) "
                    + "and \(condition.rightText) is \(condition.right.type)",
                at: join.condition.position,
                hint: "CAST(\(condition.leftText) AS \(condition.right.type)) converts"
            )
        }
        try checkKey(condition.left, "ON", at: join.condition.position)
    }

    private func checkTableKey(_ condition: JoinCondition, _ right: Rows, _ join: JoinClause, isStream: Bool)
        throws(PlanError)
    {
        let source = right.sources[0]
        let key = source.keyFields
        guard key.count == 1, condition.right == right.plan.output.column(0) else {
            throw PlanError(
                SQLState.invalidColumnReference,
                "a \(isStream ? "stream" : "table") is joined with a table on the right table's primary key"
                    + (key.count > 1 ? ", which must be a single column" : ""),
                at: join.condition.position,
                hint: key.count == 1
                    ? "write ON … = \(quotedIdentifier(right.scope.sources[0].name)).\(quotedIdentifier(key[0].name))"
                    : nil
            )
        }
    }

    /// - Throws: when rows would have to change their partition, which windowed keys cannot.
    private func checkWindowedKeys(_ condition: JoinCondition, _ left: Rows, _ right: Rows, _ join: JoinClause)
        throws(PlanError)
    {
        let (a, b) = (left.sources[0], right.sources[0])
        let output = left.plan.output
        let isLeftKey = output.keyCount == 1 && condition.left == output.column(output.valueStart)
        let isRightKey = b.keyFields.count == 1 && condition.right == right.plan.output.column(0)
        guard isLeftKey, isRightKey, a.keyFormat == b.keyFormat, a.window == b.window else {
            throw PlanError(
                SQLState.wrongKind,
                "windowed sources are joined on their keys, with equal windows and key formats",
                at: join.condition.position,
                detail: "rows of windowed sources cannot change their partition"
            )
        }
    }
}
