import CRocksDB
import Runtime
import Values

/// The writes of one commit, built before any lock is taken; owns the C object.
struct WriteBatch: ~Copyable {
    let batch: OpaquePointer

    init(_ changes: [StateChange], _ puts: [RawPut]) {
        batch = rocksdb_writebatch_create()
        for change in changes { add(change) }
        for put in puts { add(put) }
    }

    deinit { rocksdb_writebatch_destroy(batch) }

    private func add(_ put: RawPut) {
        put.key.withUnsafeBytes { key in
            let name = key.bindMemory(to: CChar.self).baseAddress
            guard let value = put.value else {
                rocksdb_writebatch_delete(batch, name, key.count)
                return
            }
            value.withUnsafeBytes {
                rocksdb_writebatch_put(batch, name, key.count, $0.bindMemory(to: CChar.self).baseAddress, $0.count)
            }
        }
    }

    private func add(_ change: StateChange) {
        precondition(change.keys.count == change.values.count, "one value a key")
        let prefix = change.store.prefix
        for range in change.deletedRanges {
            let lower = prefix + range.lower
            let upper = prefix + range.upper
            lower.withUnsafeBytes { lower in
                upper.withUnsafeBytes { upper in
                    rocksdb_writebatch_delete_range(
                        batch,
                        lower.bindMemory(to: CChar.self).baseAddress,
                        lower.count,
                        upper.bindMemory(to: CChar.self).baseAddress,
                        upper.count
                    )
                }
            }
        }
        if change.keys.count > 0 { addRows(change, prefix) }
    }

    private func addRows(_ change: StateChange, _ prefix: [UInt8]) {
        let keyOffsets = change.keys.offsets
        let keyArena = change.keys.arena
        let valueOffsets = change.values.offsets
        let valueArena = UnsafeRawPointer(change.values.arena).assumingMemoryBound(to: CChar.self)
        let validity = change.values.validityWords
        var longest = 0
        for row in 0..<change.keys.count { longest = max(longest, Int(keyOffsets[row + 1] - keyOffsets[row])) }
        let scratch = Buffer(capacity: 8 + longest)
        scratch.base.storeBytes(of: prefix.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }, as: UInt64.self)
        let name = UnsafePointer(scratch.base.assumingMemoryBound(to: CChar.self))
        for row in 0..<change.keys.count {
            let start = Int(keyOffsets[row])
            let length = Int(keyOffsets[row + 1]) - start
            (scratch.base + 8).copyMemory(from: keyArena + start, byteCount: length)
            if let validity, !Bitmap.get(validity, row) {
                rocksdb_writebatch_delete(batch, name, 8 + length)
                continue
            }
            let value = Int(valueOffsets[row])
            let count = Int(valueOffsets[row + 1]) - value
            rocksdb_writebatch_put(batch, name, 8 + length, valueArena + value, count)
        }
    }
}
