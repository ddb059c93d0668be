import Values

/// Collects the rows that a batch makes a stream-stream join emit.
final class JoinWork {
    /// The side that the batch belongs to.
    let input: Int
    /// Rows of the other side that come out, matched or not.
    let matches = JoinMatches()
    /// Rows of the batch's own side that come out without a match, though they are not in the batch.
    let unmatched = JoinMatches()
    private let spec: StreamStreamJoin
    private let batch: Batch
    private let keyColumns: [Column]
    // For each output row: the rows of the batch, or behind them of `unmatched`; of `matches`; of the batch's keys, or behind
    // them of `unmatchedKeys`. -1 is none.
    private var own: [Int32] = []
    private var others: [Int32] = []
    private var keys: [Int32] = []
    private var times: [Int64] = []
    private var unmatchedKeys = ColumnBuilder(.bytes)

    init(_ spec: StreamStreamJoin, _ batch: Batch, _ keyColumns: [Column], _ input: Int) {
        self.spec = spec
        self.batch = batch
        self.keyColumns = keyColumns
        self.input = input
    }

    var count: Int { times.count }

    /// Adds a row of the batch with a match, or without one (-1).
    func add(_ row: Int, match: Int, _ time: Int64) {
        own.append(Int32(truncatingIfNeeded: row))
        others.append(Int32(truncatingIfNeeded: match))
        keys.append(Int32(truncatingIfNeeded: row))
        times.append(time)
    }

    /// Adds a row that has waited in vain: number `index` of ``unmatched`` or ``matches``, by its side.
    func addUnmatched(_ index: Int, _ side: Int, _ due: WaitingRows.Due) {
        own.append(side == input ? Int32(batch.count + index) : -1)
        others.append(side == input ? -1 : Int32(index))
        keys.append(Int32(batch.count + unmatchedKeys.count))
        times.append(due.time)
        due.key.withUnsafeBytes { unmatchedKeys.append(bytes: $0) }
    }

    /// Hands over the rows; nil when there are none.
    func take() -> Batch? {
        guard count > 0 else { return nil }
        let schemas = (spec.side(input), spec.side(1 - input))
        var ownColumns = Array(batch.columns[schemas.0.valueStart...])
        if unmatched.count > 0 {
            ownColumns = zip(ownColumns, unmatched.take(schemas.0.values.map(\.type))).map {
                Column.concatenated([$0, $1])
            }
        }
        let otherColumns = matches.take(schemas.1.values.map(\.type))
        let values = [gather(ownColumns, own), gather(otherColumns, others)]
        let result = Batch(
            schema: spec.output,
            count: count,
            columns: gather(allKeys(), keys) + values[input] + values[1 - input],
            timestamps: Column.of(times),
            headers: headers()
        )
        own.removeAll(keepingCapacity: true)
        others.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        return result
    }

    /// The headers of the batch's rows; rows that have waited have none.
    private func headers() -> Column? {
        guard let headers = batch.headers else { return nil }
        let none = Column.constant(headersType, .array([]), count: 1)
        let rows = own.map { $0 < 0 || $0 >= batch.count ? Int32(batch.count) : $0 }
        return gather([Column.concatenated([headers, none])], rows)[0]
    }

    private func allKeys() -> [Column] {
        guard unmatchedKeys.count > 0 else { return keyColumns }
        let decoded = KeyDecoder.decode(unmatchedKeys.finish(), types: keyColumns.map(\.type))
        unmatchedKeys = ColumnBuilder(.bytes)
        return zip(keyColumns, decoded).map { Column.concatenated([$0, $1]) }
    }

    private func gather(_ columns: [Column], _ rows: [Int32]) -> [Column] {
        rows.withUnsafeBufferPointer { list in
            guard let base = list.baseAddress else { return columns }
            let hasMissing = list.contains(-1)
            return columns.map { $0.gather(base, count: list.count, mayBeMissing: hasMissing) }
        }
    }
}

extension Column {
    /// A BIGINT column of numbers.
    static func of(_ numbers: [Int64]) -> Column {
        Column(type: .bigint, count: numbers.count, data: Buffer(copying: numbers))
    }
}

extension Buffer {
    /// The bytes of numbers.
    convenience init<T: BitwiseCopyable>(copying numbers: [T]) {
        self.init(capacity: numbers.count * MemoryLayout<T>.stride)
        numbers.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { base.copyMemory(from: start, byteCount: bytes.count) }
        }
    }
}
