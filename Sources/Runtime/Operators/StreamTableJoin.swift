import Functions
import Values

/// Joins each row of a stream (input 0) with the current row of a table (input 1) under the stream's join key.
///
/// The join keeps the table's rows itself: input 1 takes upserts and tombstones, and only input 0 makes output, with the
/// stream row's timestamp. A stream row without a match is dropped, or in a LEFT join passed on with NULLs.
public struct StreamTableJoin: OperatorSpec, Hashable {
    public enum Kind: String, Hashable, Sendable {
        case inner = "INNER"
        case left = "LEFT"
    }

    public let kind: Kind
    public let stream: Schema
    public let table: Schema
    /// Columns of the stream, as many and of the same types as the table's key.
    public let streamKey: [Int]
    /// All columns of the stream, all columns of the table, and the table's ROWTIME (BIGINT) where it is asked for.
    public let output: Schema
    public let hasTableTime: Bool
    public let store: StoreSpec

    /// - Parameter output: names the output's columns, see ``output``.
    public init(
        _ kind: Kind,
        stream: Schema,
        table: Schema,
        streamKey: [Int],
        output: Schema,
        hasTableTime: Bool = false,
        store: StoreSpec
    ) {
        precondition(
            output.fields.count == stream.fields.count + table.fields.count + (hasTableTime ? 1 : 0),
            "a join's output has all columns of both sides"
        )
        precondition(
            streamKey.map { stream.fields[$0].type } == table.fields[..<table.valueStart].map(\.type),
            "the stream's join key has the types of the table's key"
        )
        self.kind = kind
        self.stream = stream
        self.table = table
        self.streamKey = streamKey
        self.output = output
        self.hasTableTime = hasTableTime
        self.store = store
    }

    public var stores: [StoreSpec] { [store] }

    public var summary: String {
        let left = streamKey.map { quotedIdentifier(stream.fields[$0].name) }.joined(separator: ", ")
        let right = table.key.map { quotedIdentifier($0.name) }.joined(separator: ", ")
        return "\(kind.rawValue) join stream with table on \(left) = \(right)"
    }

    public func makeOperator(_ context: TaskContext) -> any Operator { StreamTableJoinOperator(self, context) }
}

private final class StreamTableJoinOperator: Operator {
    private let spec: StreamTableJoin
    private let context: TaskContext
    private let table: TableRows
    private let rowList = Scratch<Int32>()
    private let outRows = Scratch<Int32>()
    private let outGroups = Scratch<Int32>()

    init(_ spec: StreamTableJoin, _ context: TaskContext) {
        self.spec = spec
        self.context = context
        table = TableRows(spec.table, store: context.store(spec.store.name), context)
    }

    func process(_ batch: Batch, input: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        if input == 0 { try join(batch, output) } else { try store(batch) }
    }

    /// Takes changes of the table.
    private func store(_ batch: Batch) throws {
        let keyColumns = Array(batch.columns[..<spec.table.valueStart])
        let rows = rowList.reserve(batch.count)
        let count = selectKeyedRows(keyColumns, count: batch.count, into: rows)
        context.metrics.dropped.add(batch.count - count)
        guard count > 0 else { return }
        try table.find(KeyEncoder.encode(keyColumns, count: batch.count), rows, count)
        let encoded = RowBytes.encode(Array(batch.columns[spec.table.valueStart...]), count: batch.count)
        let times = batch.timestamps.values(as: Int64.self)
        for index in 0..<count {
            let row = Int(rows[index])
            let group = Int(table.groups.groupOfRow[index])
            if !batch.isDeleted(row) {
                table.put(group, encoded.bytes(row), timestamp: times[row])
            } else if table.isPresent(group) {
                table.delete(group)
            }
        }
    }

    private func join(_ batch: Batch, _ output: Emitter) throws {
        let keyColumns = spec.streamKey.map { batch.columns[$0] }
        let rows = rowList.reserve(batch.count)
        let keyed = selectKeyedRows(keyColumns, count: batch.count, into: rows)
        try table.find(KeyEncoder.encode(keyColumns, count: batch.count), rows, keyed)
        var matches = [Int32](repeating: -1, count: table.groups.count)
        let found = table.presentRows(&matches)
        let outRows = outRows.reserve(batch.count)
        let outGroups = outGroups.reserve(batch.count)
        let isLeft = spec.kind == .left
        var count = 0
        var next = 0
        for row in 0..<batch.count {
            var match: Int32 = -1
            if next < keyed, Int(rows[next]) == row {
                match = matches[Int(table.groups.groupOfRow[next])]
                next += 1
            }
            if batch.isDeleted(row) || (match < 0 && !isLeft) { continue }
            outRows[count] = Int32(truncatingIfNeeded: row)
            outGroups[count] = match
            count += 1
        }
        context.metrics.dropped.add(batch.count - count)
        context.metrics.rowsOut.add(count)
        guard count > 0 else { return }
        let left = batch.gather(outRows, count: count)
        let right = (found.columns + (spec.hasTableTime ? [found.times] : [])).map {
            $0.gather(outGroups, count: count, mayBeMissing: isLeft)
        }
        let keys = tableKeys(left, outGroups, count)
        output.emit(left.with(schema: spec.output, columns: left.columns + keys + right))
    }

    /// The table's key columns: those of the stream where there is a match.
    private func tableKeys(_ left: Batch, _ groups: UnsafePointer<Int32>, _ count: Int) -> [Column] {
        let keys = spec.streamKey.map { left.columns[$0] }
        guard spec.kind == .left else { return keys }
        let matched = Bitmap.buffer(count, allSet: true)
        let words = matched.base.assumingMemoryBound(to: UInt64.self)
        for row in 0..<count where groups[row] < 0 { Bitmap.clear(words, row) }
        return keys.map { $0.masked(by: matched) }
    }

    func flush(into changes: inout [StateChange]) throws { try table.flush(into: &changes, context.metrics) }

    func committed() { table.cache.committed() }

    var wantsCommit: Bool { table.cache.wantsFlush }
}
