import Functions
import Values

/// Joins the rows of two tables (inputs 0 and 1) that have equal keys.
///
/// The join keeps both tables itself. A change on either side makes a change of the result, with the later one of both
/// rows' timestamps: the joined row, or a deletion where it is no more. When not every change is wanted, each key comes
/// once per batch.
public struct TableTableJoin: OperatorSpec, Hashable {
    public enum Kind: String, Hashable, Sendable {
        case inner = "INNER"
        case left = "LEFT"
        case right = "RIGHT"
        case full = "FULL"

        /// True when rows of that input are kept without a match.
        func keeps(_ input: Int) -> Bool { self == .full || self == (input == 0 ? .left : .right) }
    }

    public let kind: Kind
    /// The columns of the sides; those in front of ``Schema/valueStart`` are the key.
    public let left: Schema
    public let right: Schema
    /// All columns of the left side, all columns of the right side, and the right row's ROWTIME (BIGINT) where it is
    /// asked for.
    ///
    /// The key is that of either side, the right side's own key columns are NULL where it has no row.
    public let output: Schema
    public let hasRightTime: Bool
    public let leftStore: StoreSpec
    public let rightStore: StoreSpec

    /// - Parameter output: names the output's columns, see ``output``.
    public init(
        _ kind: Kind,
        left: Schema,
        right: Schema,
        output: Schema,
        hasRightTime: Bool = false,
        leftStore: StoreSpec,
        rightStore: StoreSpec
    ) {
        precondition(
            left.fields[..<left.valueStart].map(\.type) == right.fields[..<right.valueStart].map(\.type),
            "the sides have keys of equal types"
        )
        precondition(
            output.fields.count == left.fields.count + right.fields.count + (hasRightTime ? 1 : 0),
            "a join's output has all columns of both sides"
        )
        self.kind = kind
        self.left = left
        self.right = right
        self.output = output
        self.hasRightTime = hasRightTime
        self.leftStore = leftStore
        self.rightStore = rightStore
    }

    public var stores: [StoreSpec] { [leftStore, rightStore] }

    public var summary: String {
        let keys = [left, right].map { $0.key.map { quotedIdentifier($0.name) }.joined(separator: ", ") }
        return "\(kind.rawValue) join tables on \(keys[0]) = \(keys[1])"
    }

    public func makeOperator(_ context: TaskContext) -> any Operator { TableTableJoinOperator(self, context) }
}

private final class TableTableJoinOperator: Operator {
    private let spec: TableTableJoin
    private let context: TaskContext
    private let tables: [TableRows]
    private let rowList = Scratch<Int32>()

    init(_ spec: TableTableJoin, _ context: TaskContext) {
        self.spec = spec
        self.context = context
        tables = [(spec.left, spec.leftStore), (spec.right, spec.rightStore)].map { schema, store in
            TableRows(schema, store: context.store(store.name), context)
        }
    }

    func process(_ batch: Batch, input: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        let schema = input == 0 ? spec.left : spec.right
        let keyColumns = Array(batch.columns[..<schema.valueStart])
        let rows = rowList.reserve(batch.count)
        let count = selectKeyedRows(keyColumns, count: batch.count, into: rows)
        context.metrics.dropped.add(batch.count - count)
        guard count > 0 else { return }
        let keys = KeyEncoder.encode(keyColumns, count: batch.count)
        // Both number the groups in the same way.
        for table in tables { try table.find(keys, rows, count) }
        let encoded = RowBytes.encode(Array(batch.columns[schema.valueStart...]), count: batch.count)
        let changes = tables[input].changes(rows, count, every: context.settings.emitsEveryChange)
        let result = JoinedChanges(spec, tables[1 - input], batch, input)
        let times = batch.timestamps.values(as: Int64.self)
        for index in 0..<changes.count {
            let row = Int(changes.rows[index])
            let group = Int(changes.groups[index])
            let had = tables[input].isPresent(group)
            if !batch.isDeleted(row) {
                tables[input].put(group, encoded.bytes(row), timestamp: times[row])
            } else if had {
                tables[input].delete(group)
            }
            result.add(row, group, time: times[row], had: had)
        }
        guard let joined = result.finish() else { return }
        context.metrics.rowsOut.add(joined.count)
        output.emit(joined)
    }

    func flush(into changes: inout [StateChange]) throws {
        for table in tables {
            if let change = try table.cache.flush() { changes.append(change) }
        }
        context.metrics.stateBytes.set(Int64(tables.reduce(0) { $0 + $1.cache.bytes }))
    }

    func committed() { for table in tables { table.cache.committed() } }

    var wantsCommit: Bool { tables.contains { $0.cache.wantsFlush } }
}

/// What the changes of one side do to the joined rows.
private final class JoinedChanges {
    private let spec: TableTableJoin
    private let other: TableRows
    private let batch: Batch
    private let input: Int
    /// The rows of the other side, one a group that has one; -1 for the other groups.
    private var matches: [Int32]
    private let found: (columns: [Column], times: Column)
    // For each output row: the row of the batch; the same or -1 where the side has no row now; the other side's or -1.
    private var rows: [Int32] = []
    private var own: [Int32] = []
    private var others: [Int32] = []
    private var times: [Int64] = []
    private var deleted: [UInt8] = []

    init(_ spec: TableTableJoin, _ other: TableRows, _ batch: Batch, _ input: Int) {
        self.spec = spec
        self.other = other
        self.batch = batch
        self.input = input
        matches = [Int32](repeating: -1, count: other.groups.count)
        found = other.presentRows(&matches)
    }

    /// Adds the change of a row, if it changes the result.
    /// - Parameter had: whether its side had a row before.
    func add(_ row: Int, _ group: Int, time: Int64, had: Bool) {
        let isPresent = !batch.isDeleted(row)
        let match = matches[group]
        if match < 0 {
            // Nothing was there and nothing comes.
            guard spec.kind.keeps(input), isPresent || had else { return }
        }
        let isJoined =
            (isPresent && (match >= 0 || spec.kind.keeps(input))) || (match >= 0 && spec.kind.keeps(1 - input))
        rows.append(Int32(truncatingIfNeeded: row))
        own.append(isJoined && isPresent ? Int32(truncatingIfNeeded: row) : -1)
        others.append(isJoined ? match : -1)
        times.append(match < 0 ? time : max(time, other.timestamp(group)))
        deleted.append(isJoined ? 0 : 1)
    }

    /// The changes; nil when there are none.
    func finish() -> Batch? {
        guard !rows.isEmpty else { return nil }
        let count = rows.count
        let valueStart = (input == 0 ? spec.left : spec.right).valueStart
        let keys = gather(Array(batch.columns[..<valueStart]), rows)
        let ownValues = gather(Array(batch.columns[valueStart...]), own)
        let otherValues = gather(found.columns, others)
        let present = input == 0 ? others : own
        let rightKeys = keys.map { $0.masked(by: validity(present)) }
        let rightTimes = input == 0 ? gather([found.times], others) : gather([batch.timestamps], own)
        let columns =
            keys + (input == 0 ? ownValues : otherValues) + rightKeys + (input == 0 ? otherValues : ownValues)
            + (spec.hasRightTime ? rightTimes.map { $0.retyped(.bigint) } : [])
        return Batch(
            schema: spec.output,
            count: count,
            columns: columns,
            timestamps: Column.of(times),
            deleted: deleted.contains(1) ? Buffer(copying: deleted) : nil,
            headers: batch.headers.map { gather([$0], rows)[0] }
        )
    }

    private func gather(_ columns: [Column], _ rows: [Int32]) -> [Column] {
        rows.withUnsafeBufferPointer { list in
            guard let base = list.baseAddress else { return columns }
            let hasMissing = list.contains(-1)
            return columns.map { $0.gather(base, count: list.count, mayBeMissing: hasMissing) }
        }
    }

    private func validity(_ rows: [Int32]) -> Buffer? {
        guard rows.contains(-1) else { return nil }
        let buffer = Bitmap.buffer(rows.count, allSet: true)
        let words = buffer.base.assumingMemoryBound(to: UInt64.self)
        for (row, index) in rows.enumerated() where index < 0 { Bitmap.clear(words, row) }
        return buffer
    }
}
