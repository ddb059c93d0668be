import Functions
import Values

/// Records with the input rows that go to them, in order.
struct RecordRun {
    let count: Int
    let records: UnsafeMutablePointer<UnsafeMutableRawPointer>
    let rows: UnsafePointer<Int32>

    /// Part of the run.
    func part(_ range: Range<Int>) -> RecordRun {
        RecordRun(count: range.count, records: records + range.lowerBound, rows: rows + range.lowerBound)
    }
}

/// The values of some records.
struct AggregateResults {
    let columns: [Column]
    let timestamps: Column
}

/// The groups of an ``Aggregate`` in one task: finding them, and applying rows to them.
final class AggregateStates {
    let rows: AggregateRows
    let cache: GroupCache
    let groups: RowGroups
    private let spec: Aggregate
    private let context: TaskContext
    private var lastMark: UInt32 = 0

    init(_ spec: Aggregate, _ context: TaskContext) {
        self.spec = spec
        self.context = context
        rows = AggregateRows(spec)
        cache = GroupCache(
            layout: rows.layout,
            store: context.store(spec.store.name),
            database: context.database,
            bytesMax: context.settings.cacheBytesMax
        )
        groups = RowGroups(rows.layout)
    }

    var layout: GroupLayout { rows.layout }
    var output: Schema { rows.output }

    /// The rows that count: not deleted (in a stream: without a value), and with a key.
    ///
    /// Others are counted as dropped, those without a key are also said in the processing log.
    func selectRows(_ batch: Batch, _ keys: [Column], into rows: UnsafeMutablePointer<Int32>) -> Int {
        let deleted = batch.deleted?.base.assumingMemoryBound(to: UInt8.self)
        var count = 0
        guard deleted != nil || keys.contains(where: { $0.validity != nil }) else {
            for row in 0..<batch.count { rows[row] = Int32(truncatingIfNeeded: row) }
            return batch.count
        }
        let mustHold = mask(keys, count: batch.count)
        let words = mustHold?.base.assumingMemoryBound(to: UInt64.self)
        var ungrouped = UngroupedRows()
        for row in 0..<batch.count {
            if let deleted, deleted[row] != 0 { continue }
            if let words, !Bitmap.get(words, row) {
                ungrouped.add(row)
                continue
            }
            rows[count] = Int32(truncatingIfNeeded: row)
            count += 1
        }
        context.metrics.dropped.add(batch.count - count)
        report(ungrouped, batch, keys)
        return count
    }

    /// Says which rows have no key.
    func report(_ ungrouped: UngroupedRows, _ batch: Batch, _ keys: [Column]) {
        ungrouped.report(batch, keys, spec.keys.map { spec.input.fields[$0] }, context)
    }

    /// Set bits for the rows that have a key; nil when all have one.
    func mask(_ keys: [Column], count: Int) -> Buffer? {
        if spec.keepsNullsInKeys, keys.count > 1 { return nil }
        return keys.reduce(nil) { Bitmap.and($0, $1.validity, count: count) }
    }

    /// The inputs of each function, in its own form.
    func prepare(_ columns: [Column]) -> [[Column]] { rows.prepare(columns) }

    /// A number that no record's mark has.
    func newMark() -> UInt32 {
        lastMark &+= 1
        if lastMark == 0 {
            for slot in 0..<cache.highWater { cache.record(slot).groupMark = 0 }
            lastMark = 1
        }
        return lastMark
    }

    /// Adds rows to their records.
    func update(_ run: RecordRun, _ inputs: [[Column]], _ timestamps: Column) {
        raiseTimestamps(run, timestamps)
        rows.update(run, inputs, cache.outside)
    }

    /// Takes rows back from their records.
    func undo(_ run: RecordRun, _ inputs: [[Column]], _ timestamps: Column) {
        raiseTimestamps(run, timestamps)
        rows.undo(run, inputs, cache.outside)
    }

    /// Adds rows to their records and gives the values after each.
    func updateEach(_ run: RecordRun, _ inputs: [[Column]], _ timestamps: Column) -> AggregateResults {
        var parts: [AggregateResults] = []
        var start = 0
        var mark = newMark()
        for index in 0..<run.count {
            // The values after a row can be read later as long as no other row has changed them.
            if run.records[index].groupMark == mark {
                let part = run.part(start..<index)
                update(part, inputs, timestamps)
                parts.append(results(part))
                start = index
                mark = newMark()
            }
            run.records[index].groupMark = mark
        }
        let last = run.part(start..<run.count)
        update(last, inputs, timestamps)
        parts.append(results(last))
        return AggregateResults.concatenated(parts)
    }

    /// The values of records.
    func results(_ run: RecordRun) -> AggregateResults { rows.results(run) }

    private func raiseTimestamps(_ run: RecordRun, _ timestamps: Column) {
        let times = timestamps.values(as: Int64.self)
        for index in 0..<run.count {
            let record = run.records[index]
            let time = times[Int(run.rows[index])]
            if time > record.groupTimestamp { record.groupTimestamp = time }
        }
    }
}

extension AggregateResults {
    /// The results one after the other.
    static func concatenated(_ parts: [AggregateResults]) -> AggregateResults {
        if parts.count == 1 { return parts[0] }
        return AggregateResults(
            columns: parts[0].columns.indices.map { column in Column.concatenated(parts.map { $0.columns[column] }) },
            timestamps: Column.concatenated(parts.map(\.timestamps))
        )
    }
}

extension Int64 {
    /// The sum, or the largest number when there is none so large.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }

    /// The difference, or the least number when there is none so small.
    func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}
