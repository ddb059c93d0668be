import Functions
import Parser
import Runtime
import Values

/// A query as steps over rows, before anybody thinks of topics and tasks.
///
/// Expressions of a step read the columns of its input by number. The key columns of a step's rows say which rows
/// belong together; whether such rows are also in one partition is what ``repartition(_:)`` is about.
indirect enum LogicalPlan: Sendable {
    case scan(Scan)
    /// Rows for which the condition holds.
    case filter(Expression, LogicalPlan)
    case project(Projection, LogicalPlan)
    /// Each row as many times as table functions say, with their values behind the columns.
    case flatMap([TableCall], LogicalPlan)
    /// The same rows, brought together by key.
    case repartition(LogicalPlan)
    case aggregate(Aggregation, LogicalPlan)
    case join(Join, LogicalPlan, LogicalPlan)

    /// The rows of a source.
    struct Scan: Sendable {
        /// The name that the query gives it.
        let alias: String
        let source: SourceDescription
        /// The value columns that are read, by number.
        var wanted: [Int]
        /// Headers, partition and offset, behind the value columns.
        var pseudoColumns: [Pseudo]

        /// A pseudo column and its name.
        struct Pseudo: Hashable, Sendable {
            let field: Schema.Field
            let column: PseudoColumn
        }

        var output: Schema {
            Schema(
                key: source.keyFields,
                isWindowed: source.window != nil,
                values: wanted.map { source.valueFields[$0] } + pseudoColumns.map(\.field)
            )
        }
    }

    /// A column and how it is made.
    struct Named: Hashable, Sendable {
        let name: String
        let expression: Expression

        init(_ name: String, _ expression: Expression) {
            self.name = name
            self.expression = expression
        }

        var field: Schema.Field { Schema.Field(name, expression.type) }
    }

    /// New columns; the window bounds of windowed rows stay.
    struct Projection: Hashable, Sendable {
        var key: [Named]
        var values: [Named]
    }

    /// A table function over the columns of the input.
    struct TableCall: Sendable {
        /// Of the column that holds the values.
        let name: String
        let function: any TableFunction
        var arguments: [Expression]
        let resultType: SQLType

        var field: Schema.Field { Schema.Field(name, resultType) }
    }

    /// One row per key, and window if there is one.
    struct Aggregation: Sendable {
        var calls: [AggregateCall]
        let window: AggregateWindow?
        /// True when a window's only result comes once it is closed.
        let isFinal: Bool
        /// True when the input is a table, whose rows can be taken back.
        let isOverTable: Bool
    }

    /// Rows of two sides with equal keys.
    ///
    /// The columns are those of the left side, all columns of the right side (of a stream, whose columns are all among its
    /// values: the values), and its ROWTIME if it is asked for.
    struct Join: Sendable {
        let kind: Kind
        /// What becomes of rows without a match.
        let type: JoinClause.Kind
        /// The name of the right side in the query, which the names of its columns begin with.
        let rightName: String
        var hasRightTime: Bool
        /// What names a row of the right table, over the columns of the left one.
        var foreignKey: Expression?
        /// How far apart in time rows of two streams may be.
        var span: JoinSpan?
        /// Where the statement says so.
        let position: SourcePosition

        enum Kind: String, Sendable {
            case streamStream = "stream-stream"
            /// Each row of the stream meets the row that the table has at that moment.
            case streamTable = "stream-table"
            case tableTable = "table-table"
            /// A column of the left table names a row of the right one; the left key stays.
            case foreignKey = "foreign-key"
        }
    }
}

extension LogicalPlan.Join {
    /// The first column of the right side that the join has.
    func rightStart(_ right: Schema) -> Int { kind == .streamStream ? right.valueStart : 0 }

    /// What the join adds to the columns of its left side.
    fileprivate func rightFields(_ right: Schema) -> [Schema.Field] {
        right.fields[rightStart(right)...].map { Schema.Field("\(rightName)_\($0.name)", $0.type) }
            + (hasRightTime ? [Schema.Field("\(rightName)_ROWTIME", .bigint)] : [])
    }
}

extension LogicalPlan {
    /// The columns of the rows that come out.
    var output: Schema {
        switch self {
        case .scan(let scan): scan.output
        case .filter(_, let input), .repartition(let input): input.output
        case .project(let projection, let input):
            Schema(
                key: projection.key.map(\.field),
                isWindowed: input.output.isWindowed,
                values: projection.values.map(\.field)
            )
        case .flatMap(let calls, let input):
            Schema(
                key: Array(input.output.key),
                isWindowed: input.output.isWindowed,
                values: input.output.values + calls.map(\.field)
            )
        case .aggregate(let aggregation, let input):
            Schema(
                key: Array(input.output.key),
                isWindowed: aggregation.window != nil,
                values: aggregation.calls.map(\.field)
            )
        case .join(let join, let left, let right):
            Schema(
                key: Array(left.output.key),
                isWindowed: left.output.isWindowed,
                values: Array(left.output.values) + join.rightFields(right.output)
            )
        }
    }

    /// Whether the rows are events or the state of keys.
    var kind: SourceKind {
        switch self {
        case .scan(let scan): scan.source.kind
        case .filter(_, let input), .repartition(let input), .project(_, let input), .flatMap(_, let input): input.kind
        case .aggregate: .table
        case .join(_, let stream, _): stream.kind
        }
    }

    /// The steps that it reads from.
    var inputs: [LogicalPlan] {
        switch self {
        case .scan: []
        case .filter(_, let input), .repartition(let input), .project(_, let input), .flatMap(_, let input),
            .aggregate(_, let input):
            [input]
        case .join(_, let stream, let table): [stream, table]
        }
    }

    /// The same step over other inputs.
    func over(_ inputs: [LogicalPlan]) -> LogicalPlan {
        precondition(inputs.count == self.inputs.count, "as many inputs as before")
        return switch self {
        case .scan: self
        case .filter(let condition, _): .filter(condition, inputs[0])
        case .repartition: .repartition(inputs[0])
        case .project(let projection, _): .project(projection, inputs[0])
        case .flatMap(let calls, _): .flatMap(calls, inputs[0])
        case .aggregate(let aggregation, _): .aggregate(aggregation, inputs[0])
        case .join(let join, _, _): .join(join, inputs[0], inputs[1])
        }
    }

    /// The plan with every step replaced by what `rewrite` makes of it, inputs first; nil when it replaces none.
    func rewritten(_ rewrite: (LogicalPlan) -> LogicalPlan?) -> LogicalPlan? {
        var changed = false
        let inputs = inputs.map { input in
            guard let new = input.rewritten(rewrite) else { return input }
            changed = true
            return new
        }
        let step = changed ? over(inputs) : self
        if let new = rewrite(step) { return new }
        return changed ? step : nil
    }

    /// The scans from left to right.
    var scans: [Scan] {
        if case .scan(let scan) = self { return [scan] }
        return inputs.flatMap(\.scans)
    }
}
