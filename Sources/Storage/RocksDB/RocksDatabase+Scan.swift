import CRocksDB
import Runtime

extension RocksDatabase {
    public func scan(
        _ store: StoreID,
        from lower: [UInt8],
        to upper: [UInt8]?,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let prefix = store.prefix
        let end = upper.map { prefix + $0 } ?? store.end
        // Reading a whole store must not push everything else out of the cache.
        let isWhole = lower.isEmpty && upper == nil
        try iterate(from: prefix + lower, to: end, fillCache: !isWhole) { key, value in
            try body(UnsafeRawBufferPointer(rebasing: key[prefix.count...]), value)
        }
    }

    public func scanRaw(
        from lower: [UInt8],
        to upper: [UInt8],
        _ body: ([UInt8], [UInt8]) throws -> Bool
    ) throws {
        try iterate(from: lower, to: upper, fillCache: true) { try body(Array($0), Array($1)) }
    }

    private func iterate(
        from lower: [UInt8],
        to upper: [UInt8],
        fillCache: Bool,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        guard lower.lexicographicallyPrecedes(upper) else { return }
        try withOpen("scan") { handle, failure in
            try upper.withUnsafeBytes { bound in
                let options: OpaquePointer = rocksdb_readoptions_create()
                defer { rocksdb_readoptions_destroy(options) }
                rocksdb_readoptions_set_iterate_upper_bound(
                    options,
                    bound.bindMemory(to: CChar.self).baseAddress,
                    bound.count
                )
                rocksdb_readoptions_set_fill_cache(options, fillCache ? 1 : 0)
                let iterator: OpaquePointer = rocksdb_create_iterator_cf(handle.database, options, handle.family)
                defer { rocksdb_iter_destroy(iterator) }
                lower.withUnsafeBytes {
                    rocksdb_iter_seek(iterator, $0.bindMemory(to: CChar.self).baseAddress, $0.count)
                }
                try Self.visit(iterator, body)
                rocksdb_iter_get_error(iterator, &failure)
            }
        }
    }

    private static func visit(
        _ iterator: OpaquePointer,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        while rocksdb_iter_valid(iterator) != 0 {
            var keyLength = 0
            var valueLength = 0
            let key = UnsafeRawPointer(rocksdb_iter_key(iterator, &keyLength))
            let value = UnsafeRawPointer(rocksdb_iter_value(iterator, &valueLength))
            let goOn = try body(
                UnsafeRawBufferPointer(start: key, count: keyLength),
                UnsafeRawBufferPointer(start: value, count: valueLength)
            )
            if !goOn { return }
            rocksdb_iter_next(iterator)
        }
    }
}

/// How large a store is.
enum StoreSize {
    /// A store is counted key by key up to this many, when it is not in files yet.
    private static let countedMax = 10_000

    static func inFiles(
        _ database: OpaquePointer,
        _ family: OpaquePointer,
        _ store: StoreID,
        _ failure: inout UnsafeMutablePointer<CChar>?
    ) -> Int64 {
        var size: UInt64 = 0
        store.prefix.withUnsafeBytes { lower in
            store.end.withUnsafeBytes { upper in
                var starts = [lower.bindMemory(to: CChar.self).baseAddress]
                var startLengths = [lower.count]
                var ends = [upper.bindMemory(to: CChar.self).baseAddress]
                var endLengths = [upper.count]
                rocksdb_approximate_sizes_cf(
                    database,
                    family,
                    1,
                    &starts,
                    &startLengths,
                    &ends,
                    &endLengths,
                    &size,
                    &failure
                )
            }
        }
        return Int64(clamping: size)
    }

    static func counted(_ database: RocksDatabase, _ store: StoreID) throws -> Int64 {
        var total: Int64 = 0
        var rows = 0
        try database.scan(store, from: [], to: nil) { key, value in
            total += Int64(key.count + value.count + store.prefix.count)
            rows += 1
            return rows < countedMax
        }
        return total
    }
}
