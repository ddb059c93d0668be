import Values

extension Aggregate: ReadableState {
    /// Calls `body` with the committed rows that `query` wants, in the order of each store, until it returns false: by
    /// window and key, where windows overlap by stretches of them.
    ///
    /// Callable on any thread.
    /// - Parameter stores: of all partitions that may hold rows.
    public func rows(
        in database: any StateDatabase,
        stores: [StoreID],
        _ query: StateQuery,
        _ body: (Batch) throws -> Bool
    ) throws {
        let reader = AggregateReader(self, database, query)
        for store in stores {
            let goesOn =
                if let keys = query.keys { try reader.look(for: keys, in: store, body) } else {
                    try reader.scan(store, body)
                }
            if !goesOn { return }
        }
    }
}

/// Reads committed groups.
private struct AggregateReader {
    private let rows: AggregateRows
    private let database: any StateDatabase
    private let query: StateQuery
    private let window: TimeWindow?
    private var isWindowed: Bool { window != nil }

    init(_ spec: Aggregate, _ database: any StateDatabase, _ query: StateQuery) {
        rows = AggregateRows(spec)
        self.database = database
        self.query = query
        window = spec.window
    }

    /// Looks the keys up, in every window that the store has within the bounds.
    func look(for keys: [Column], in store: StoreID, _ body: (Batch) throws -> Bool) throws -> Bool {
        let windows = isWindowed ? try entryStarts(store) : nil
        let visible = try visibleWindows(store)
        let storeKeys = query.storeKeys(keys, windows: windows)
        guard storeKeys.count > 0 else { return true }
        let values = try database.multiGet(store, storeKeys)
        var stored = StoredRecords(rows.layout)
        for row in 0..<values.count where !values.isNull(row) {
            try add(storeKeys.bytes(row), values.bytes(row), visible, to: stored)
            if stored.count >= query.rowsMax {
                guard try pass(stored, body) else { return false }
                stored = StoredRecords(rows.layout)
            }
        }
        return try pass(stored, body)
    }

    /// The windows that the query wants and that have not expired.
    private func visibleWindows(_ store: StoreID) throws -> ClosedRange<Int64> {
        let wanted = query.windowStarts
        guard let window, rows.layout.span.count > 1, let stored = try database.get(store.prefix + WindowClock.key)
        else { return wanted }
        let first = max(wanted.lowerBound, try WindowClock(window, rows.layout.span, stored: stored).expiredBefore)
        // No window starts at the end of time.
        return first <= wanted.upperBound ? first...wanted.upperBound : Int64.max...Int64.max
    }

    /// The first windows of the entries that the store has.
    private func entryStarts(_ store: StoreID) throws -> [Int64] {
        var starts: [Int64] = []
        var next = rows.layout.span.start(query.windowStarts.lowerBound)
        while next <= query.windowStarts.upperBound {
            var found: Int64?
            try database.scan(store, from: WindowClock.bytes(next), to: upperBound) { key, _ in
                found = Int64(bigEndian: key.loadUnaligned(as: Int64.self))
                return false
            }
            guard let found else { break }
            starts.append(found)
            guard found < .max else { break }
            next = found + 1
        }
        return starts
    }

    func scan(_ store: StoreID, _ body: (Batch) throws -> Bool) throws -> Bool {
        var stored = StoredRecords(rows.layout)
        var goesOn = true
        let lower = isWindowed ? WindowClock.bytes(rows.layout.span.start(query.windowStarts.lowerBound)) : []
        let visible = try visibleWindows(store)
        try database.scan(store, from: lower, to: upperBound) { key, value in
            try add(key, value, visible, to: stored)
            guard stored.count >= query.rowsMax else { return true }
            goesOn = try pass(stored, body)
            stored = StoredRecords(rows.layout)
            return goesOn
        }
        return goesOn ? try pass(stored, body) : false
    }

    private var upperBound: [UInt8]? {
        guard isWindowed else { return nil }
        let last = query.windowStarts.upperBound
        return last == .max ? WindowClock.key : WindowClock.bytes(rows.layout.span.start(last) + 1)
    }

    private func add(
        _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer,
        _ visible: ClosedRange<Int64>,
        to stored: StoredRecords
    ) throws {
        try rows.layout.forEachRecord(key, value) { key, window, form in
            if !isWindowed || visible.contains(window) { try stored.add(key, window: window, form) }
        }
    }

    private func pass(_ stored: StoredRecords, _ body: (Batch) throws -> Bool) throws -> Bool {
        defer { withExtendedLifetime(stored) {} }
        for batch in rows.batches(stored.records, rowsMax: query.rowsMax) {
            guard try body(batch) else { return false }
        }
        return true
    }
}
