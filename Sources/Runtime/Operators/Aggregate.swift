import Functions
import Values

/// GROUP BY: aggregates of the rows of a stream or of the current rows of a table, per key and perhaps per time window.
///
/// Output rows are the new values of the groups that changed: every change in the order of the input rows, or the last
/// change of each group and batch in the order in which the batch first touched the groups; see
/// ``TaskSettings/emitsEveryChange``. Without a window, or with a window and without ``emitsFinal``, a row's timestamp is
/// the largest one of the group's rows.
public struct Aggregate: OperatorSpec, Hashable {
    /// One aggregate function over columns of the input.
    public struct Call: Hashable, Sendable {
        /// Of the output column.
        public let name: String
        public let function: ResolvedAggregate
        /// The columns of the input that it reads, as many as the function has input types.
        public let inputs: [Int]

        public init(_ name: String, _ function: ResolvedAggregate, inputs: [Int]) {
            precondition(inputs.count == function.inputTypes.count, "a column for every argument")
            self.name = name
            self.function = function
            self.inputs = inputs
        }
    }

    public let input: Schema
    /// The columns of the input that are grouped by, in the order of the output's key.
    public let keys: [Int]
    public let calls: [Call]
    public let window: TimeWindow?
    /// True: the input is a table's changes, whose old rows are taken back; not with a window.
    public let isTable: Bool
    /// EMIT FINAL: a window's rows come once, when it closes.
    public let emitsFinal: Bool
    /// Whether keys of several columns may hold NULLs.
    ///
    /// False: a row is dropped when any column of its key is NULL. True is for grouping by the very key of the input.
    public let keepsNullsInKeys: Bool
    public let store: StoreSpec

    public init(
        input: Schema,
        keys: [Int],
        calls: [Call],
        window: TimeWindow? = nil,
        isTable: Bool = false,
        emitsFinal: Bool = false,
        keepsNullsInKeys: Bool = false,
        store: StoreSpec
    ) {
        precondition(!isTable || window == nil, "tables are not windowed")
        precondition(!emitsFinal || window != nil, "EMIT FINAL needs windows")
        self.input = input
        self.keys = keys
        self.calls = calls
        self.window = window
        self.isTable = isTable
        self.emitsFinal = emitsFinal
        self.keepsNullsInKeys = keepsNullsInKeys
        self.store = store
    }

    public var stores: [StoreSpec] { [store] }

    public var graceMilliseconds: Int64? { window?.graceMilliseconds }

    public var output: Schema {
        Schema(
            key: keys.map { input.fields[$0] },
            isWindowed: window != nil,
            values: calls.map { Schema.Field($0.name, $0.function.resultType) }
        )
    }

    public var summary: String {
        let key = keys.map { quotedIdentifier(input.fields[$0].name) }.joined(separator: ", ")
        let list = calls.map { call in
            let columns = call.inputs.map { quotedIdentifier(input.fields[$0].name) }.joined(separator: ", ")
            return "\(quotedIdentifier(call.name)) := \(call.function.name)(\(columns))"
        }
        return "Aggregate\(isTable ? " table" : "") (\(list.joined(separator: ", "))) by \(key)"
            + (window.map { " window \($0)" } ?? "") + (emitsFinal ? " emit final" : "")
    }

    public func makeOperator(_ context: TaskContext) -> any Operator {
        if window != nil { return WindowedAggregateOperator(self, context) }
        return isTable ? TableAggregateOperator(self, context) : AggregateOperator(self, context)
    }

    var keyTypes: [SQLType] { keys.map { input.fields[$0].type } }

    var layout: GroupLayout {
        GroupLayout(
            keyTypes: keyTypes,
            isWindowed: window != nil,
            accumulators: calls.map(\.function.accumulator),
            window: window
        )
    }
}

/// Windows of one size that start at multiples of the advance; tumbling when both are equal.
public struct TimeWindow: Hashable, Sendable, CustomStringConvertible {
    public let sizeMilliseconds: Int64
    public let advanceMilliseconds: Int64
    /// How long after its end (in stream time) a window still takes rows.
    public let graceMilliseconds: Int64
    /// How long after its start a window stays in the store; at least size and grace.
    public let retentionMilliseconds: Int64

    public init(
        sizeMilliseconds: Int64,
        advanceMilliseconds: Int64? = nil,
        graceMilliseconds: Int64,
        retentionMilliseconds: Int64? = nil
    ) {
        let advance = advanceMilliseconds ?? sizeMilliseconds
        precondition(sizeMilliseconds > 0 && advance > 0 && advance <= sizeMilliseconds, "windows overlap or abut")
        self.sizeMilliseconds = sizeMilliseconds
        self.advanceMilliseconds = advance
        self.graceMilliseconds = max(graceMilliseconds, 0)
        let (least, overflow) = sizeMilliseconds.addingReportingOverflow(self.graceMilliseconds)
        self.retentionMilliseconds = max(retentionMilliseconds ?? 0, overflow ? .max : least)
    }

    public var description: String {
        (advanceMilliseconds == sizeMilliseconds
            ? "tumbling (size \(sizeMilliseconds) ms"
            : "hopping (size \(sizeMilliseconds) ms, advance \(advanceMilliseconds) ms")
            + ", grace \(graceMilliseconds) ms, retention \(retentionMilliseconds) ms)"
    }
}

/// Aggregates a stream without windows.
private final class AggregateOperator: Operator {
    private let spec: Aggregate
    private let context: TaskContext
    private let states: AggregateStates
    private let rowList = Scratch<Int32>()
    private let slots = Scratch<UInt32>()
    private let records = Scratch<UnsafeMutableRawPointer>()

    init(_ spec: Aggregate, _ context: TaskContext) {
        self.spec = spec
        self.context = context
        states = AggregateStates(spec, context)
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        let keyColumns = spec.keys.map { batch.columns[$0] }
        let rows = rowList.reserve(batch.count)
        let count = states.selectRows(batch, keyColumns, into: rows)
        guard count > 0 else { return }
        let keys = KeyEncoder.encode(keyColumns, count: batch.count)
        let groups = states.groups
        groups.assign(keys, rows, count)
        let slots = slots.reserve(groups.count)
        try states.cache.find(
            KeyRequests(
                count: groups.count,
                keys: keys,
                rows: groups.firstRows,
                hashes: groups.hashes,
                windows: nil
            ),
            into: slots
        )
        let records = records.reserve(max(count, groups.count))
        let (slab, stride, groupOfRow) = (states.cache.slab, states.layout.stride, groups.groupOfRow)
        for index in 0..<count {
            records[index] = slab + Int(slots[Int(groupOfRow[index])]) &* stride
        }
        for group in 0..<groups.count { states.cache.change(slots[group]) }
        let inputs = states.prepare(batch.columns)
        let run = RecordRun(count: count, records: records, rows: rows)
        if context.settings.emitsEveryChange {
            emit(states.updateEach(run, inputs, batch.timestamps), rows, count, batch, output)
        } else {
            states.update(run, inputs, batch.timestamps)
            for group in 0..<groups.count { records[group] = slab + Int(slots[group]) &* stride }
            let touched = RecordRun(count: groups.count, records: records, rows: groups.firstRows)
            emit(states.results(touched), groups.firstRows, groups.count, batch, output)
        }
    }

    private func emit(
        _ results: AggregateResults,
        _ rows: UnsafePointer<Int32>,
        _ count: Int,
        _ batch: Batch,
        _ output: Emitter
    ) {
        context.metrics.rowsOut.add(count)
        output.emit(
            Batch(
                schema: states.output,
                count: count,
                columns: spec.keys.map { batch.columns[$0].gather(rows, count: count) } + results.columns,
                timestamps: results.timestamps,
                headers: batch.headers?.gather(rows, count: count)
            )
        )
    }

    func flush(into changes: inout [StateChange]) throws {
        if let change = try states.cache.flush() { changes.append(change) }
        context.metrics.stateBytes.set(Int64(states.cache.bytes))
    }

    func committed() { states.cache.committed() }

    var wantsCommit: Bool { states.cache.wantsFlush }
}
