import Parser
import Runtime
import Values

/// Turns a plan into the topology that carries it out.
struct Lowering {
    /// The id of the query, which the names of its internal topics begin with.
    let query: String
    let settings: PlannerSettings
    let context: RuleContext
    private(set) var subtopologies: [Subtopology] = []
    private(set) var internalTopics: [InternalTopic] = []
    private var named = 0

    init(query: String, settings: PlannerSettings, context: RuleContext) {
        self.query = query
        self.settings = settings
        self.context = context
    }

    /// What the reader of a table's changes needs of them.
    enum Need {
        /// New rows and deletions.
        case changes
        /// The rows stand in a state, for pull queries.
        case state
        /// Each change comes with the row that it replaces.
        case oldRows
    }

    /// The topology of a plan whose rows end in `sink`.
    /// - Parameter keepsRows: whether a table's rows stand in a state.
    static func topology(
        _ plan: LogicalPlan,
        query: String,
        settings: PlannerSettings,
        context: RuleContext,
        keepsRows: Bool,
        sink: ((Schema) -> any OperatorSpec)?
    ) throws(PlanError) -> Topology {
        var lowering = Lowering(query: query, settings: settings, context: context)
        var fragment = try lowering.lower(plan, keepsRows ? .state : .changes)
        if let sink { fragment.append(sink(plan.output)) }
        return Topology(
            subtopologies: lowering.subtopologies + [fragment.subtopology],
            internalTopics: lowering.internalTopics
        )
    }

    /// The operators of a plan; what lies above a repartition becomes a subtopology of its own.
    mutating func lower(_ plan: LogicalPlan, _ need: Need) throws(PlanError) -> Fragment {
        switch plan {
        case .scan(let scan): return lower(scan, need)
        case .filter(let condition, let input): return try filter(condition, input)
        case .project(let projection, let input):
            var fragment = try lower(input, need)
            fragment.append(Lowering.operator(projection, input.output, plan.output))
            return fragment
        case .flatMap(let calls, let input):
            var fragment = try lower(input, need)
            fragment.append(
                FlatMap(
                    calls.map { FlatMap.Call($0.name, $0.function, $0.arguments, resultType: $0.resultType) },
                    input: input.output
                )
            )
            return fragment
        case .repartition(let input): return try repartition(input, need)
        case .aggregate(let aggregation, let input):
            var fragment = try aggregate(aggregation, input)
            if need == .oldRows {
                fragment.append(TableSource(input: plan.output, store: storeName("table")))
            }
            return fragment
        case .join(let join, let left, let right):
            var fragment = try self.join(join, left, right, plan.output)
            if plan.kind == .table, need != .changes {
                fragment.append(TableSource(input: plan.output, store: storeName("table")))
            }
            return fragment
        }
    }

    /// A filter; above a table it deletes rows that no longer pass, for which it must know that they did.
    private mutating func filter(_ condition: Expression, _ input: LogicalPlan) throws(PlanError) -> Fragment {
        let isTable = input.kind == .table && !input.isFinal
        var fragment = try lower(input, isTable ? .oldRows : .changes)
        fragment.append(Filter(condition, input: input.output, isTable: isTable))
        return fragment
    }

    /// The operator of a projection; window bounds are taken over.
    static func `operator`(_ projection: LogicalPlan.Projection, _ input: Schema, _ output: Schema) -> Project {
        let bounds = input.isWindowed ? [input.column(input.keyCount), input.column(input.keyCount + 1)] : []
        return Project(
            projection.key.map(\.expression) + bounds + projection.values.map(\.expression),
            output: output,
            inputKeyCount: input.keyCount
        )
    }

    /// A store name that no other store of the query has, the same whenever the statement is planned.
    mutating func storeName(_ purpose: String) -> StoreSpec {
        named += 1
        return StoreSpec(name: "\(purpose)-\(named)")
    }

    mutating func complete(_ fragment: Fragment) { subtopologies.append(fragment.subtopology) }

    mutating func add(_ topic: InternalTopic) { internalTopics.append(topic) }
}

extension LogicalPlan {
    /// True when each row comes once and never changes: EMIT FINAL.
    fileprivate var isFinal: Bool {
        switch self {
        case .aggregate(let aggregation, _): aggregation.isFinal
        case .filter(_, let input), .project(_, let input), .flatMap(_, let input): input.isFinal
        case .scan, .repartition, .join: false
        }
    }
}

extension LogicalPlan.Scan {
    /// How a task reads the rows.
    func spec(readsHeaders: Bool = false) -> SourceSpec {
        let output = output
        var time = SourceSpec.TimestampSource.record
        if let column = source.timestamp, let index = output.index(of: column.name) {
            time = .column(index, pattern: column.pattern)
        }
        return SourceSpec(
            topic: source.topic,
            payload: .records(source.layout(wanted: wanted, pseudoColumns: pseudoColumns.map(\.column))),
            output: output,
            timestamp: time,
            readsHeaders: readsHeaders,
            isTable: source.kind == .table
        )
    }
}
