import CRocksDB
import Glibc
import Runtime
import Values

/// The arguments and results of MultiGet for one column of keys.
///
/// RocksDB pins the block of every value that it returns, even beyond the capacity of its cache. So the keys are looked up
/// in parts, whose values are copied and released before the next.
struct KeyRequest {
    /// Keys looked up at a time: at most so many blocks are pinned.
    private static let partMax = 512

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
        var found = FoundValues(count)
        for start in stride(from: 0, to: count, by: Self.partMax) {
            let part = min(Self.partMax, count - start)
            rocksdb_batched_multi_get_cf(
                handle.database,
                options,
                handle.family,
                part,
                pointers + start,
                lengths + start,
                values + start,
                failures + start,
                isSorted
            )
            for row in start..<start + part {
                guard let text = failures[row] else { continue }
                if failure == nil { failure = text } else { rocksdb_free(text) }
            }
            found.take(values + start, part)
        }
        return found.column
    }
}

/// Copies of values, in the order of the keys.
private struct FoundValues {
    private let count: Int
    private let offsets: Buffer
    private let validity: Buffer
    private var data: Buffer
    private var row = 0
    private var missing = 0

    init(_ count: Int) {
        self.count = count
        offsets = Buffer(capacity: (count + 1) * 4)
        offsets.base.storeBytes(of: 0, as: Int32.self)
        validity = Bitmap.buffer(count, allSet: true)
        data = Buffer(capacity: count * 16)
    }

    var column: Column {
        Column(type: .bytes, count: count, validity: missing > 0 ? validity : nil, data: data, offsets: offsets)
    }

    /// Appends values, which are released.
    mutating func take(_ values: UnsafeMutablePointer<OpaquePointer?>, _ part: Int) {
        let ends = offsets.base.assumingMemoryBound(to: Int32.self)
        let words = validity.base.assumingMemoryBound(to: UInt64.self)
        var used = Int(ends[row])
        for index in 0..<part {
            if let value = values[index] {
                var length = 0
                let bytes = rocksdb_pinnableslice_value(value, &length)
                if used + length > data.capacity { grow(to: used + length, keeping: used) }
                if length > 0, let bytes { (data.base + used).copyMemory(from: bytes, byteCount: length) }
                used += length
                rocksdb_pinnableslice_destroy(value)
            } else {
                Bitmap.clear(words, row + index)
                missing += 1
            }
            ends[row + index + 1] = Int32(truncatingIfNeeded: used)
        }
        row += part
    }

    private mutating func grow(to bytes: Int, keeping used: Int) {
        precondition(bytes <= Int(Int32.max), "the values of one request stay below 2 GiB")
        let larger = Buffer(capacity: min(max(bytes, data.capacity * 2), Int(Int32.max)))
        larger.base.copyMemory(from: data.base, byteCount: used)
        data = larger
    }
}
