import Values

/// Different values with a number each, in the order in which they first came.
///
/// In a slot of 24 bytes: the number of values (Int64), a blob of entries (number Int64, length Int32 or -1 for NULL,
/// bytes of ``KeyEncoder``), and a blob with a hash table of entry positions (UInt32, plus one), once there are more than
/// a few.
struct CountedList {
    static let slotBytes = 24
    static let blobs = [8, 16]

    private let slot: UnsafeMutableRawPointer
    private let memory: UnsafeMutablePointer<Int>
    /// So many are searched one by one.
    private static let scannedMax = 8
    private static let entryHead = 12

    init(_ slot: UnsafeMutableRawPointer, _ memory: UnsafeMutablePointer<Int>) {
        self.slot = slot
        self.memory = memory
    }

    var count: Int { Int(slot.load(as: Int64.self)) }

    private var entries: UnsafeMutableRawBufferPointer { Blob.bytes(slot + 8) }

    /// The number of the entry at a position.
    func number(_ position: Int) -> Int64 { entries.loadUnaligned(fromByteOffset: position, as: Int64.self) }

    func setNumber(_ position: Int, _ number: Int64) {
        entries.storeBytes(of: number, toByteOffset: position, as: Int64.self)
    }

    private func element(_ position: Int) -> UnsafeRawBufferPointer? {
        let entries = entries
        let length = Int(entries.loadUnaligned(fromByteOffset: position + 8, as: Int32.self))
        let start = position + CountedList.entryHead
        return length < 0 ? nil : UnsafeRawBufferPointer(rebasing: entries[start..<(start + length)])
    }

    private func end(_ position: Int) -> Int {
        let length = Int(entries.loadUnaligned(fromByteOffset: position + 8, as: Int32.self))
        return position + CountedList.entryHead + max(length, 0)
    }

    /// Calls `body` with each position and value.
    func forEach(_ body: (Int, UnsafeRawBufferPointer?) -> Void) {
        var position = 0
        let size = entries.count
        while position < size {
            body(position, element(position))
            position = end(position)
        }
    }

    /// The position of a value; nil when it is not there.
    func find(_ value: UnsafeRawBufferPointer?) -> Int? {
        if count > CountedList.scannedMax { return findHashed(value) }
        var position = 0
        let size = entries.count
        while position < size {
            if isEqual(element(position), value) { return position }
            position = end(position)
        }
        return nil
    }

    private func findHashed(_ value: UnsafeRawBufferPointer?) -> Int? {
        if Blob.bytes(slot + 16).count < count * 8 { buildIndex() }
        let index = Blob.bytes(slot + 16)
        let mask = index.count / 4 - 1
        var place = Int(truncatingIfNeeded: hash(value)) & mask
        while true {
            let position = Int(index.loadUnaligned(fromByteOffset: place * 4, as: UInt32.self)) - 1
            if position < 0 { return nil }
            if isEqual(element(position), value) { return position }
            place = (place + 1) & mask
        }
    }

    private func buildIndex() {
        var size = 32
        while size < count * 4 { size *= 2 }
        let table = Blob.resize(slot + 16, size * 4, memory)
        table.initializeMemory(as: UInt8.self, repeating: 0, count: size * 4)
        forEach { position, value in enter(value, position) }
    }

    private func enter(_ value: UnsafeRawBufferPointer?, _ position: Int) {
        let index = Blob.bytes(slot + 16)
        let mask = index.count / 4 - 1
        var place = Int(truncatingIfNeeded: hash(value)) & mask
        while index.loadUnaligned(fromByteOffset: place * 4, as: UInt32.self) != 0 { place = (place + 1) & mask }
        index.storeBytes(of: UInt32(position + 1), toByteOffset: place * 4, as: UInt32.self)
    }

    /// Adds a value that is not there.
    func append(_ value: UnsafeRawBufferPointer?, number: Int64) {
        let position = entries.count
        let size = CountedList.entryHead + (value?.count ?? 0)
        let start = Blob.resize(slot + 8, position + size, memory) + position
        start.storeBytes(of: number, as: Int64.self)
        start.storeBytes(of: Int32(value?.count ?? -1), toByteOffset: 8, as: Int32.self)
        if let value, let base = value.baseAddress {
            (start + CountedList.entryHead).copyMemory(from: base, byteCount: value.count)
        }
        slot.storeBytes(of: Int64(count + 1), as: Int64.self)
        // An index that is too small is made anew by the next search.
        if Blob.bytes(slot + 16).count >= count * 8 { enter(value, position) }
    }

    func remove(_ position: Int) {
        let entries = entries
        guard let base = entries.baseAddress else { return }
        let next = end(position)
        (base + position).copyMemory(from: base + next, byteCount: entries.count - next)
        Blob.resize(slot + 8, entries.count - (next - position), memory)
        Blob.release(slot + 16, memory)
        slot.storeBytes(of: Int64(count - 1), as: Int64.self)
    }

    private func hash(_ value: UnsafeRawBufferPointer?) -> UInt64 {
        guard let value, let base = value.baseAddress else { return 1 }
        return Hash.of(base, value.count)
    }

    private func isEqual(_ left: UnsafeRawBufferPointer?, _ right: UnsafeRawBufferPointer?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.count == right.count && compareBytes(left, right) == 0
    }
}
