import Values

/// The second step of a foreign-key join, in the partition of the right table's key: answers requests (input 0), and
/// tells changes of the right table (input 1) to all left rows that name the key.
///
/// It keeps the rows of the right table, and those of the left one by foreign key and key.
public struct ForeignKeyJoin: OperatorSpec, Hashable {
    /// The columns of the left table.
    public let left: Schema
    public let right: Schema
    /// The columns of ``ForeignKeyRequests``.
    public let requests: Schema
    /// True: rows without a match are kept, LEFT; false: INNER.
    public let keepsUnmatched: Bool
    /// The columns of the joined rows: all of the left side, all of the right side, the right row's ROWTIME (BIGINT) where
    /// it is asked for.
    public let joined: Schema
    public let hasRightTime: Bool
    public let leftStore: StoreSpec
    public let rightStore: StoreSpec

    public init(
        left: Schema,
        right: Schema,
        requests: Schema,
        keepsUnmatched: Bool,
        joined: Schema,
        hasRightTime: Bool = false,
        leftStore: StoreSpec,
        rightStore: StoreSpec
    ) {
        precondition(
            joined.fields.count == left.fields.count + right.fields.count + (hasRightTime ? 1 : 0),
            "a join's output has all columns of both sides"
        )
        self.left = left
        self.right = right
        self.requests = requests
        self.keepsUnmatched = keepsUnmatched
        self.joined = joined
        self.hasRightTime = hasRightTime
        self.leftStore = leftStore
        self.rightStore = rightStore
    }

    /// The key of the left row; the number of its change, whether the answer is a deletion, and the joined row.
    public var output: Schema {
        Schema(
            key: Array(joined.key),
            values: [Schema.Field("VERSION", .bigint), Schema.Field("DELETED", .boolean)] + joined.values
        )
    }

    public var stores: [StoreSpec] { [leftStore, rightStore] }

    public var summary: String {
        let key = right.key.map { quotedIdentifier($0.name) }.joined(separator: ", ")
        return "\(keepsUnmatched ? "LEFT" : "INNER") join tables on foreign key = \(key)"
    }

    public func makeOperator(_ context: TaskContext) -> any Operator { ForeignKeyJoinOperator(self, context) }
}

private final class ForeignKeyJoinOperator: Operator {
    private let spec: ForeignKeyJoin
    private let context: TaskContext
    private let right: TableRows
    private let left: ForeignKeyRows
    private let rowList = Scratch<Int32>()

    init(_ spec: ForeignKeyJoin, _ context: TaskContext) {
        self.spec = spec
        self.context = context
        right = TableRows(spec.right, store: context.store(spec.rightStore.name), context)
        left = ForeignKeyRows(spec, context)
    }

    func process(_ batch: Batch, input: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        if input == 0 { try answer(batch, output) } else { try tell(batch, output) }
    }

    // MARK: - Requests

    private func answer(_ batch: Batch, _ output: Emitter) throws {
        let keyCount = spec.left.valueStart
        let rows = rowList.reserve(batch.count)
        // Those without a foreign key only pass through.
        let count = selectKeyedRows([batch.columns[0]], count: batch.count, into: rows)
        try right.find(KeyEncoder.encode([batch.columns[0]], count: batch.count), rows, count)
        var matches = [Int32](repeating: -1, count: right.groups.count)
        let found = right.presentRows(&matches)
        let keys = Array(batch.columns[...keyCount])
        try left.find(KeyEncoder.encode(keys, count: batch.count), rows, count)
        let values = RowBytes.encode(Array(batch.columns[(keyCount + 3)...]), count: batch.count)
        let versions = batch.columns[keyCount + 1].values(as: Int64.self)
        let actions = batch.columns[keyCount + 2].values(as: Int32.self)
        let times = batch.timestamps.values(as: Int64.self)
        var answers = Answers()
        var next = 0
        for row in 0..<batch.count {
            var match: Int32 = -1
            var group: Int?
            if next < count, Int(rows[next]) == row {
                match = matches[Int(right.groups.groupOfRow[next])]
                group = Int(left.groups.groupOfRow[next])
                next += 1
            }
            guard let action = ForeignKeyAction(rawValue: actions[row]) else { continue }
            switch action {
            case .drop, .delete, .alone:
                if let group { left.delete(group) }
                if action != .drop { answers.add(row, -1, times[row], isDeletion: action == .delete) }
            case .join, .joinOrDelete, .joinOrAlone:
                if let group { left.put(group, values.bytes(row), version: versions[row], timestamp: times[row]) }
                if match >= 0 {
                    answers.add(
                        row,
                        match,
                        max(times[row], found.times.values(as: Int64.self)[Int(match)]),
                        isDeletion: false
                    )
                } else if action != .join {
                    answers.add(row, -1, times[row], isDeletion: action == .joinOrDelete)
                }
            }
        }
        let source = JoinedSource(
            keys: Array(batch.columns[1...keyCount]),
            versions: batch.columns[keyCount + 1],
            values: Array(batch.columns[(keyCount + 3)...]),
            foreignKey: [batch.columns[0]],
            rightValues: found.columns,
            rightTimes: found.times
        )
        emit(answers, source, output)
    }

    // MARK: - The right table

    private func tell(_ batch: Batch, _ output: Emitter) throws {
        let start = spec.right.valueStart
        let keyColumns = Array(batch.columns[..<start])
        let rows = rowList.reserve(batch.count)
        let count = selectKeyedRows(keyColumns, count: batch.count, into: rows)
        context.metrics.dropped.add(batch.count - count)
        guard count > 0 else { return }
        try right.find(KeyEncoder.encode(keyColumns, count: batch.count), rows, count)
        let encoded = RowBytes.encode(Array(batch.columns[start...]), count: batch.count)
        let times = batch.timestamps.values(as: Int64.self)
        let changes = right.changes(rows, count, every: context.settings.emitsEveryChange)
        let prefixes = left.prefixes(batch.columns[0], count: batch.count)
        let changed = left.changed()
        for index in 0..<changes.count {
            let row = Int(changes.rows[index])
            let group = Int(changes.groups[index])
            let isDeleted = batch.isDeleted(row)
            if !isDeleted {
                right.put(group, encoded.bytes(row), timestamp: times[row])
            } else if right.isPresent(group) {
                right.delete(group)
            }
            try left.scan(prefixes.bytes(row), changed, rowsMax: context.settings.batchRowsMax) { found in
                var answers = Answers()
                let match = isDeleted ? -1 : Int32(truncatingIfNeeded: row)
                for entry in 0..<found.count {
                    answers.add(entry, match, times[row], isDeletion: isDeleted && !spec.keepsUnmatched)
                }
                let keys = KeyDecoder.decode(found.keys, types: left.keyTypes)
                let source = JoinedSource(
                    keys: Array(keys[1...]),
                    versions: found.versions,
                    values: RowBytes.decode(found.rows, types: left.valueTypes),
                    foreignKey: [keys[0]],
                    rightValues: Array(batch.columns[start...]),
                    rightTimes: batch.timestamps
                )
                emit(answers, source, output)
            }
        }
    }

    // MARK: - Answers

    private func emit(_ answers: Answers, _ source: JoinedSource, _ output: Emitter) {
        let count = answers.rows.count
        guard count > 0 else { return }
        let lefts = gather(source.keys + [source.versions], answers.rows)
        let hasRight = Bitmap.buffer(count, allSet: true)
        let words = hasRight.base.assumingMemoryBound(to: UInt64.self)
        for (row, match) in answers.matches.enumerated() where match < 0 { Bitmap.clear(words, row) }
        let rightKeys = gather(source.foreignKey, answers.rows).map { $0.masked(by: hasRight) }
        let flags = Column(type: .boolean, count: count, data: Buffer(copying: answers.deletions))
        let times = spec.hasRightTime ? gather([source.rightTimes], answers.matches).map { $0.retyped(.bigint) } : []
        context.metrics.rowsOut.add(count)
        output.emit(
            Batch(
                schema: spec.output,
                count: count,
                columns: lefts + [flags] + gather(source.values, answers.rows) + rightKeys
                    + gather(source.rightValues, answers.matches) + times,
                timestamps: Column.of(answers.times)
            )
        )
    }

    private func gather(_ columns: [Column], _ rows: [Int32]) -> [Column] {
        rows.withUnsafeBufferPointer { list in
            guard let base = list.baseAddress else { return columns }
            let hasMissing = list.contains(-1)
            return columns.map { $0.gather(base, count: list.count, mayBeMissing: hasMissing) }
        }
    }

    func flush(into changes: inout [StateChange]) throws {
        for cache in [left.cache, right.cache] {
            if let change = try cache.flush() { changes.append(change) }
        }
        context.metrics.stateBytes.set(Int64(left.cache.bytes + right.cache.bytes))
    }

    func committed() {
        left.cache.committed()
        right.cache.committed()
    }

    var wantsCommit: Bool { left.cache.wantsFlush || right.cache.wantsFlush }
}

/// The columns that answers are made of.
private struct JoinedSource {
    /// Of the left rows.
    let keys: [Column]
    let versions: Column
    let values: [Column]
    let foreignKey: [Column]
    /// Of the right rows.
    let rightValues: [Column]
    let rightTimes: Column
}

/// For each answer the left row, the right row or -1, and what else it says.
private struct Answers {
    private(set) var rows: [Int32] = []
    private(set) var matches: [Int32] = []
    private(set) var times: [Int64] = []
    private(set) var deletions: [UInt8] = []

    mutating func add(_ row: Int, _ match: Int32, _ time: Int64, isDeletion: Bool) {
        rows.append(Int32(truncatingIfNeeded: row))
        matches.append(match)
        times.append(time)
        deletions.append(isDeletion ? 1 : 0)
    }
}
