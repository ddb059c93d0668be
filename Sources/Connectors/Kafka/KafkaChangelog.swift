import Runtime
import Values

/// How state lies in a changelog topic.
///
/// A put or delete of a store is a message with the user key and the value, NULL for a delete; the store's partition is
/// the topic's. A deleted key range is a message of its own before them, a marker: it carries the header
/// `weir.range.delete`, its value holds the bounds (length of the lower one as four bytes big-endian, lower, upper), and
/// its key is unlike every user key, so that compaction keeps one marker per range and never takes it for a row. A
/// restore repeats the markers where they stand; rows that only a marker deleted are removed from the topic by its
/// retention, when it has one.
enum KafkaChangelog {
    static let rangeHeader = "weir.range.delete"

    private static let rangeKeyPrefix: [UInt8] = [
        0xFF, 0x57, 0x65, 0x69, 0x72, 0x52, 0x61, 0x6E, 0x67, 0x65, 0xA7, 0x3B, 0xC4, 0x1E, 0x90, 0xD5,
    ]

    /// The messages that carry `change`, in the order in which they must be written.
    static func runs(of change: StateChange, now: Int64) -> [OutgoingRun] {
        var runs: [OutgoingRun] = []
        if !change.deletedRanges.isEmpty { runs.append(markers(of: change, now)) }
        if change.keys.count > 0 {
            runs.append(
                OutgoingRun(
                    topic: change.store.changelog,
                    partition: change.store.partition,
                    timestamps: times(now, change.keys.count),
                    keys: change.keys,
                    values: change.values
                )
            )
        }
        return runs
    }

    private static func markers(of change: StateChange, _ now: Int64) -> OutgoingRun {
        let keys = ColumnBuilder(.bytes, capacity: change.deletedRanges.count)
        let values = ColumnBuilder(.bytes, capacity: change.deletedRanges.count)
        let headers = ColumnBuilder(headersType, capacity: change.deletedRanges.count)
        for range in change.deletedRanges {
            let bounds =
                withUnsafeBytes(of: UInt32(range.lower.count).bigEndian) { Array($0) }
                + range.lower + range.upper
            keys.append(.bytes(rangeKeyPrefix + bounds))
            values.append(.bytes(bounds))
            headers.append(.array([.structure([.string(rangeHeader), .bytes([])])]))
        }
        return OutgoingRun(
            topic: change.store.changelog,
            partition: change.store.partition,
            timestamps: times(now, change.deletedRanges.count),
            keys: keys.finish(),
            values: values.finish(),
            headers: headers.finish()
        )
    }

    private static func times(_ now: Int64, _ count: Int) -> Column {
        let buffer = Buffer(capacity: count * 8)
        buffer.base.initializeMemory(as: Int64.self, repeating: now, count: count)
        return Column(type: .bigint, count: count, data: buffer)
    }

    /// The changes that a run of a changelog carries, to be written one after the other.
    static func changes(in run: MessageRun, _ store: StoreID) -> [StateChange] {
        var changes: [StateChange] = []
        var start = 0
        for row in 0..<run.count {
            guard let range = range(in: run, row) else { continue }
            if start < row { changes.append(puts(in: run, start..<row, store)) }
            start = row + 1
            let none = Column.of(.bytes, [])
            changes.append(StateChange(store: store, keys: none, values: none, deletedRanges: [range]))
        }
        if start < run.count { changes.append(puts(in: run, start..<run.count, store)) }
        return changes
    }

    private static func range(in run: MessageRun, _ row: Int) -> (lower: [UInt8], upper: [UInt8])? {
        guard let headers = run.headers, !headers.isNull(row), !run.values.isNull(row) else { return nil }
        let names = headers.children[0].children[0]
        let isMarker = (Int(headers.offsets[row])..<Int(headers.offsets[row + 1])).contains {
            names.bytes($0).elementsEqual(rangeHeader.utf8)
        }
        let bytes = run.values.bytes(row)
        guard isMarker, bytes.count >= 4 else { return nil }
        let length = Int(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
        guard 4 + length <= bytes.count else { return nil }
        return (Array(bytes[4..<4 + length]), Array(bytes[(4 + length)...]))
    }

    /// The last message of every key: a state change holds no key twice.
    private static func puts(in run: MessageRun, _ rows: Range<Int>, _ store: StoreID) -> StateChange {
        var seen = LastRows(capacity: rows.count)
        for row in rows.reversed() where !run.keys.isNull(row) { seen.insert(row, of: run.keys) }
        let kept = seen.rows.reversed() as [Int32]
        return kept.withUnsafeBufferPointer { indices in
            guard let indices = indices.baseAddress else {
                return StateChange(store: store, keys: Column.of(.bytes, []), values: Column.of(.bytes, []))
            }
            return StateChange(
                store: store,
                keys: run.keys.gather(indices, count: kept.count),
                values: run.values.gather(indices, count: kept.count)
            )
        }
    }
}

/// A set of rows with different keys: open addressing over row numbers.
private struct LastRows {
    private(set) var rows: [Int32] = []
    private var slots: [Int32]
    private let mask: Int

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = [Int32](repeating: -1, count: size)
        mask = size - 1
    }

    /// Adds `row` unless a row with the same key is in.
    mutating func insert(_ row: Int, of keys: Column) {
        let key = keys.bytes(row)
        let hash = key.baseAddress.map { Hash.of($0, key.count) } ?? 0
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] >= 0 {
            if keys.bytes(Int(slots[slot])).elementsEqual(key) { return }
            slot = (slot + 1) & mask
        }
        slots[slot] = Int32(row)
        rows.append(Int32(row))
    }
}
