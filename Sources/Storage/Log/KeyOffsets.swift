import Glibc

/// The last offset of each key in a part of a partition, in a bounded number of bytes.
///
/// Keys are told apart by 128 bits of a keyed hash with a secret of the process, so that not even chosen keys collide.
struct KeyOffsets: ~Copyable {
    private struct Slot {
        var high: UInt64
        var low: UInt64
        /// The offset and 1; 0 for a free slot.
        var next: Int64
    }

    private let slots: UnsafeMutablePointer<Slot>
    private let slotCount: Int
    private let keysMax: Int
    private var keys = 0

    /// Room for `keys` keys, or for as many as go into `bytesMax` bytes, at least one.
    init(keys: Int, bytesMax: Int) {
        let wanted = max(keys, 1).addingReportingOverflow(keys / 2 + 2)
        let limit = max(bytesMax / MemoryLayout<Slot>.stride, 2)
        slotCount = wanted.overflow ? limit : min(wanted.partialValue, limit)
        keysMax = max(slotCount * 3 / 4, 1)
        // Zeroed by the system page by page, as far as it is used.
        guard let memory = calloc(slotCount, MemoryLayout<Slot>.stride) else {
            preconditionFailure("out of memory for \(slotCount) keys of a compaction")
        }
        slots = memory.bindMemory(to: Slot.self, capacity: slotCount)
    }

    deinit { free(slots) }

    /// Notes that `key` occurs at `offset`, which is above all before; false when there is no room for one more key.
    mutating func note(_ key: UnsafeRawBufferPointer, at offset: Int64) -> Bool {
        let (high, low) = Self.hash(key)
        let slot = find(high, low)
        if slots[slot].next == 0 {
            guard keys < keysMax else { return false }
            keys += 1
        }
        slots[slot] = Slot(high: high, low: low, next: offset + 1)
        return true
    }

    /// The last offset of `key`; nil when it does not occur.
    borrowing func last(_ key: UnsafeRawBufferPointer) -> Int64? {
        let (high, low) = Self.hash(key)
        let next = slots[find(high, low)].next
        return next == 0 ? nil : next - 1
    }

    /// The slot that has the hash, or the free one where it belongs; there always is a free one.
    private func find(_ high: UInt64, _ low: UInt64) -> Int {
        var slot = Int(high.multipliedFullWidth(by: UInt64(slotCount)).high)
        while slots[slot].next != 0, slots[slot].high != high || slots[slot].low != low {
            slot += 1
            if slot == slotCount { slot = 0 }
        }
        return slot
    }

    private static func hash(_ key: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        var first = Hasher()
        first.combine(bytes: key)
        var second = Hasher()
        second.combine(UInt64.max)
        second.combine(bytes: key)
        return (UInt64(bitPattern: Int64(first.finalize())), UInt64(bitPattern: Int64(second.finalize())))
    }
}
