import Values

/// Writes rows into one table of the target, in the transaction of its session.
final class TableWriter {
    private let connection: PostgresConnection
    private let target: TargetTable
    private let number: Int
    private var prepared: Set<String> = []
    private var hasStaging = false

    /// From so many rows on COPY straight into the table costs less than arrays.
    private static let copiedRowsMin = 512
    /// From so many rows on COPY into a temporary table and a merge cost the server less than arrays: 8.2 µs a row
    /// against 5.8 µs at 100 rows, 5.8 against 5.6 at 5000, 4.1 against 4.4 at 20 000.
    private static let stagedRowsMin = 4096

    /// - Parameter number: tells the tables of a session apart.
    init(_ connection: PostgresConnection, _ target: TargetTable, number: Int) {
        self.connection = connection
        self.target = target
        self.number = number
    }

    /// Writes the rows of a batch of ``RowDecoder/schema``, without the same key twice where rows are merged.
    func write(_ batch: Batch) throws(PostgresError) {
        guard batch.count > 0 else { return }
        let columns = columns(of: batch, count: target.columns.count)
        if batch.count >= TableWriter.copiedRowsMin, let copy = target.directCopy {
            try connection.copy(copy, try TableWriter.rows(columns, count: batch.count))
        } else if batch.count >= TableWriter.stagedRowsMin, target.mayStage {
            try writeStaged(columns, batch.count)
        } else {
            try run("weir_write_\(number)", target.writeArrays, columns, batch.count)
        }
    }

    /// Writes the rows as arrays, whatever their number: for tries that may fail.
    func writeArrays(_ batch: Batch) throws(PostgresError) {
        let columns = columns(of: batch, count: target.columns.count)
        try run("weir_write_\(number)", target.writeArrays, columns, batch.count)
    }

    /// Deletes the rows that have the keys of a batch.
    func delete(_ batch: Batch) throws(PostgresError) {
        guard batch.count > 0 else { return }
        let columns = columns(of: batch, count: target.layout.keyCount)
        try run("weir_delete_\(number)", target.deleteArrays, columns, batch.count)
    }

    private func columns(of batch: Batch, count: Int) -> [(column: Column, layout: LayoutColumn)] {
        target.layout.columns[..<count].map { wanted in
            (WireColumn.prepared(target.layout.column(wanted, of: batch), wanted.type), wanted)
        }
    }

    private func writeStaged(_ columns: [(column: Column, layout: LayoutColumn)], _ count: Int) throws(PostgresError) {
        let staging = target.staging(number)
        if !hasStaging {
            try connection.execute(staging.create)
            hasStaging = true
        }
        try connection.copy(staging.copy, try TableWriter.rows(columns, count: count))
        try connection.execute(target.writeStaged(number))
    }

    private func run(
        _ name: String,
        _ statement: String,
        _ columns: [(column: Column, layout: LayoutColumn)],
        _ count: Int
    ) throws(PostgresError) {
        if prepared.insert(name).inserted {
            try connection.prepare(name, statement, types: columns.map { $0.layout.type.oids.array })
        }
        var bytes = ByteArena(capacity: columns.count * count * 16 + 256)
        var bounds = [0]
        for (column, layout) in columns {
            TableWriter.appendArray(column, layout, count, to: &bytes)
            bounds.append(bytes.count)
        }
        try connection.execute(prepared: name, bytes, bounds: bounds)
    }

    /// An array of one dimension from 1 on.
    private static func appendArray(_ column: Column, _ layout: LayoutColumn, _ count: Int, to out: inout ByteArena) {
        let wire = WireColumn(column, layout.type, isBound: layout.isWindowBound)
        out.appendWord(Int32(1))
        out.appendWord(Int32(wire.hasNulls ? 1 : 0))
        out.appendWord(layout.type.oids.element)
        out.appendWord(Int32(truncatingIfNeeded: count))
        out.appendWord(Int32(1))
        for row in 0..<count { wire.append(row, to: &out) }
        withExtendedLifetime(column) {}
    }

    /// The rows as COPY's binary format has them.
    private static func rows(
        _ columns: [(column: Column, layout: LayoutColumn)],
        count: Int
    ) throws(PostgresError) -> ByteArena {
        var out = ByteArena(capacity: count * (columns.count * 16 + 2) + 64)
        out.append("PGCOPY\n")
        for byte: UInt8 in [0xFF, 0x0D, 0x0A, 0] { out.append(byte) }
        out.appendWord(Int64(0))
        let wires = columns.map { WireColumn($0.column, $0.layout.type, isBound: $0.layout.isWindowBound) }
        let fields = Int16(truncatingIfNeeded: columns.count)
        wires.withUnsafeBufferPointer { list in
            for row in 0..<count {
                out.appendWord(fields)
                for index in 0..<list.count { list[index].append(row, to: &out) }
            }
        }
        withExtendedLifetime(columns) {}
        out.appendWord(Int16(-1))
        return out
    }
}

extension TableLayout {
    /// The values of a column of the layout for each row of a batch of ``RowDecoder/schema``.
    func column(_ wanted: LayoutColumn, of batch: Batch) -> Column {
        switch wanted.origin {
        case .field(let index): batch.columns[index]
        case .topic: Column.constant(.string, .string(topic.topic), count: batch.count)
        case .partition: batch.partitionColumn
        case .offset: batch.offsetColumn
        }
    }
}

extension Batch {
    /// The partition of each row, in batches of ``RowDecoder/schema``.
    var partitionColumn: Column { columns[columns.count - 2] }

    /// The offset of each row, in batches of ``RowDecoder/schema``.
    var offsetColumn: Column { columns[columns.count - 1] }

    /// Some rows.
    func rows(_ rows: some Collection<Int32>) -> Batch {
        Array(rows).withUnsafeBufferPointer { list in
            list.baseAddress.map { gather($0, count: list.count) } ?? gather([], count: 0)
        }
    }
}
