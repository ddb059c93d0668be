import Synchronization
import Values

/// A ``StateDatabase`` that forgets everything when it is released; for tests and for trying things out.
public final class MemoryDatabase: StateDatabase {
    private let content = Mutex(SortedBytes())

    public init() {}

    public func get(_ key: [UInt8]) throws -> [UInt8]? {
        content.withLock { $0[key] }
    }

    public func multiGet(_ store: StoreID, _ keys: Column) throws -> Column {
        let prefix = store.prefix
        let values = ColumnBuilder(.bytes, capacity: keys.count)
        content.withLock { content in
            for row in 0..<keys.count {
                if let value = content[prefix + keys.bytes(row)] {
                    value.withUnsafeBytes { values.append(bytes: $0) }
                } else {
                    values.appendNull()
                }
            }
        }
        return values.finish()
    }

    public func scan(
        _ store: StoreID,
        from lower: [UInt8],
        to upper: [UInt8]?,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let prefix = store.prefix
        let end = upper.map { prefix + $0 } ?? store.end
        for (key, value) in content.withLock({ $0.entries(from: prefix + lower, to: end) }) {
            let goOn = try key.withUnsafeBytes { key in
                try value.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: key[prefix.count...]), $0) }
            }
            if !goOn { return }
        }
    }

    public func scanRaw(
        from lower: [UInt8],
        to upper: [UInt8],
        _ body: ([UInt8], [UInt8]) throws -> Bool
    ) throws {
        for (key, value) in content.withLock({ $0.entries(from: lower, to: upper) }) where try !body(key, value) {
            return
        }
    }

    public func write(_ changes: [StateChange], _ puts: [RawPut], sync: Bool) throws {
        content.withLock { content in
            for change in changes { Self.apply(change, to: &content) }
            for put in puts {
                if let value = put.value { content.put(put.key, value) } else { content.remove(put.key) }
            }
        }
    }

    public func approximateBytes(of store: StoreID) -> Int64 {
        content.withLock { content in
            content.entries(from: store.prefix, to: store.end).reduce(0) { $0 + Int64($1.key.count + $1.value.count) }
        }
    }

    private static func apply(_ change: StateChange, to content: inout SortedBytes) {
        precondition(change.keys.count == change.values.count, "one value a key")
        let prefix = change.store.prefix
        for range in change.deletedRanges {
            for entry in content.entries(from: prefix + range.lower, to: prefix + range.upper) {
                content.remove(entry.key)
            }
        }
        for row in 0..<change.keys.count {
            let key = prefix + change.keys.bytes(row)
            if change.values.isNull(row) {
                content.remove(key)
            } else {
                content.put(key, Array(change.values.bytes(row)))
            }
        }
    }
}

extension StoreID {
    /// The first key behind the store, so that `prefix..<end` holds exactly its keys.
    public var end: [UInt8] {
        // Partitions are not negative and numbers stay far below 2^32, so the sum cannot overflow.
        let word = UInt64(number) << 32 | UInt64(UInt32(bitPattern: partition))
        return withUnsafeBytes(of: (word + 1).bigEndian) { Array($0) }
    }
}
