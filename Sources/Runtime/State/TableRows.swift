import Functions
import Values

/// The rows of a table by key: a cache of encoded rows above a store.
final class TableRows {
    let cache: GroupCache
    let groups: RowGroups
    private let layout: GroupLayout
    private let valueTypes: [SQLType]
    private let slots = Scratch<UInt32>()
    private let lastRows = Scratch<Int32>()
    private let groupList = Scratch<Int32>()
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

    /// Rows that become changes, and the group of each.
    struct Changes {
        let rows: UnsafePointer<Int32>
        let groups: UnsafePointer<Int32>
        let count: Int
    }

    /// The changes among the rows of the last ``find(_:_:_:)``: every one, or the last of each group.
    func changes(_ rows: UnsafePointer<Int32>, _ count: Int, every: Bool) -> Changes {
        if every || groups.count == count {
            return Changes(rows: rows, groups: UnsafePointer(groups.groupOfRow), count: count)
        }
        let last = lastRows.reserve(groups.count)
        let list = groupList.reserve(groups.count)
        for index in 0..<count { last[Int(groups.groupOfRow[index])] = rows[index] }
        for group in 0..<groups.count { list[group] = Int32(truncatingIfNeeded: group) }
        return Changes(rows: UnsafePointer(last), groups: UnsafePointer(list), count: groups.count)
    }

    /// The rows of the groups that have one; `matches` learns which of them is whose, -1 for none.
    func presentRows(_ matches: inout [Int32]) -> (columns: [Column], times: Column) {
        let count = groups.count
        let bytes = ColumnBuilder(.bytes, capacity: count)
        let times = Buffer(capacity: count * 8)
        for group in 0..<count {
            guard isPresent(group) else {
                matches[group] = -1
                continue
            }
            matches[group] = Int32(truncatingIfNeeded: bytes.count)
            times.base.storeBytes(of: timestamp(group), toByteOffset: bytes.count * 8, as: Int64.self)
            bytes.append(bytes: self.bytes(group))
        }
        let rows = bytes.finish()
        let columns = RowBytes.decode(rows, types: valueTypes)
        return (columns, Column(type: .bigint, count: rows.count, data: times))
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

    func flush(into changes: inout [StateChange], _ metrics: OperatorMetrics) throws {
        if let change = try cache.flush() { changes.append(change) }
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
