import Values

extension SessionAggregate: ReadableState {
    /// Calls `body` with the committed rows that `query` wants, in the order of the key, then time, in each store, until
    /// it returns false.
    ///
    /// Callable on any thread.
    /// - Parameter stores: of all partitions that may hold rows.
    public func rows(
        in database: any StateDatabase,
        stores: [StoreID],
        _ query: StateQuery,
        _ body: (Batch) throws -> Bool
    ) throws {
        for store in stores {
            let hiddenBefore = try hiddenBefore(database, store)
            var reader = SessionReader(self, query, hiddenBefore)
            if let keys = query.keys {
                let storeKeys = query.storeKeys(keys, windows: [0])
                guard storeKeys.count > 0 else { continue }
                let values = try database.multiGet(store, storeKeys)
                for row in 0..<values.count where !values.isNull(row) {
                    try reader.add(storeKeys.bytes(row), values.bytes(row))
                }
            } else {
                var goesOn = true
                try database.scan(store, from: [], to: WindowClock.key) { key, value in
                    try reader.add(key, value)
                    guard reader.count >= query.rowsMax else { return true }
                    if let batch = reader.batch() { goesOn = try body(batch) }
                    reader = SessionReader(self, query, hiddenBefore)
                    return goesOn
                }
                guard goesOn else { return }
            }
            if let batch = reader.batch(), try !body(batch) { return }
        }
    }

    /// Sessions of the store that end before this are out of the retention time, though they may not have been removed.
    private func hiddenBefore(_ database: any StateDatabase, _ store: StoreID) throws -> Int64 {
        guard let stored = try database.get(store.prefix + WindowClock.key) else { return .min }
        return try SessionClock(window, isFinal: emitsFinal, stored: stored).hiddenBefore
    }
}

/// Collects stored sessions.
private struct SessionReader {
    private let query: StateQuery
    private let hiddenBefore: Int64
    private let keyTypes: [SQLType]
    private let stored: StoredRecords
    private let output: SessionOutput
    private let keys = ColumnBuilder(.bytes)

    init(_ spec: SessionAggregate, _ query: StateQuery, _ hiddenBefore: Int64) {
        self.query = query
        self.hiddenBefore = hiddenBefore
        keyTypes = spec.groups.keyTypes
        let rows = AggregateRows(spec.groups)
        stored = StoredRecords(rows.layout)
        output = SessionOutput(rows, spec.output)
    }

    var count: Int { output.count }

    func add(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws {
        guard key.count >= 8, value.count >= 20 else { throw StateError.size(value.count) }
        let row = Int32(keys.count)
        keys.append(bytes: UnsafeRawBufferPointer(rebasing: key[8...]))
        for session in try stored.sessions(UnsafeRawBufferPointer(rebasing: value[20...]))
        where session.end >= hiddenBefore && query.windowStarts.contains(session.start) {
            output.put(row, session)
        }
    }

    func batch() -> Batch? {
        let batch = output.batch(KeyDecoder.decode(keys.finish(), types: keyTypes))
        withExtendedLifetime(stored) {}
        return batch
    }
}
