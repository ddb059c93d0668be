import CRocksDB
import Glibc
import Runtime
import Values

/// The arguments and results of one MultiGet, in one block of memory.
struct KeyRequest {
    private let count: Int
    private let keyBytes: Buffer
    private let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private let lengths: UnsafeMutablePointer<Int>
    private let values: UnsafeMutablePointer<OpaquePointer?>
    private let failures: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let arguments: Buffer
    private var isSorted = true

    init(_ store: StoreID, _ keys: Column) {
        precondition(keys.validity == nil || keys.nullCount == 0, "keys are not NULL")
        count = keys.count
        let offsets = keys.offsets
        let arena = UnsafeRawPointer(keys.arena)
        let prefix = store.prefix.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        keyBytes = Buffer(capacity: count * 8 + Int(offsets[count] - offsets[0]))
        arguments = Buffer(capacity: count * 32)
        pointers = arguments.base.bindMemory(to: UnsafePointer<CChar>?.self, capacity: count)
        lengths = (arguments.base + count * 8).bindMemory(to: Int.self, capacity: count)
        values = (arguments.base + count * 16).bindMemory(to: OpaquePointer?.self, capacity: count)
        failures = (arguments.base + count * 24).bindMemory(to: UnsafeMutablePointer<CChar>?.self, capacity: count)
        var out = keyBytes.base
        var before = UnsafeRawPointer(out)
        var lengthBefore = 0
        for row in 0..<count {
            let length = Int(offsets[row + 1] - offsets[row])
            let key = arena + Int(offsets[row])
            out.storeBytes(of: prefix, as: UInt64.self)
            (out + 8).copyMemory(from: key, byteCount: length)
            pointers[row] = UnsafePointer(out.assumingMemoryBound(to: CChar.self))
            lengths[row] = length + 8
            values[row] = nil
            failures[row] = nil
            if isSorted, row > 0 {
                let order = memcmp(before, key, min(lengthBefore, length))
                isSorted = order < 0 || (order == 0 && lengthBefore <= length)
            }
            before = key
            lengthBefore = length
            out += length + 8
        }
    }

    /// Looks the keys up; the first failure is left in `failure`.
    func run(
        _ handle: borrowing RocksHandle,
        _ options: OpaquePointer,
        _ failure: inout UnsafeMutablePointer<CChar>?
    ) -> Column {
        rocksdb_batched_multi_get_cf(
            handle.database,
            options,
            handle.family,
            count,
            pointers,
            lengths,
            values,
            failures,
            isSorted
        )
        for row in 0..<count {
            guard let text = failures[row] else { continue }
            if failure == nil { failure = text } else { rocksdb_free(text) }
        }
        return takeValues()
    }

    /// Copies the pinned values into a column and releases them.
    private func takeValues() -> Column {
        let offsets = Buffer(capacity: (count + 1) * 4)
        let ends = offsets.base.assumingMemoryBound(to: Int32.self)
        ends[0] = 0
        var total = 0
        var missing = 0
        for row in 0..<count {
            var length = 0
            if let value = values[row] {
                // The lengths are not needed any more: their place keeps where the bytes are.
                pointers[row] = rocksdb_pinnableslice_value(value, &length)
            } else {
                missing += 1
            }
            total += length
            precondition(total <= Int(Int32.max), "the values of one request stay below 2 GiB")
            ends[row + 1] = Int32(truncatingIfNeeded: total)
        }
        let data = Buffer(capacity: total)
        let validity = missing > 0 ? Bitmap.buffer(count, allSet: true) : nil
        let words = validity?.base.assumingMemoryBound(to: UInt64.self)
        for row in 0..<count {
            guard let value = values[row] else {
                if let words { Bitmap.clear(words, row) }
                continue
            }
            let start = Int(ends[row])
            let length = Int(ends[row + 1]) - start
            if length > 0, let bytes = pointers[row] {
                (data.base + start).copyMemory(from: bytes, byteCount: length)
            }
            rocksdb_pinnableslice_destroy(value)
        }
        return Column(type: .bytes, count: count, validity: validity, data: data, offsets: offsets)
    }
}
