import CRocksDB
import CRocksExtras

/// The tuned options of the state database; owns the C objects.
struct RocksOptions: ~Copyable {
    let options: OpaquePointer
    let read: OpaquePointer
    let write: OpaquePointer

    init(_ settings: StorageSettings, path: String) throws(StorageError) {
        let plain: OpaquePointer = rocksdb_options_create()
        defer { rocksdb_options_destroy(plain) }
        options = rocksdb_options_create()
        read = rocksdb_readoptions_create()
        write = rocksdb_writeoptions_create()
        // Commits are sorted runs of keys: each key is looked for beside the one before it in the skip list.
        rocksdb_writeoptions_set_memtable_insert_hint_per_batch(write, 1)
        var failure: UnsafeMutablePointer<CChar>?
        rocksdb_get_options_from_string(plain, Self.text(settings), options, &failure)
        if let failure { throw .rocks("configure", path, takeText(failure)) }
        weir_rocksdb_prepare(options)
    }

    deinit {
        rocksdb_writeoptions_destroy(write)
        rocksdb_readoptions_destroy(read)
        rocksdb_options_destroy(options)
    }

    private static func text(_ settings: StorageSettings) -> String {
        let list = table(settings).map { "\($0)=\($1)" }.joined(separator: ";")
        return (database(settings).map { "\($0)=\($1)" } + ["block_based_table_factory={\(list)}"])
            .joined(separator: ";")
    }

    private static func database(_ settings: StorageSettings) -> [(String, String)] {
        [
            ("create_if_missing", "true"),
            ("write_buffer_size", "\(max(settings.writeBufferBytes / 2, 1 << 20))"),
            ("db_write_buffer_size", "\(max(settings.writeBufferBytes, 2 << 20))"),
            // Most keys that are looked up have not been written just now: this finds that out without the skip list.
            ("memtable_whole_key_filtering", "true"),
            ("memtable_prefix_bloom_size_ratio", "0.05"),
            ("compression", settings.isCompressed ? "kLZ4Compression" : "kNoCompression"),
            // Nearly every key is in the last level, whose filters would take nine tenths of the memory for filters and
            // save nothing.
            ("optimize_filters_for_hits", "true"),
            ("max_background_jobs", "\(max(settings.backgroundThreads, 1))"),
            ("level_compaction_dynamic_level_bytes", "true"),
            // Every compaction of random updates rewrites all of the next level: half as many for a few filters more to
            // ask, most of which the cache above spares.
            ("level0_file_num_compaction_trigger", "8"),
            ("max_open_files", "\(max(settings.openFilesMax, 32))"),
            // Only the last record may be torn when every record was synced before the next was written; otherwise
            // everything up to the first gap is a state that was committed once.
            (
                "wal_recovery_mode",
                settings.durability == .commit ? "kTolerateCorruptedTailRecords" : "kPointInTimeRecovery"
            ),
            ("avoid_flush_during_recovery", "true"),
            ("skip_stats_update_on_db_open", "true"),
            ("skip_checking_sst_file_sizes_on_db_open", "true"),
            // No thread that wakes up to print statistics.
            ("stats_dump_period_sec", "0"),
            ("stats_persist_period_sec", "0"),
        ]
    }

    private static func table(_ settings: StorageSettings) -> [(String, String)] {
        [
            ("block_cache", "{capacity=\(settings.cacheBytes);num_shard_bits=2;high_pri_pool_ratio=0.5}"),
            // Indexes and filters count too, so that the capacity is a bound; a lookup of many keys takes each from the
            // cache once a file. Index of 10 million keys: about 3 MB.
            ("cache_index_and_filter_blocks", "true"),
            ("cache_index_and_filter_blocks_with_high_priority", "true"),
            ("block_size", "4096"),
            ("format_version", "5"),
            ("data_block_index_type", "kDataBlockBinaryAndHash"),
            ("filter_policy", "bloomfilter:10:false"),
        ]
    }
}

/// The text of a C string that RocksDB allocated, which is freed.
func takeText(_ text: UnsafeMutablePointer<CChar>) -> String {
    defer { rocksdb_free(text) }
    return String(cString: text)
}
