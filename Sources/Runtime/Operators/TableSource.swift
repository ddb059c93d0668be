import Functions
import Values

/// Turns upserts and tombstones into a table's changes: keeps the current row of each key and adds the row before.
///
/// Rows without a key are dropped. A deletion is passed on even if there was no such row. When not every change is
/// wanted, each key comes once per batch, with its last row and the row before the batch.
public struct TableSource: OperatorSpec, Hashable {
    /// The columns of the rows; those in front of ``Schema/valueStart`` are the key of the table.
    public let input: Schema
    public let store: StoreSpec

    public init(input: Schema, store: StoreSpec) {
        self.input = input
        self.store = store
    }

    public var output: Schema { input }
    public var stores: [StoreSpec] { [store] }
    public var summary: String {
        "Table by " + input.key.map { quotedIdentifier($0.name) }.joined(separator: ", ")
    }

    public func makeOperator(_ context: TaskContext) -> any Operator { TableSourceOperator(self, context) }
}

private final class TableSourceOperator: Operator {
    private let spec: TableSource
    private let context: TaskContext
    private let table: TableRows
    private let valueTypes: [SQLType]
    private let rowList = Scratch<Int32>()

    init(_ spec: TableSource, _ context: TaskContext) {
        self.spec = spec
        self.context = context
        table = TableRows(spec.input, store: context.store(spec.store.name), context)
        valueTypes = spec.input.values.map(\.type)
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        let keyColumns = Array(batch.columns[..<spec.input.valueStart])
        let rows = rowList.reserve(batch.count)
        let count = selectKeyedRows(keyColumns, count: batch.count, into: rows)
        context.metrics.dropped.add(batch.count - count)
        guard count > 0 else { return }
        try table.find(KeyEncoder.encode(keyColumns, count: batch.count), rows, count)
        let encoded = RowBytes.encode(Array(batch.columns[spec.input.valueStart...]), count: batch.count)
        let changes = table.changes(rows, count, every: context.settings.emitsEveryChange)
        let (before, had) = apply(batch, encoded, changes)
        var result = batch.gather(changes.rows, count: changes.count)
        let keys = result.columns[..<spec.input.valueStart]
        result.before = keys + RowBytes.decode(before, types: valueTypes)
        result.hadBefore = had
        context.metrics.rowsOut.add(result.count)
        output.emit(result)
    }

    /// Applies changes in order; returns the bytes of the rows before, and where there were any.
    private func apply(
        _ batch: Batch,
        _ encoded: Column,
        _ changes: TableRows.Changes
    ) -> (Column, Buffer) {
        let before = ColumnBuilder(.bytes, capacity: changes.count)
        let had = Buffer(capacity: changes.count)
        let flags = had.base.assumingMemoryBound(to: UInt8.self)
        let times = batch.timestamps.values(as: Int64.self)
        for index in 0..<changes.count {
            let row = Int(changes.rows[index])
            let group = Int(changes.groups[index])
            let isPresent = table.isPresent(group)
            flags[index] = isPresent ? 1 : 0
            if isPresent { before.append(bytes: table.bytes(group)) } else { before.appendNull() }
            if batch.isDeleted(row) {
                if isPresent { table.delete(group) }
            } else {
                table.put(group, encoded.bytes(row), timestamp: times[row])
            }
        }
        return (before.finish(), had)
    }

    func flush(into changes: inout [StateChange]) throws { try table.flush(into: &changes, context.metrics) }

    func committed() { table.cache.committed() }

    var wantsCommit: Bool { table.cache.wantsFlush }
}
