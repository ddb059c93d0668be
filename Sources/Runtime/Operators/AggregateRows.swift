import Functions
import Values

/// Turns the records of an ``Aggregate`` into rows.
final class AggregateRows {
    let layout: GroupLayout
    let output: Schema
    let accumulators: [any Accumulator]
    private let spec: Aggregate
    private let memory: UnsafeMutablePointer<Int>

    init(_ spec: Aggregate) {
        self.spec = spec
        layout = spec.layout
        output = spec.output
        accumulators = spec.calls.map(\.function.accumulator)
        memory = .allocate(capacity: 1)
        memory.initialize(to: 0)
    }

    deinit { memory.deallocate() }

    private func slots(_ run: RecordRun, _ call: Int, _ memory: UnsafeMutablePointer<Int>) -> SlotRun {
        SlotRun(
            count: run.count,
            records: run.records,
            rows: run.rows,
            offset: layout.slotOffsets[call],
            memory: memory
        )
    }

    /// The inputs of each function, in its own form.
    func prepare(_ columns: [Column]) -> [[Column]] {
        zip(spec.calls, accumulators).map { call, accumulator in
            call.inputs.isEmpty ? [] : accumulator.prepare(call.inputs.map { columns[$0] })
        }
    }

    /// Adds rows to their records.
    func update(_ run: RecordRun, _ inputs: [[Column]], _ memory: UnsafeMutablePointer<Int>) {
        for (call, accumulator) in accumulators.enumerated() {
            accumulator.update(slots(run, call, memory), inputs[call])
        }
    }

    /// Takes rows back from their records.
    func undo(_ run: RecordRun, _ inputs: [[Column]], _ memory: UnsafeMutablePointer<Int>) {
        for (call, accumulator) in accumulators.enumerated() {
            accumulator.undo(slots(run, call, memory), inputs[call])
        }
    }

    /// Adds what the records of `sources` hold to those of `targets`.
    func merge(_ targets: RecordRun, _ sources: RecordRun, _ memory: UnsafeMutablePointer<Int>) {
        for (call, accumulator) in accumulators.enumerated() {
            accumulator.merge(slots(targets, call, memory), slots(sources, call, memory))
        }
    }

    /// The values of records.
    func results(_ run: RecordRun) -> AggregateResults {
        let times = Buffer(capacity: run.count * 8)
        let values = times.base.assumingMemoryBound(to: Int64.self)
        for index in 0..<run.count { values[index] = run.records[index].groupTimestamp }
        let columns = accumulators.indices.map { accumulators[$0].result(slots(run, $0, memory)) }
        return AggregateResults(
            columns: columns,
            timestamps: Column(type: .bigint, count: run.count, data: times)
        )
    }

    /// WINDOWSTART and WINDOWEND of records; nothing without windows.
    func windowColumns(_ run: RecordRun) -> [Column] {
        guard let size = spec.window?.sizeMilliseconds else { return [] }
        let starts = Buffer(capacity: run.count * 8)
        let ends = Buffer(capacity: run.count * 8)
        let start = starts.base.assumingMemoryBound(to: Int64.self)
        let end = ends.base.assumingMemoryBound(to: Int64.self)
        for index in 0..<run.count {
            start[index] = run.records[index].groupWindow
            end[index] = start[index].addingClamped(size)
        }
        return [starts, ends].map { Column(type: .bigint, count: run.count, data: $0) }
    }

    /// Whole rows of records, keys and windows included.
    func batches(_ records: [UnsafeMutableRawPointer], rowsMax: Int) -> [Batch] {
        var list = records
        let rows = [Int32](repeating: 0, count: min(rowsMax, records.count))
        return list.withUnsafeMutableBufferPointer { list in
            rows.withUnsafeBufferPointer { rows in
                guard let base = list.baseAddress, let row = rows.baseAddress else { return [] }
                return stride(from: 0, to: list.count, by: rowsMax).map { start in
                    batch(RecordRun(count: min(rowsMax, list.count - start), records: base + start, rows: row))
                }
            }
        }
    }

    private func batch(_ run: RecordRun) -> Batch {
        let results = results(run)
        let keys = ColumnBuilder(.bytes, capacity: run.count)
        for index in 0..<run.count { keys.append(bytes: layout.key(run.records[index])) }
        return Batch(
            schema: output,
            count: run.count,
            columns: KeyDecoder.decode(keys.finish(), types: spec.keyTypes) + windowColumns(run) + results.columns,
            timestamps: results.timestamps
        )
    }
}
