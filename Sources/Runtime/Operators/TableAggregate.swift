import Functions
import Values

/// Aggregates the current rows of a table: an old row is taken back from its group, the new one added to its own.
///
/// A row of the input whose old and new groups lie in different partitions comes as two: a deletion with ``Batch/before``,
/// and a row without; see ``Repartition``.
final class TableAggregateOperator: Operator {
    private let spec: Aggregate
    private let context: TaskContext
    private let states: AggregateStates
    private let slots = Scratch<UInt32>()
    private let steps = Scratch<Int32>()
    private let records = Scratch<UnsafeMutableRawPointer>()
    private let touched = Scratch<UnsafeMutableRawPointer>()
    private let touchedSteps = Scratch<Int32>()

    init(_ spec: Aggregate, _ context: TaskContext) {
        self.spec = spec
        self.context = context
        states = AggregateStates(spec, context)
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        let isOrdered = spec.calls.contains { !$0.function.accumulator.isCommutative }
        let inOrder = isOrdered || context.settings.emitsEveryChange
        let changes = TableSteps(spec, states, batch, steps, inOrder: inOrder)
        context.metrics.dropped.add(changes.dropped)
        states.report(changes.ungrouped, batch, changes.keyColumns)
        guard changes.count > 0 else { return }
        let keys = KeyEncoder.encode(changes.keyColumns, count: changes.timestamps.count)
        let groups = states.groups
        groups.assign(keys, changes.rows, changes.count)
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
        let records = records.reserve(changes.count)
        let (slab, stride) = (states.cache.slab, states.layout.stride)
        for index in 0..<changes.count {
            records[index] = slab + Int(slots[Int(groups.groupOfRow[index])]) &* stride
        }
        for group in 0..<groups.count { states.cache.change(slots[group]) }
        let run = RecordRun(count: changes.count, records: records, rows: changes.rows)
        emit(apply(run, changes), changes, output)
    }

    /// Applies all steps and gives the rows to emit: the groups' values, and a step of each group.
    private func apply(_ run: RecordRun, _ changes: TableSteps) -> (AggregateResults, RecordRun) {
        let inputs = states.prepare(changes.columns)
        let everyChange = context.settings.emitsEveryChange
        let touched = touched.reserve(run.count)
        let touchedSteps = touchedSteps.reserve(run.count)
        var parts: [AggregateResults] = []
        var count = 0
        var index = 0
        let mark = states.newMark()
        while index < run.count {
            // A row's two steps belong together; everything else may be done at once as long as the sign stays.
            let end = everyChange ? changes.rowEnd(index) : run.count
            let first = count
            while index < end {
                let stop = changes.signEnd(index, limit: end)
                let part = run.part(index..<stop)
                if changes.isUndo(index) {
                    states.undo(part, inputs, changes.timestamps)
                } else {
                    states.update(part, inputs, changes.timestamps)
                }
                for step in index..<stop {
                    let isNew =
                        everyChange
                        ? count == first || touched[count - 1] != run.records[step]
                        : run.records[step].groupMark != mark
                    run.records[step].groupMark = mark
                    guard isNew else { continue }
                    touched[count] = run.records[step]
                    touchedSteps[count] = run.rows[step]
                    count += 1
                }
                index = stop
            }
            if everyChange {
                let range = first..<count
                parts.append(states.results(RecordRun(count: count, records: touched, rows: touchedSteps).part(range)))
            }
        }
        let all = RecordRun(count: count, records: touched, rows: touchedSteps)
        return (everyChange ? AggregateResults.concatenated(parts) : states.results(all), all)
    }

    private func emit(_ results: (AggregateResults, RecordRun), _ changes: TableSteps, _ output: Emitter) {
        let (values, run) = results
        context.metrics.rowsOut.add(run.count)
        output.emit(
            Batch(
                schema: states.output,
                count: run.count,
                columns: changes.keyColumns.map { $0.gather(run.rows, count: run.count) } + values.columns,
                timestamps: values.timestamps,
                headers: changes.headers?.gather(run.rows, count: run.count)
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

/// The rows of a batch of changes as steps: take back, add.
///
/// Old rows are numbered behind the new ones.
private struct TableSteps {
    /// Columns of the new rows followed by those of the old rows, where an aggregate or the key reads them.
    let columns: [Column]
    let keyColumns: [Column]
    let timestamps: Column
    let headers: Column?
    /// Row of each step in ``columns``.
    let rows: UnsafePointer<Int32>
    let count: Int
    /// Rows without a key on either side that they have.
    let dropped: Int
    /// The new rows among them.
    let ungrouped: UngroupedRows
    private let newRows: Int32

    /// - Parameter inOrder: false: first everything that is taken back, then everything that is added.
    init(_ spec: Aggregate, _ states: AggregateStates, _ batch: Batch, _ scratch: Scratch<Int32>, inOrder: Bool) {
        newRows = Int32(batch.count)
        let rowCount: Int
        if let before = batch.before {
            let read = Set(spec.keys + spec.calls.flatMap(\.inputs))
            columns = batch.columns.indices.map { index in
                read.contains(index)
                    ? Column.concatenated([batch.columns[index], before[index]]) : batch.columns[index]
            }
            timestamps = Column.concatenated([batch.timestamps, batch.timestamps])
            headers = batch.headers.map { Column.concatenated([$0, $0]) }
            rowCount = batch.count * 2
        } else {
            columns = batch.columns
            timestamps = batch.timestamps
            headers = batch.headers
            rowCount = batch.count
        }
        let columns = columns
        keyColumns = spec.keys.map { columns[$0] }
        let mask = states.mask(keyColumns, count: rowCount)
        let words = mask?.base.assumingMemoryBound(to: UInt64.self)
        let had = batch.hadBefore?.base.assumingMemoryBound(to: UInt8.self)
        let rows = scratch.reserve(batch.count * 2)
        var count = 0
        var dropped = 0
        var ungrouped = UngroupedRows()
        func add(_ row: Int) {
            if let words, !Bitmap.get(words, row) {
                dropped += 1
                if row < batch.count { ungrouped.add(row) }
            } else {
                rows[count] = Int32(row)
                count += 1
            }
        }
        for row in 0..<batch.count {
            if let had, had[row] != 0 { add(batch.count + row) }
            if inOrder, !batch.isDeleted(row) { add(row) }
        }
        if !inOrder {
            for row in 0..<batch.count where !batch.isDeleted(row) { add(row) }
        }
        self.rows = UnsafePointer(rows)
        self.count = count
        self.dropped = dropped
        self.ungrouped = ungrouped
    }

    func isUndo(_ step: Int) -> Bool { rows[step] >= newRows }

    /// The step behind the last one of the row.
    func rowEnd(_ step: Int) -> Int {
        step + 1 < count && rows[step + 1] == rows[step] - newRows ? step + 2 : step + 1
    }

    /// The step behind the last one that can be done together with this one.
    func signEnd(_ step: Int, limit: Int) -> Int {
        var end = step + 1
        while end < limit, isUndo(end) == isUndo(step) { end += 1 }
        return end
    }
}
