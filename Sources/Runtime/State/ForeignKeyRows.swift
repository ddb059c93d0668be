import Functions
import Values

/// The rows of a table by foreign key and key: a cache of encoded rows above a store, read one by one by both, or all of
/// one foreign key in the order of the key.
final class ForeignKeyRows {
    /// Rows that a scan found.
    struct Found {
        let count: Int
        /// Foreign key and key.
        let keys: Column
        let versions: Column
        let rows: Column
    }

    let cache: GroupCache
    let groups: RowGroups
    /// Of the foreign key and the key.
    let keyTypes: [SQLType]
    let valueTypes: [SQLType]
    private let blob: Int
    private let version: Int
    private let slots = Scratch<UInt32>()

    init(_ spec: ForeignKeyJoin, _ context: TaskContext) {
        keyTypes = (spec.right.key + spec.left.key).map(\.type)
        valueTypes = spec.left.values.map(\.type)
        let layout = GroupLayout(
            keyTypes: keyTypes,
            isWindowed: false,
            slots: [(bytes: 8, blobs: [0]), (bytes: 8, blobs: [])]
        )
        (blob, version) = (layout.slotOffsets[0], layout.slotOffsets[1])
        cache = GroupCache(
            layout: layout,
            store: context.store(spec.leftStore.name),
            database: context.database,
            bytesMax: context.settings.cacheBytesMax
        )
        groups = RowGroups(layout)
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

    func put(_ group: Int, _ bytes: UnsafeRawBufferPointer, version number: Int64, timestamp: Int64) {
        let record = cache.record(Int(slots.base[group]))
        record.groupTimestamp = timestamp
        record.storeBytes(of: number, toByteOffset: version, as: Int64.self)
        Blob.assign(record + blob, bytes, cache.outside)
        cache.change(slots.base[group])
    }

    func delete(_ group: Int) {
        let slot = slots.base[group]
        guard cache.record(Int(slot)).groupFlags & GroupRecord.isPresent != 0 else { return }
        Blob.release(cache.record(Int(slot)) + blob, cache.outside)
        cache.change(slot, isPresent: false)
    }

    /// What the keys of each foreign key begin with.
    func prefixes(_ foreignKey: Column, count: Int) -> Column {
        // A NULL behind it is one byte.
        let keys = KeyEncoder.encode([foreignKey, Column.nulls(.boolean, count: count)], count: count)
        let builder = ColumnBuilder(.bytes, capacity: count)
        for row in 0..<count { builder.append(bytes: UnsafeRawBufferPointer(rebasing: keys.bytes(row).dropLast())) }
        return builder.finish()
    }

    /// The records that differ from the store, in its order.
    func changed() -> [UInt32] {
        var slots = Array(Set(cache.dirty + cache.flushed)).filter { slot in
            cache.record(Int(slot)).groupFlags & (GroupRecord.isDirty | GroupRecord.isFlushing) != 0
        }
        cache.sort(&slots)
        return slots
    }

    /// Calls `body` with the rows whose keys begin with `prefix`, in order, at most `rowsMax` at a time.
    /// - Parameter changed: see ``changed()``.
    func scan(
        _ prefix: UnsafeRawBufferPointer,
        _ changed: [UInt32],
        rowsMax: Int,
        _ body: (Found) throws -> Void
    ) throws {
        let lower = [UInt8](prefix)
        var next = firstIndex(changed, prefix)
        var lot = Lot()
        func pass() throws {
            if lot.count > 0 { try body(lot.found()) }
            lot = Lot()
        }
        /// Adds the changed records in front of a key, or all that have the prefix; true when the key itself is among them.
        func addChanged(before key: UnsafeRawBufferPointer?) throws -> Bool {
            while next < changed.count {
                let record = cache.record(Int(changed[next]))
                let own = cache.layout.key(record)
                let order = key.map { compare(own, $0) } ?? -1
                guard own.starts(with: prefix), order <= 0 else { return false }
                next += 1
                if record.groupFlags & GroupRecord.isPresent != 0 {
                    lot.add(own, record.loadUnaligned(fromByteOffset: version, as: Int64.self), blobBytes(record))
                    if lot.count == rowsMax { try pass() }
                }
                if order == 0 { return true }
            }
            return false
        }
        try cache.database.scan(cache.store, from: lower, to: ForeignKeyRows.end(of: lower)) { key, value in
            if try addChanged(before: key) { return true }
            // Timestamp, the blob's word, the version, the blob's length.
            guard value.count >= 28 else { throw StateError.size(value.count) }
            let number = value.loadUnaligned(fromByteOffset: 16, as: Int64.self)
            lot.add(key, number, UnsafeRawBufferPointer(rebasing: value[28...]))
            if lot.count == rowsMax { try pass() }
            return true
        }
        _ = try addChanged(before: nil)
        try pass()
    }

    private func blobBytes(_ record: UnsafeMutableRawPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(Blob.bytes(record + blob))
    }

    /// The first record whose key is not before the prefix.
    private func firstIndex(_ changed: [UInt32], _ prefix: UnsafeRawBufferPointer) -> Int {
        var (low, high) = (0, changed.count)
        while low < high {
            let middle = (low + high) / 2
            let key = cache.layout.key(cache.record(Int(changed[middle])))
            if compare(key, prefix) < 0 { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The first key behind all that begin with `prefix`; nil when there is none.
    private static func end(of prefix: [UInt8]) -> [UInt8]? {
        var end = prefix
        while let last = end.popLast() {
            if last < 255 { return end + [last + 1] }
        }
        return nil
    }

    /// Rows that wait to be passed on.
    private struct Lot {
        private(set) var count = 0
        private let keys = ColumnBuilder(.bytes)
        private let rows = ColumnBuilder(.bytes)
        private var versions: [Int64] = []

        mutating func add(_ key: UnsafeRawBufferPointer, _ version: Int64, _ row: UnsafeRawBufferPointer) {
            keys.append(bytes: key)
            rows.append(bytes: row)
            versions.append(version)
            count += 1
        }

        func found() -> Found {
            Found(count: count, keys: keys.finish(), versions: Column.of(versions), rows: rows.finish())
        }
    }
}
