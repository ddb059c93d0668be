import Glibc
import Values

/// What a record is sorted by: its key in the store, the first eight bytes of the user's key as a number.
private struct SortKey: Comparable {
    let window: Int64
    let prefix: UInt64
    let length: UInt32
    let slot: UInt32

    static func < (left: SortKey, right: SortKey) -> Bool {
        if left.window != right.window { return left.window < right.window }
        return left.prefix == right.prefix ? left.length < right.length : left.prefix < right.prefix
    }
}

extension GroupCache {
    /// Sorts record numbers by window, then key: the order of the store.
    func sort(_ slots: inout [UInt32]) {
        var keys: [SortKey] = []
        keys.reserveCapacity(slots.count)
        for slot in slots {
            let record = record(Int(slot))
            keys.append(
                SortKey(
                    window: layout.span.start(record.groupWindow),
                    prefix: prefix(layout.key(record)),
                    length: layout.isWord ? UInt32(truncatingIfNeeded: record.groupKeyLength) : 0,
                    slot: slot
                )
            )
        }
        if layout.isWord {
            keys.sort()
        } else {
            keys.sort { left, right in
                if left < right || right < left { return left < right }
                return compare(layout.key(record(Int(left.slot))), layout.key(record(Int(right.slot)))) < 0
            }
        }
        for index in keys.indices { slots[index] = keys[index].slot }
    }

    private func prefix(_ key: UnsafeRawBufferPointer) -> UInt64 {
        guard let base = key.baseAddress else { return 0 }
        if key.count >= 8 { return UInt64(bigEndian: base.loadUnaligned(as: UInt64.self)) }
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { $0.baseAddress?.copyMemory(from: base, byteCount: key.count) }
        return UInt64(bigEndian: word)
    }

    /// Reads the records from the store, those that are there.
    func load(_ slots: inout [UInt32]) throws {
        sort(&slots)
        if layout.span.count > 1 { return try loadSpans(slots) }
        let values = try database.multiGet(store, storeKeys(slots))
        for (row, slot) in slots.enumerated() where !values.isNull(row) {
            let record = record(Int(slot))
            try layout.load(values.bytes(row), into: record, outside)
            record.groupFlags |= GroupRecord.isPresent
        }
    }

    /// The keys of the entries under which the store has the records.
    func storeKeys(_ slots: [UInt32], extra: [UInt8]? = nil) -> Column {
        let head = layout.isWindowed ? 8 : 0
        var total = extra?.count ?? 0
        for slot in slots { total += head + record(Int(slot)).groupKeyLength }
        let data = Buffer(capacity: total)
        let count = slots.count + (extra == nil ? 0 : 1)
        let offsetBuffer = Buffer(capacity: (count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        var used = 0
        offsets[0] = 0
        for (row, slot) in slots.enumerated() {
            let record = record(Int(slot))
            if head > 0 {
                let start = layout.span.start(record.groupWindow)
                data.base.storeBytes(of: start.bigEndian, toByteOffset: used, as: Int64.self)
                used += head
            }
            let key = layout.key(record)
            if let base = key.baseAddress { (data.base + used).copyMemory(from: base, byteCount: key.count) }
            used += key.count
            offsets[row + 1] = Int32(used)
        }
        if let extra {
            extra.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(start: data.base + used, count: extra.count).copyMemory(from: $0)
            }
            offsets[count] = Int32(used + extra.count)
        }
        return Column(type: .bytes, count: count, data: data, offsets: offsetBuffer)
    }

    /// All changes since the last call, in the order of the store; nil when there are none.
    /// - Parameters:
    ///   - extra: one more entry, whose key sorts behind all others.
    ///   - deletedRanges: of the store, before the puts.
    func flush(
        extra: (key: [UInt8], value: [UInt8])? = nil,
        deletedRanges: [(lower: [UInt8], upper: [UInt8])] = []
    ) throws -> StateChange? {
        var changed: [UInt32] = []
        changed.reserveCapacity(dirty.count)
        for slot in dirty {
            let record = record(Int(slot))
            let flags = record.groupFlags
            // Records that were freed, or came twice.
            guard flags & GroupRecord.isDirty != 0 else { continue }
            record.groupFlags = flags & ~GroupRecord.isDirty | GroupRecord.isFlushing
            changed.append(slot)
        }
        dirty.removeAll(keepingCapacity: true)
        flushed += changed
        guard !changed.isEmpty || extra != nil || !deletedRanges.isEmpty else { return nil }
        sort(&changed)
        if layout.span.count > 1 {
            let (keys, values) = try spans(changed, extra: extra)
            return StateChange(store: store, keys: keys, values: values, deletedRanges: deletedRanges)
        }
        return StateChange(
            store: store,
            keys: storeKeys(changed, extra: extra?.key),
            values: storedValues(changed, extra: extra?.value),
            deletedRanges: deletedRanges
        )
    }

    private func storedValues(_ slots: [UInt32], extra: [UInt8]?) -> Column {
        let count = slots.count + (extra == nil ? 0 : 1)
        let offsetBuffer = Buffer(capacity: (count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        let validity = Bitmap.buffer(count, allSet: true)
        let words = validity.base.assumingMemoryBound(to: UInt64.self)
        var total = 0
        offsets[0] = 0
        for (row, slot) in slots.enumerated() {
            let record = record(Int(slot))
            if record.groupFlags & GroupRecord.isPresent != 0 {
                total += layout.storedSize(record)
            } else {
                Bitmap.clear(words, row)
            }
            offsets[row + 1] = Int32(total)
        }
        let data = Buffer(capacity: total + (extra?.count ?? 0))
        for (row, slot) in slots.enumerated() where Bitmap.get(words, row) {
            layout.store(record(Int(slot)), to: data.base + Int(offsets[row]))
        }
        if let extra {
            extra.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(start: data.base + total, count: extra.count).copyMemory(from: $0)
            }
            offsets[count] = Int32(total + extra.count)
        }
        return Column(type: .bytes, count: count, validity: validity, data: data, offsets: offsetBuffer)
    }

    /// The last flush is in the store: its records may be evicted.
    func committed() {
        for slot in flushed { record(Int(slot)).groupFlags &= ~GroupRecord.isFlushing }
        flushed.removeAll(keepingCapacity: true)
    }

    /// True when the store has no entry at all.
    func isStoreEmpty() throws -> Bool {
        var isEmpty = true
        try database.scan(store, from: [], to: nil) { _, _ in
            isEmpty = false
            return false
        }
        return isEmpty
    }
}

/// The order of two byte strings: negative, 0 or positive.
func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let shared = min(left.count, right.count)
    if shared > 0, let a = left.baseAddress, let b = right.baseAddress {
        let order = memcmp(a, b, shared)
        if order != 0 { return Int(order) }
    }
    return left.count - right.count
}
