import Values

/// Which committed rows of a table a pull query wants.
public struct StateQuery: Sendable {
    /// Key columns of the wanted rows, one row a key; nil: all.
    public let keys: [Column]?
    /// Bounds of WINDOWSTART, both inclusive; ignored for tables without windows.
    public let windowStarts: ClosedRange<Int64>
    /// Rows per batch at the most.
    public let rowsMax: Int

    public init(keys: [Column]? = nil, windowStarts: ClosedRange<Int64> = 0...Int64.max, rowsMax: Int = 4096) {
        self.keys = keys
        self.windowStarts = windowStarts.clamped(to: 0...Int64.max)
        self.rowsMax = rowsMax
    }

    /// The stored keys that are asked for by ``keys``; rows with a NULL key are left out.
    func storeKeys(_ keys: [Column], windows: [Int64]?) -> Column {
        let encoded = KeyEncoder.encode(keys, count: keys.first?.count ?? 0)
        var list: [[UInt8]] = []
        for row in 0..<encoded.count where !encoded.isNull(row) {
            let key = [UInt8](encoded.bytes(row))
            if let windows {
                list += windows.map { WindowClock.bytes($0) + key }
            } else {
                list.append(key)
            }
        }
        list.sort { $0.lexicographicallyPrecedes($1) }
        let builder = ColumnBuilder(.bytes, capacity: list.count)
        for (index, key) in list.enumerated() where index == 0 || list[index - 1] != key {
            key.withUnsafeBytes { builder.append(bytes: $0) }
        }
        return builder.finish()
    }
}
