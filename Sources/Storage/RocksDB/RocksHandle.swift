import CRocksDB

/// An open RocksDB database with its one column family.
///
/// One column family for everything, state of all stores and the engine's own area: a store is a key range by its
/// eight-byte prefix. 200 queries with 8 partitions each would be 1 600 column families, each with a memtable of its own
/// to budget, a few files to open at start and an idle one to hold back the removal of old write-ahead logs.
struct RocksHandle: ~Copyable {
    let database: OpaquePointer
    let family: OpaquePointer

    init(_ path: String, _ options: OpaquePointer) throws(StorageError) {
        var failure: UnsafeMutablePointer<CChar>?
        var family: OpaquePointer?
        let database = "default".withCString { name in
            var names: [UnsafePointer<CChar>?] = [name]
            var families: [OpaquePointer?] = [options]
            return rocksdb_open_column_families(options, path, 1, &names, &families, &family, &failure)
        }
        if let failure { throw .rocks("open", path, takeText(failure)) }
        guard let database, let family else { throw .rocks("open", path, "no reason given") }
        self.database = database
        self.family = family
    }

    deinit {
        rocksdb_column_family_handle_destroy(family)
        rocksdb_close(database)
    }

    /// The number of writes so far, one for each key: it tells whether a write took effect.
    var sequence: UInt64 { rocksdb_get_latest_sequence_number(database) }

    /// How many flushes and compactions have failed since the database was opened.
    var backgroundFailures: UInt64 {
        var count: UInt64 = 0
        rocksdb_property_int(database, "rocksdb.background-errors", &count)
        return count
    }
}
