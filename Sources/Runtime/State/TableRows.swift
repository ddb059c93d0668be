import Functions
import Values

/// The rows of a table by key: a cache of encoded rows above a store.
final class TableRows {
    let cache: GroupCache
    let groups: RowGroups
    private let layout: GroupLayout
    private let valueTypes: [SQLType]
    private let slots = Scratch<UInt32>()
    /// The blob word of the only slot, which holds the row's bytes.
    private let blob: Int

    /// - Parameter schema: its columns in front of ``Schema/valueStart`` are the key.
    init(_ schema: Schema, store: StoreID, _ context: TaskContext) {
        let layout = TableRows.layout(schema)
        self.layout = layout
        valueTypes = schema.values.map(\.type)
        blob = layout.slotOffsets[0]
        cache = GroupCache(
            layout: layout,
            store: store,
            database: context.database,
            bytesMax: context.settings.cacheBytesMax
        )
        groups = RowGroups(layout)
    }

    static func layout(_ schema: Schema) -> GroupLayout {
        GroupLayout(
            keyTypes: schema.fields[..<schema.valueStart].map(\.type),
            isWindowed: false,
            slots: [(bytes: 8, blobs: [0])]
        )
    }

    /// Looks up the keys of some rows; ``groups`` then says which rows have the same.
    func find(_ keys: Column, _ rows: UnsafePointer<Int32>, _ count: Int) throws {
        groups.assign(keys, rows, count)
        try cache.find(
            KeyRequests(
                count: groups.count,
                keys: keys,
                rows: groups.firstRows,
                hashes: groups.hashes,
                windows: nil
            ),
            into: slots.reserve(groups.count)
        )
    }

    /// The record of a group after ``find(_:_:_:)``.
    @inline(__always)
    private func record(_ group: Int) -> UnsafeMutableRawPointer { cache.record(Int(slots.base[group])) }

    /// True when the table has a row for the group.
    func isPresent(_ group: Int) -> Bool { record(group).groupFlags & GroupRecord.isPresent != 0 }

    func timestamp(_ group: Int) -> Int64 { record(group).groupTimestamp }

    /// The encoded row of a group that is present.
    func bytes(_ group: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(Blob.bytes(record(group) + blob)) }

    func put(_ group: Int, _ bytes: UnsafeRawBufferPointer, timestamp: Int64) {
        let record = record(group)
        record.groupTimestamp = timestamp
        Blob.assign(record + blob, bytes, cache.outside)
        cache.change(slots.base[group])
    }

    func delete(_ group: Int) {
        Blob.release(record(group) + blob, cache.outside)
        cache.change(slots.base[group], isPresent: false)
    }

    func flush(into changes: inout [StateChange], _ metrics: OperatorMetrics) {
        if let change = cache.flush() { changes.append(change) }
        metrics.stateBytes.set(Int64(cache.bytes))
    }
}

/// Rows as bytes: the values of ``KeyEncoder``, never NULL.
enum RowBytes {
    static func encode(_ columns: [Column], count: Int) -> Column {
        // A key of one column has no tag for NULL; a STRUCT around it has.
        columns.count == 1
            ? KeyEncoder.encode([wrapped(columns[0])], count: count) : KeyEncoder.encode(columns, count: count)
    }

    /// The columns of encoded rows; NULL gives a row of NULLs.
    static func decode(_ rows: Column, types: [SQLType]) -> [Column] {
        guard types.count == 1 else { return KeyDecoder.decode(rows, types: types) }
        return KeyDecoder.decode(rows, types: [.structure([StructField("", types[0])])])[0].children
    }

    private static func wrapped(_ column: Column) -> Column {
        Column(type: .structure([StructField("", column.type)]), count: column.count, children: [column])
    }
}

/// The rows of a batch that have a key: at least one of the key columns is not NULL.
func selectKeyedRows(_ keys: [Column], count: Int, into rows: UnsafeMutablePointer<Int32>) -> Int {
    guard !keys.isEmpty, keys.allSatisfy({ $0.validity != nil }) else {
        for row in 0..<count { rows[row] = Int32(truncatingIfNeeded: row) }
        return count
    }
    var kept = 0
    for row in 0..<count where keys.contains(where: { !$0.isNull(row) }) {
        rows[kept] = Int32(truncatingIfNeeded: row)
        kept += 1
    }
    return kept
}
