import Values

/// Collects the rows that a batch makes a session aggregate emit.
final class SessionOutput {
    private let rows: AggregateRows
    private let schema: Schema
    /// Input row with the key, or row of the key column, of each output row.
    private var keyRows: [Int32] = []
    private var starts: [Int64] = []
    private var ends: [Int64] = []
    /// Which result belongs to the row; -1 for a deletion.
    private var resultRows: [Int32] = []
    private var parts: [AggregateResults] = []
    /// Records whose values are to be read.
    private var waiting: [UnsafeMutableRawPointer] = []
    private var results: Int32 = 0

    init(_ rows: AggregateRows, _ schema: Schema) {
        self.rows = rows
        self.schema = schema
    }

    var count: Int { keyRows.count }

    /// Adds the deletion of a session's row.
    func delete(_ keyRow: Int32, _ bounds: SessionList.Bounds) {
        add(keyRow, bounds.start, bounds.end, -1)
    }

    /// Adds a session's row; its values are read by the next ``read()``.
    func put(_ keyRow: Int32, _ session: SessionList.Session) {
        add(keyRow, session.start, session.end, results)
        waiting.append(session.record)
        results += 1
    }

    private func add(_ keyRow: Int32, _ start: Int64, _ end: Int64, _ result: Int32) {
        keyRows.append(keyRow)
        starts.append(start)
        ends.append(end)
        resultRows.append(result)
    }

    /// Reads the values of the sessions that were put since the last call.
    func read() {
        guard !waiting.isEmpty else { return }
        let list = [Int32](repeating: 0, count: waiting.count)
        waiting.withUnsafeMutableBufferPointer { records in
            list.withUnsafeBufferPointer { list in
                guard let base = records.baseAddress, let row = list.baseAddress else { return }
                parts.append(rows.results(RecordRun(count: records.count, records: base, rows: row)))
            }
        }
        waiting.removeAll(keepingCapacity: true)
    }

    /// The rows, with keys out of the given columns; nil when there are none.
    func batch(_ keyColumns: [Column]) -> Batch? {
        read()
        guard count > 0 else { return nil }
        let values =
            parts.isEmpty
            ? schema.values.map { Column.nulls($0.type, count: 1) } : AggregateResults.concatenated(parts).columns
        let hasDeletions = resultRows.contains(-1)
        return keyRows.withUnsafeBufferPointer { keyRows in
            resultRows.withUnsafeBufferPointer { resultRows in
                guard let keyRow = keyRows.baseAddress, let resultRow = resultRows.baseAddress else { return nil }
                let bounds = [starts, ends].map { Column.of($0) }
                return Batch(
                    schema: schema,
                    count: count,
                    columns: keyColumns.map { $0.gather(keyRow, count: count) } + bounds
                        + values.map { $0.gather(resultRow, count: count, mayBeMissing: hasDeletions) },
                    timestamps: bounds[1],
                    deleted: hasDeletions ? deletions() : nil
                )
            }
        }
    }

    private func deletions() -> Buffer {
        let flags = Buffer(capacity: count)
        let out = flags.base.assumingMemoryBound(to: UInt8.self)
        for (row, result) in resultRows.enumerated() { out[row] = result < 0 ? 1 : 0 }
        return flags
    }
}
