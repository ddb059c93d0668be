import Glibc
import Values

/// The groups of one store that a task has in memory: a hash table from keys to records, written back at commits.
///
/// Bounded by bytes: records that the store knows are evicted (CLOCK) when room is needed; changed ones stay until they
/// are flushed, which ``wantsFlush`` asks for in time. Records that the current batch uses are never evicted.
final class GroupCache {
    let layout: GroupLayout
    let store: StoreID
    let database: any StateDatabase
    private let bytesMax: Int

    /// All records, number n at `n * layout.stride`; moves when records are added.
    private(set) var slab: UnsafeMutableRawPointer
    private var slabCapacity: Int
    /// Records up to here have been used.
    private(set) var highWater = 0
    /// A list of free records through their first words: number + 1, 0 at the end.
    private var freeHead = 0
    private(set) var used = 0

    /// Per entry 32 bits of hash, which also say where it belongs, and the record's number + 1; 0 is free.
    private var table: UnsafeMutablePointer<UInt64>
    private var tableBits = 6

    /// Bytes of blobs and long keys.
    let outside: UnsafeMutablePointer<Int>
    /// Changed records, some perhaps twice or freed since.
    var dirty: [UInt32] = []
    /// Records that are being committed.
    var flushed: [UInt32] = []
    /// Number of the current batch.
    private var stamp: UInt32 = 1
    private var hand = 0
    /// Groups of windows from here on are in memory or nowhere; others may be in the store.
    private(set) var completeFrom = Int64.max
    private var isOpen = false
    /// No record has an earlier window.
    private(set) var oldestWindow = Int64.max
    /// No record ever had a later window.
    private(set) var newestWindow = Int64.min
    /// Windows before are gone, though the store may still have them beside later ones.
    private(set) var removedBefore: Int64 = 0
    private let misses = Scratch<Int32>()

    init(layout: GroupLayout, store: StoreID, database: any StateDatabase, bytesMax: Int) {
        self.layout = layout
        self.store = store
        self.database = database
        self.bytesMax = bytesMax
        slabCapacity = 64
        slab = GroupCache.allocate(slabCapacity * layout.stride)
        table = .allocate(capacity: 1 << tableBits)
        table.initialize(repeating: 0, count: 1 << tableBits)
        outside = .allocate(capacity: 1)
        outside.initialize(to: 0)
    }

    deinit {
        if outside.pointee > 0 {
            for slot in 0..<highWater where record(slot).groupFlags & GroupRecord.isUsed != 0 {
                layout.release(record(slot), outside)
            }
        }
        free(slab)
        table.deallocate()
        outside.deallocate()
    }

    private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        guard let memory = malloc(bytes) else { preconditionFailure("out of memory") }
        return memory
    }

    /// The record of a slot; the address holds until the next ``find(_:into:)``.
    @inline(__always)
    func record(_ slot: Int) -> UnsafeMutableRawPointer { slab + slot &* layout.stride }

    /// Bytes in memory, about.
    var bytes: Int { used * layout.stride + (8 << tableBits) + outside.pointee }

    /// True when so many records are changed that they should be flushed before more come in.
    var wantsFlush: Bool {
        guard used > 0 else { return false }
        let changed = bytes / used * dirty.count
        return changed > min(bytesMax / 2, GroupCache.flushBytesMax(layout.span))
    }

    /// Bytes of changed records that one flush takes at the most, about; the column that it makes ends at 2 GiB, and may
    /// be twenty times as large where each changed window takes its neighbours along.
    private static func flushBytesMax(_ span: WindowSpan) -> Int { span.count == 1 ? 512 << 20 : 64 << 20 }
}

/// Keys to be looked up; without windows no key twice.
struct KeyRequests {
    let count: Int
    /// Encoded keys.
    let keys: Column
    /// The row of each request's key in them.
    let rows: UnsafePointer<Int32>
    /// The hash of each request's key; see ``RowGroups``.
    let hashes: UnsafePointer<UInt64>
    /// Start of each request's window; nil without windows.
    let windows: UnsafePointer<Int64>?
}

// Lookup.
extension GroupCache {
    @inline(__always)
    private static func combine(_ hash: UInt64, _ window: Int64) -> UInt64 {
        hash ^ (UInt64(bitPattern: window) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// Says that the store has no groups of windows from `window` on; to be called before the first lookup.
    /// - Parameter removed: the argument of the last ``removeWindows(before:)``.
    func open(completeFrom window: Int64, removedBefore removed: Int64 = 0) {
        isOpen = true
        completeFrom = window
        removedBefore = removed
    }

    /// Finds the records of all requests, reads them from the store or makes new ones, and pins them for this batch.
    /// - Parameter isSameBatch: what was found for the batch before stays pinned as well.
    func find(_ requests: KeyRequests, into slots: UnsafeMutablePointer<UInt32>, isSameBatch: Bool = false) throws {
        if !isOpen { open(completeFrom: try isStoreEmpty() ? .min : .max) }
        if !isSameBatch {
            stamp &+= 1
            if stamp == 0 { restartStamps() }
        }
        let misses = misses.reserve(requests.count)
        let count = layout.isWord ? probeWords(requests, slots, misses) : probeBytes(requests, slots, misses)
        if count > 0 { try add(requests, misses, count, slots) }
    }

    /// Puts the record's number into `slots` for hits, the request's into `misses` for the others.
    private func probeWords(
        _ requests: KeyRequests,
        _ slots: UnsafeMutablePointer<UInt32>,
        _ misses: UnsafeMutablePointer<Int32>
    ) -> Int {
        let (slab, stride, table, stamp) = (slab, layout.stride, table, stamp)
        let shift = UInt32(32 - tableBits)
        let mask = (1 << tableBits) - 1
        let (rows, hashes, windows) = (requests.rows, requests.hashes, requests.windows)
        let offsets = requests.keys.offsets
        let arena = UnsafeRawPointer(requests.keys.arena)
        var missed = 0
        for index in 0..<requests.count {
            let row = Int(rows[index])
            let (word, length) = keyWord(arena, offsets, row)
            let window = windows.map { $0[index] } ?? 0
            let tag = UInt32(truncatingIfNeeded: GroupCache.combine(hashes[index], window) >> 32)
            var position = Int(tag >> shift)
            while true {
                let entry = table[position]
                if entry == 0 {
                    misses[missed] = Int32(truncatingIfNeeded: index)
                    missed &+= 1
                    break
                }
                if UInt32(truncatingIfNeeded: entry >> 32) == tag {
                    let slot = UInt32(truncatingIfNeeded: entry) &- 1
                    let record = slab + Int(slot) &* stride
                    if record.groupKeyWord == word, record.groupWindow == window, record.groupKeyLength == length {
                        record.groupStamp = stamp
                        record.groupFlags |= GroupRecord.isReferenced
                        slots[index] = slot
                        break
                    }
                }
                position = (position &+ 1) & mask
            }
        }
        return missed
    }

    private func probeBytes(
        _ requests: KeyRequests,
        _ slots: UnsafeMutablePointer<UInt32>,
        _ misses: UnsafeMutablePointer<Int32>
    ) -> Int {
        let (slab, stride, table, stamp, layout) = (slab, layout.stride, table, stamp, layout)
        let shift = UInt32(32 - tableBits)
        let mask = (1 << tableBits) - 1
        var missed = 0
        for index in 0..<requests.count {
            let key = requests.keys.bytes(Int(requests.rows[index]))
            let window = requests.windows.map { $0[index] } ?? 0
            let tag = UInt32(truncatingIfNeeded: GroupCache.combine(requests.hashes[index], window) >> 32)
            var position = Int(tag >> shift)
            while true {
                let entry = table[position]
                if entry == 0 {
                    misses[missed] = Int32(truncatingIfNeeded: index)
                    missed &+= 1
                    break
                }
                if UInt32(truncatingIfNeeded: entry >> 32) == tag {
                    let slot = UInt32(truncatingIfNeeded: entry) &- 1
                    let record = slab + Int(slot) &* stride
                    if record.groupWindow == window, isEqual(layout.key(record), key) {
                        record.groupStamp = stamp
                        record.groupFlags |= GroupRecord.isReferenced
                        slots[index] = slot
                        break
                    }
                }
                position = (position &+ 1) & mask
            }
        }
        return missed
    }

    /// True when the record of that key and window is in memory.
    func contains(_ key: UnsafeRawBufferPointer, window: Int64) -> Bool {
        slot(key, window, keyHash: hash(key)) != nil
    }

    /// The record of a key and window that is in memory.
    /// - Parameter keyHash: the key's ``hash(_:)``.
    func slot(_ key: UnsafeRawBufferPointer, _ window: Int64, keyHash: UInt64) -> UInt32? {
        slot(key, window, GroupCache.combine(keyHash, window))
    }

    private func slot(_ key: UnsafeRawBufferPointer, _ window: Int64, _ hash: UInt64) -> UInt32? {
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        var position = Int(tag >> UInt32(32 - tableBits))
        let mask = (1 << tableBits) - 1
        while table[position] != 0 {
            if UInt32(truncatingIfNeeded: table[position] >> 32) == tag {
                let slot = UInt32(truncatingIfNeeded: table[position]) &- 1
                let record = record(Int(slot))
                if record.groupWindow == window, isEqual(layout.key(record), key) { return slot }
            }
            position = (position + 1) & mask
        }
        return nil
    }

    /// The hash of a key as ``RowGroups`` computes it.
    func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        // No byte is read of an empty key.
        let base = key.baseAddress ?? UnsafeRawPointer(table)
        guard layout.isWord else { return Hash.of(base, key.count) }
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { $0.baseAddress?.copyMemory(from: base, byteCount: key.count) }
        return Hash.of(word)
    }

    private func restartStamps() {
        for slot in 0..<highWater { record(slot).groupStamp = 0 }
        stamp = 1
    }
}

/// The bytes of a short key as a word, and how many there are.
@inline(__always)
func keyWord(_ arena: UnsafeRawPointer, _ offsets: UnsafePointer<Int32>, _ row: Int) -> (UInt64, Int) {
    let start = Int(offsets[row])
    let length = Int(offsets[row + 1]) &- start
    // There is padding behind every arena.
    let word = arena.loadUnaligned(fromByteOffset: start, as: UInt64.self)
    return (length == 8 ? word : word & ((1 << UInt64(length * 8)) &- 1), length)
}

@inline(__always)
func isEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let a = left.baseAddress, let b = right.baseAddress else { return left.count == 0 }
    return memcmp(a, b, left.count) == 0
}

// Records come and go.
extension GroupCache {
    private func add(
        _ requests: KeyRequests,
        _ misses: UnsafePointer<Int32>,
        _ count: Int,
        _ slots: UnsafeMutablePointer<UInt32>
    ) throws {
        makeRoom(for: count)
        growTable(for: used + count)
        var wanted: [UInt32] = []
        for miss in 0..<count {
            let index = Int(misses[miss])
            let key = requests.keys.bytes(Int(requests.rows[index]))
            let window = requests.windows.map { $0[index] } ?? 0
            let hash = GroupCache.combine(requests.hashes[index], window)
            // Overlapping windows are asked for more than once: an earlier miss may have made the record.
            if layout.isWindowed, let slot = slot(key, window, hash) {
                slots[index] = slot
                continue
            }
            let slot = takeSlot()
            let record = record(slot)
            record.initializeMemory(as: UInt8.self, repeating: 0, count: layout.stride)
            layout.setKey(record, key, outside)
            record.groupWindow = window
            record.groupStamp = stamp
            record.groupFlags = GroupRecord.isUsed
            oldestWindow = min(oldestWindow, window)
            newestWindow = max(newestWindow, window)
            insert(hash, slot)
            slots[index] = UInt32(slot)
            if window < completeFrom { wanted.append(UInt32(slot)) }
        }
        if !wanted.isEmpty { try load(&wanted) }
    }

    private func takeSlot() -> Int {
        used += 1
        if freeHead != 0 {
            let slot = freeHead - 1
            freeHead = record(slot).load(as: Int.self)
            return slot
        }
        if highWater == slabCapacity {
            slabCapacity += max(slabCapacity / 2, 64)
            guard let moved = realloc(slab, slabCapacity * layout.stride) else {
                preconditionFailure("out of memory")
            }
            slab = moved
        }
        highWater += 1
        return highWater - 1
    }

    private func insert(_ hash: UInt64, _ slot: Int) {
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        let mask = (1 << tableBits) - 1
        var position = Int(tag >> UInt32(32 - tableBits))
        while table[position] != 0 { position = (position + 1) & mask }
        table[position] = UInt64(tag) << 32 | UInt64(slot + 1)
    }

    private func growTable(for count: Int) {
        guard count * 4 > (3 << tableBits) else { return }
        let old = table
        let oldSize = 1 << tableBits
        while count * 4 > (3 << tableBits) { tableBits += 1 }
        precondition(tableBits <= 31, "a task's cache holds fewer than 2^31 groups")
        table = .allocate(capacity: 1 << tableBits)
        table.initialize(repeating: 0, count: 1 << tableBits)
        let shift = UInt32(32 - tableBits)
        let mask = (1 << tableBits) - 1
        for index in 0..<oldSize where old[index] != 0 {
            var position = Int(UInt32(truncatingIfNeeded: old[index] >> 32) >> shift)
            while table[position] != 0 { position = (position + 1) & mask }
            table[position] = old[index]
        }
        old.deallocate()
    }

    /// Evicts until `count` more records fit, or until nothing can be evicted.
    private func makeRoom(for count: Int) {
        let extra = count * layout.stride
        guard bytes + extra > bytesMax else { return }
        // Twice round: the first time only takes the marks off.
        var steps = highWater * 2
        while bytes + extra > bytesMax, steps > 0 {
            steps -= 1
            if hand >= highWater { hand = 0 }
            let record = record(hand)
            let flags = record.groupFlags
            let keep = GroupRecord.isDirty | GroupRecord.isFlushing
            if flags & GroupRecord.isUsed != 0, flags & keep == 0, record.groupStamp != stamp {
                if flags & GroupRecord.isReferenced != 0 {
                    record.groupFlags = flags & ~GroupRecord.isReferenced
                } else {
                    completeFrom = max(completeFrom, record.groupWindow &+ 1)
                    remove(hand)
                }
            }
            hand += 1
        }
    }

    /// Forgets a record, changed or not.
    func remove(_ slot: Int) {
        let record = record(slot)
        unlink(GroupCache.combine(hash(layout.key(record)), record.groupWindow), slot)
        layout.release(record, outside)
        record.groupFlags = 0
        record.storeBytes(of: freeHead, as: Int.self)
        freeHead = slot + 1
        used -= 1
    }

    /// Takes an entry out of the table and moves up those that were pushed back by it.
    private func unlink(_ hash: UInt64, _ slot: Int) {
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        let shift = UInt32(32 - tableBits)
        let mask = (1 << tableBits) - 1
        let entry = UInt64(tag) << 32 | UInt64(slot + 1)
        var hole = Int(tag >> shift)
        while table[hole] != entry {
            precondition(table[hole] != 0, "every record is in the table")
            hole = (hole + 1) & mask
        }
        var next = (hole + 1) & mask
        while table[next] != 0 {
            let home = Int(UInt32(truncatingIfNeeded: table[next] >> 32) >> shift)
            if (next &- home) & mask >= (next &- hole) & mask {
                table[hole] = table[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        table[hole] = 0
    }

    /// Notes that a record differs from the store; a deleted one is no longer there.
    @inline(__always)
    func change(_ slot: UInt32, isPresent: Bool = true) {
        let record = record(Int(slot))
        let flags = record.groupFlags
        let kept = isPresent ? flags | GroupRecord.isPresent : flags & ~GroupRecord.isPresent
        record.groupFlags = kept | GroupRecord.isDirty
        if flags & GroupRecord.isDirty == 0 { dirty.append(slot) }
    }

    /// Forgets all records of windows that start before `bound`.
    func removeWindows(before bound: Int64) {
        removedBefore = max(removedBefore, bound)
        guard oldestWindow < bound else { return }
        var oldest = Int64.max
        for slot in 0..<highWater {
            let record = record(slot)
            guard record.groupFlags & GroupRecord.isUsed != 0 else { continue }
            if record.groupWindow < bound { remove(slot) } else { oldest = min(oldest, record.groupWindow) }
        }
        oldestWindow = oldest
    }
}
