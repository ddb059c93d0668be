import Values

/// Entries of the store that hold several windows of a key; see ``WindowSpan``.
extension GroupCache {
    /// Stands for a window that has no record.
    private static let none = UInt32.max

    /// The runs of records that share an entry, of records in the order of the store.
    private func runs(_ slots: [UInt32]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        runs.reserveCapacity(slots.count / 2 + 1)
        var start = 0
        for index in slots.indices.dropFirst() where !shareEntry(slots[start], slots[index]) {
            runs.append(start..<index)
            start = index
        }
        if start < slots.count { runs.append(start..<slots.count) }
        return runs
    }

    @inline(__always)
    private func shareEntry(_ left: UInt32, _ right: UInt32) -> Bool {
        let (left, right) = (record(Int(left)), record(Int(right)))
        guard left.groupKeyLength == right.groupKeyLength,
            layout.span.start(left.groupWindow) == layout.span.start(right.groupWindow)
        else { return false }
        if layout.isWord { return left.groupKeyWord == right.groupKeyWord }
        return compare(layout.key(left), layout.key(right)) == 0
    }

    /// Reads the records from the store, those that are there; they must be in its order.
    func loadSpans(_ slots: [UInt32]) throws {
        let runs = runs(slots)
        let values = try database.multiGet(store, storeKeys(runs.map { slots[$0.lowerBound] }))
        for (row, run) in runs.enumerated() where !values.isNull(row) {
            let entry = try SpanEntry(values.bytes(row), layout)
            for slot in slots[run] {
                let record = record(Int(slot))
                guard let stored = entry[layout.span.index(record.groupWindow)] else { continue }
                try layout.load(stored, into: record, outside)
                record.groupFlags |= GroupRecord.isPresent
            }
        }
    }

    /// The entries that changed records belong to, with what the store or the cache has of their neighbours.
    /// - Parameter changed: in the order of the store.
    func spans(_ changed: [UInt32], extra: (key: [UInt8], value: [UInt8])?) throws -> (keys: Column, values: Column) {
        let runs = runs(changed)
        let width = layout.span.count
        var members = [UInt32](repeating: GroupCache.none, count: runs.count * width)
        var unknown = [UInt64](repeating: 0, count: runs.count)
        var unread: [Int] = []
        for (row, run) in runs.enumerated() {
            for slot in changed[run] { members[row * width + layout.span.index(record(Int(slot)).groupWindow)] = slot }
            unknown[row] = addNeighbours(of: changed[run.lowerBound], to: &members, at: row * width)
            if unknown[row] != 0 { unread.append(row) }
        }
        var stored: [Column] = []
        if !unread.isEmpty {
            stored = [try database.multiGet(store, storeKeys(unread.map { changed[runs[$0].lowerBound] }))]
        }
        let keys = storeKeys(runs.map { changed[$0.lowerBound] }, extra: extra?.key)
        return (keys, try entries(members, unknown, unread, stored.first, extra?.value))
    }

    /// Puts the records of the same entry that are in memory into `members`.
    /// - Returns: a bit for each window that may be in the store, but is not in memory.
    private func addNeighbours(of slot: UInt32, to members: inout [UInt32], at offset: Int) -> UInt64 {
        let record = record(Int(slot))
        let key = layout.key(record)
        let keyHash = hash(key)
        let start = layout.span.start(record.groupWindow)
        var unknown: UInt64 = 0
        for index in 0..<layout.span.count where members[offset + index] == GroupCache.none {
            let window = layout.span.window(start, index)
            if window < removedBefore { continue }
            if window > newestWindow, window >= completeFrom { break }
            if let slot = self.slot(key, window, keyHash: keyHash) {
                members[offset + index] = slot
            } else if window < completeFrom {
                unknown |= 1 << UInt64(index)
            }
        }
        return unknown
    }

    /// The values of the entries; NULL for one without windows, which is to be deleted.
    private func entries(
        _ members: [UInt32],
        _ unknown: [UInt64],
        _ unread: [Int],
        _ stored: Column?,
        _ extra: [UInt8]?
    ) throws -> Column {
        let (rows, width, bytes) = (unknown.count, layout.span.count, layout.fixedStoredBytes)
        let builder = SpanBuilder(rows: rows, rowBytesMax: 8 + width * bytes, extra: extra)
        var next = 0
        for row in 0..<rows {
            var entry: SpanEntry?
            if next < unread.count, unread[next] == row {
                if let stored, !stored.isNull(next) { entry = try SpanEntry(stored.bytes(next), layout) }
                next += 1
            }
            builder.begin()
            for index in 0..<width {
                let slot = members[row * width + index]
                if slot != GroupCache.none {
                    let record = record(Int(slot))
                    guard record.groupFlags & GroupRecord.isPresent != 0 else { continue }
                    layout.store(record, to: builder.add(index, bytes))
                } else if unknown[row] >> UInt64(index) & 1 != 0, let form = entry?[index], let base = form.baseAddress
                {
                    builder.add(index, bytes).copyMemory(from: base, byteCount: bytes)
                }
            }
            builder.end(row)
        }
        return builder.finish()
    }
}

/// Builds the values of entries.
private final class SpanBuilder {
    private let rows: Int
    private let data: Buffer
    private let offsetBuffer: Buffer
    private let validity: Buffer
    private let extra: [UInt8]?
    private var start = 0
    private var used = 0
    private var mask: UInt64 = 0

    init(rows: Int, rowBytesMax: Int, extra: [UInt8]?) {
        self.rows = rows
        self.extra = extra
        data = Buffer(capacity: rows * rowBytesMax + (extra?.count ?? 0))
        offsetBuffer = Buffer(capacity: (rows + 2) * 4)
        offsetBuffer.base.storeBytes(of: 0, as: Int32.self)
        validity = Bitmap.buffer(rows + 1, allSet: true)
    }

    func begin() {
        start = used
        used += 8
        mask = 0
    }

    /// Where the window at a place goes, behind those before it.
    func add(_ index: Int, _ bytes: Int) -> UnsafeMutableRawPointer {
        mask |= 1 << UInt64(index)
        defer { used += bytes }
        return data.base + used
    }

    func end(_ row: Int) {
        if mask == 0 {
            used = start
            Bitmap.clear(validity.base.assumingMemoryBound(to: UInt64.self), row)
        } else {
            (data.base + start).storeBytes(of: mask, as: UInt64.self)
        }
        offsetBuffer.base.storeBytes(of: Int32(used), toByteOffset: (row + 1) * 4, as: Int32.self)
    }

    func finish() -> Column {
        if let extra {
            extra.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress { (data.base + used).copyMemory(from: base, byteCount: bytes.count) }
            }
            used += extra.count
            offsetBuffer.base.storeBytes(of: Int32(used), toByteOffset: (rows + 1) * 4, as: Int32.self)
        }
        return Column(
            type: .bytes,
            count: rows + (extra == nil ? 0 : 1),
            validity: validity,
            data: data,
            offsets: offsetBuffer
        )
    }
}
