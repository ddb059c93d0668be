import Values

/// A list of values: slot = number of elements Int64, blob of elements; see ``ElementList``.
struct ElementListAccumulator: Accumulator {
    let type: SQLType
    let limit: Int
    /// True: a full list loses its first element to a new one; false: it ignores the new one.
    let dropsFirst: Bool
    var ignoresNulls = false
    var canUndo = false
    var slotBytes: Int { 16 }
    var blobs: [Int] { [8] }

    func prepare(_ inputs: [Column]) -> [Column] { [KeyEncoder.encode(inputs, count: inputs[0].count)] }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        let input = inputs[0]
        for index in 0..<slots.count {
            let row = Int(slots.rows[index])
            let isNull = input.isNull(row)
            if isNull, ignoresNulls { continue }
            add(slots[index], isNull ? nil : input.bytes(row), slots.memory)
        }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) {
        let input = inputs[0]
        for index in 0..<slots.count {
            let row = Int(slots.rows[index])
            let list = ElementList(slots[index], slots.memory)
            list.removeLast(equalTo: input.isNull(row) ? nil : input.bytes(row))
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            ElementList(sources[index], sources.memory).forEach { _, element in
                add(targets[index], element, targets.memory)
                return true
            }
        }
    }

    private func add(
        _ slot: UnsafeMutableRawPointer,
        _ element: UnsafeRawBufferPointer?,
        _ memory: UnsafeMutablePointer<Int>
    ) {
        let list = ElementList(slot, memory)
        if list.count >= limit {
            guard dropsFirst else { return }
            list.removeFirst()
        }
        list.append(element)
    }

    func result(_ slots: SlotRun) -> Column { elementColumn(slots, of: type) }
}

/// The element lists of the slots as an ARRAY column.
func elementColumn(_ slots: SlotRun, of type: SQLType) -> Column {
    let elements = ColumnBuilder(.bytes, capacity: slots.count * 4)
    let offsetBuffer = Buffer(capacity: (slots.count + 1) * 4)
    let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
    offsets[0] = 0
    for index in 0..<slots.count {
        ElementList(slots[index], slots.memory).forEach { _, element in
            if let element { elements.append(bytes: element) } else { elements.appendNull() }
            return true
        }
        offsets[index + 1] = Int32(elements.count)
    }
    let child = KeyDecoder.decode(elements.finish(), types: [type])[0]
    return Column(type: .array(type), count: slots.count, offsets: offsetBuffer, children: [child])
}

/// A list in a slot: the number of elements (Int64), and a blob of elements, each its length (Int32, -1 for NULL) and
/// the bytes of ``KeyEncoder``.
struct ElementList {
    private let slot: UnsafeMutableRawPointer
    private let memory: UnsafeMutablePointer<Int>

    init(_ slot: UnsafeMutableRawPointer, _ memory: UnsafeMutablePointer<Int>) {
        self.slot = slot
        self.memory = memory
    }

    var count: Int { Int(slot.load(as: Int64.self)) }

    private func addCount(_ step: Int64) { slot.assumingMemoryBound(to: Int64.self).pointee += step }

    func append(_ element: UnsafeRawBufferPointer?) { insert(element, at: nil) }

    /// Inserts an element at a byte position that ``forEach(_:)`` gave, nil: at the end.
    func insert(_ element: UnsafeRawBufferPointer?, at place: Int?) {
        let used = Blob.bytes(slot + 8).count
        let position = place ?? used
        let size = 4 + (element?.count ?? 0)
        let start = Blob.resize(slot + 8, used + size, memory)
        if position < used {
            (start + position + size).copyMemory(from: start + position, byteCount: used - position)
        }
        (start + position).storeBytes(of: Int32(element?.count ?? -1), as: Int32.self)
        if let element, let base = element.baseAddress {
            (start + position + 4).copyMemory(from: base, byteCount: element.count)
        }
        addCount(1)
    }

    /// Calls `body` with the byte position and the bytes of each element until it returns false.
    func forEach(_ body: (Int, UnsafeRawBufferPointer?) -> Bool) {
        let bytes = UnsafeRawBufferPointer(Blob.bytes(slot + 8))
        var position = 0
        while position < bytes.count {
            let length = Int(bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
            let start = position + 4
            let element = length < 0 ? nil : UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)])
            if !body(position, element) { return }
            position = start + max(length, 0)
        }
    }

    func removeFirst() {
        if count > 0 { remove(at: 0) }
    }

    func removeLast(equalTo element: UnsafeRawBufferPointer?) {
        var last: Int?
        forEach { position, other in
            if isEqual(element, other) { last = position }
            return true
        }
        if let last { remove(at: last) }
    }

    func remove(at position: Int) {
        let bytes = Blob.bytes(slot + 8)
        guard let base = bytes.baseAddress else { return }
        let size = 4 + max(Int(bytes.loadUnaligned(fromByteOffset: position, as: Int32.self)), 0)
        (base + position).copyMemory(from: base + position + size, byteCount: bytes.count - position - size)
        Blob.resize(slot + 8, bytes.count - size, memory)
        addCount(-1)
    }

    private func isEqual(_ left: UnsafeRawBufferPointer?, _ right: UnsafeRawBufferPointer?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.count == right.count && compareBytes(left, right) == 0
    }
}
