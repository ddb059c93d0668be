import Values

extension TableSource: ReadableState {
    /// Calls `body` with the committed rows that `query` wants, in the order of the key in each store, until it returns
    /// false.
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
            var found = StoredTableRows(input)
            if let keys = query.keys, input.isWindowed {
                for bounds in windowBounds(keys, query.windowStarts) {
                    try database.scan(store, from: bounds.lower, to: bounds.upper) { key, value in
                        try found.add(key, value)
                        return true
                    }
                }
            } else if let keys = query.keys {
                let storeKeys = query.storeKeys(keys, windows: nil)
                guard storeKeys.count > 0 else { return }
                let values = try database.multiGet(store, storeKeys)
                for row in 0..<values.count where !values.isNull(row) {
                    try found.add(storeKeys.bytes(row), values.bytes(row))
                }
            } else {
                var goesOn = true
                try database.scan(store, from: [], to: nil) { key, value in
                    try found.add(key, value)
                    guard found.count == query.rowsMax else { return true }
                    goesOn = try body(found.batch())
                    found = StoredTableRows(input)
                    return goesOn
                }
                guard goesOn else { return }
            }
            if found.count > 0, try !body(found.batch()) { return }
        }
    }

    /// For each key the range of its windows among the stored keys, which end in the window's bounds.
    private func windowBounds(
        _ keys: [Column],
        _ starts: ClosedRange<Int64>
    ) -> [(lower: [UInt8], upper: [UInt8])] {
        let count = keys.first?.count ?? 0
        func encoded(_ start: Int64, _ end: Int64) -> Column {
            let bounds = [start, end].map { Column.constant(.bigint, .bigint($0), count: count) }
            return KeyEncoder.encode(keys + bounds, count: count)
        }
        let lower = encoded(starts.lowerBound, .min)
        let upper = encoded(starts.upperBound, .max)
        return (0..<count).map { (Array(lower.bytes($0)), Array(upper.bytes($0)) + [0]) }
    }
}

/// Collects stored rows of a table.
private struct StoredTableRows {
    private let schema: Schema
    private let keys = ColumnBuilder(.bytes)
    private let values = ColumnBuilder(.bytes)
    private let times = ColumnBuilder(.bigint)

    init(_ schema: Schema) { self.schema = schema }

    var count: Int { keys.count }

    /// - Throws: ``StateError`` when `stored` is not the stored form of a ``TableRows`` record.
    func add(_ key: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer) throws(StateError) {
        // Timestamp, the empty slot of the blob, the blob's length, the blob.
        guard stored.count >= 20, stored.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == stored.count - 20 else {
            throw StateError.size(stored.count)
        }
        keys.append(bytes: key)
        values.append(bytes: UnsafeRawBufferPointer(rebasing: stored[20...]))
        times.append(stored.loadUnaligned(as: Int64.self))
    }

    func batch() -> Batch {
        Batch(
            schema: schema,
            count: count,
            columns: KeyDecoder.decode(keys.finish(), types: schema.fields[..<schema.valueStart].map(\.type))
                + RowBytes.decode(values.finish(), types: schema.values.map(\.type)),
            timestamps: times.finish()
        )
    }
}
