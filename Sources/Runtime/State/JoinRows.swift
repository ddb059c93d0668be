import Functions
import Glibc
import Values

/// The rows of one side of a join that can still meet others: a cache of one record per key and bucket of time.
///
/// A record's blob holds its rows in the order of time, those of one time as they came: timestamp (Int64), length of the
/// row (UInt32), 1 while it waits for its first match (UInt32), the row as ``RowBytes`` writes it.
final class JoinRows {
    let cache: GroupCache
    let valueTypes: [SQLType]
    private let bucketMilliseconds: Int64
    private let blob: Int
    private static let header = 16

    init(_ schema: Schema, _ window: JoinSpan, store: StoreID, _ context: TaskContext) {
        valueTypes = schema.values.map(\.type)
        bucketMilliseconds = window.bucketMilliseconds
        let layout = JoinRows.layout(schema)
        blob = layout.slotOffsets[0]
        cache = GroupCache(
            layout: layout,
            store: store,
            database: context.database,
            bytesMax: context.settings.cacheBytesMax
        )
    }

    static func layout(_ schema: Schema) -> GroupLayout {
        GroupLayout(
            keyTypes: schema.fields[..<schema.valueStart].map(\.type),
            isWindowed: true,
            slots: [(bytes: 8, blobs: [0])]
        )
    }

    /// The start of the bucket of a time that is not negative.
    @inline(__always)
    func bucket(_ time: Int64) -> Int64 { time - time % bucketMilliseconds }

    /// Adds a row to the record of its bucket.
    func insert(_ slot: UInt32, _ time: Int64, _ row: UnsafeRawBufferPointer, waits: Bool) {
        let record = cache.record(Int(slot))
        let word = record + blob
        let old = Blob.bytes(word).count
        let size = JoinRows.header + row.count
        let position = old == 0 || time >= record.groupTimestamp ? old : place(Blob.bytes(word), time)
        let start = Blob.resize(word, old + size, cache.outside)
        let target = start + position
        if position < old { memmove(target + size, target, old - position) }
        target.storeBytes(of: time, as: Int64.self)
        target.storeBytes(of: UInt32(row.count), toByteOffset: 8, as: UInt32.self)
        target.storeBytes(of: waits ? 1 : 0, toByteOffset: 12, as: UInt32.self)
        if let base = row.baseAddress { (target + JoinRows.header).copyMemory(from: base, byteCount: row.count) }
        record.groupTimestamp = old == 0 ? time : max(record.groupTimestamp, time)
        cache.change(slot)
    }

    /// Where the first later row lies.
    private func place(_ rows: UnsafeMutableRawBufferPointer, _ time: Int64) -> Int {
        var position = 0
        while position < rows.count, rows.loadUnaligned(fromByteOffset: position, as: Int64.self) <= time {
            position += JoinRows.length(rows, position)
        }
        return position
    }

    @inline(__always)
    private static func length(_ rows: UnsafeMutableRawBufferPointer, _ position: Int) -> Int {
        header + Int(rows.loadUnaligned(fromByteOffset: position + 8, as: UInt32.self))
    }

    /// Adds the rows of a record that lie in a range of time to `found`; they wait no more.
    func match(_ slot: UInt32, _ times: ClosedRange<Int64>, into found: JoinMatches) {
        let record = cache.record(Int(slot))
        let rows = Blob.bytes(record + blob)
        guard rows.count > 0, record.groupTimestamp >= times.lowerBound else { return }
        var position = 0
        var hasChanged = false
        while position < rows.count {
            let time = rows.loadUnaligned(fromByteOffset: position, as: Int64.self)
            if time > times.upperBound { break }
            let length = JoinRows.length(rows, position)
            if time >= times.lowerBound {
                if rows.loadUnaligned(fromByteOffset: position + 12, as: UInt32.self) != 0 {
                    rows.storeBytes(of: 0, toByteOffset: position + 12, as: UInt32.self)
                    hasChanged = true
                }
                found.add(
                    UnsafeRawBufferPointer(rebasing: rows[(position + JoinRows.header)..<(position + length)]),
                    time
                )
            }
            position += length
        }
        if hasChanged { cache.change(slot) }
    }

    /// Adds the rows of a record that have that time and wait to `found`.
    func waiting(_ slot: UInt32, _ time: Int64, into found: JoinMatches) {
        let rows = Blob.bytes(cache.record(Int(slot)) + blob)
        var position = 0
        while position < rows.count {
            let own = rows.loadUnaligned(fromByteOffset: position, as: Int64.self)
            if own > time { break }
            let length = JoinRows.length(rows, position)
            if own == time, rows.loadUnaligned(fromByteOffset: position + 12, as: UInt32.self) != 0 {
                found.add(
                    UnsafeRawBufferPointer(rebasing: rows[(position + JoinRows.header)..<(position + length)]),
                    time
                )
            }
            position += length
        }
    }

    /// Finds the rows in the store that wait and are not earlier than `time`.
    func scanWaiting(from time: Int64, _ body: (Int64, UnsafeRawBufferPointer) -> Void) throws {
        let lower = WindowClock.bytes(bucket(max(time, 0)))
        try cache.database.scan(cache.store, from: lower, to: WindowClock.key) { key, value in
            guard key.count >= 8, value.count >= 20 else { throw StateError.size(value.count) }
            let key = UnsafeRawBufferPointer(rebasing: key[8...])
            let rows = UnsafeRawBufferPointer(rebasing: value[20...])
            var position = 0
            while position + JoinRows.header <= rows.count {
                let own = rows.loadUnaligned(fromByteOffset: position, as: Int64.self)
                let waits = rows.loadUnaligned(fromByteOffset: position + 12, as: UInt32.self) != 0
                if waits, own >= time { body(own, key) }
                position += JoinRows.header + Int(rows.loadUnaligned(fromByteOffset: position + 8, as: UInt32.self))
            }
            return true
        }
    }
}

/// Rows that were read from the records of a join.
final class JoinMatches {
    private(set) var count = 0
    private(set) var times: [Int64] = []
    private var rows = ColumnBuilder(.bytes)

    func add(_ row: UnsafeRawBufferPointer, _ time: Int64) {
        rows.append(bytes: row)
        times.append(time)
        count += 1
    }

    /// Hands over the columns of the rows and starts anew.
    func take(_ types: [SQLType]) -> [Column] {
        let columns = RowBytes.decode(rows.finish(), types: types)
        rows = ColumnBuilder(.bytes)
        times.removeAll(keepingCapacity: true)
        count = 0
        return columns
    }
}
