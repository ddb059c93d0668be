import Values

/// Computes one aggregate over the records of many groups.
///
/// A group's state is a slot: ``slotBytes`` bytes inside of the group's record, all zero for a group without rows. State
/// of variable size lies in blobs, whose words in the slot ``blobs`` names; see ``Blob``. What is in slots and blobs is
/// stored as it is, so it must not hold other pointers, and its layout may not change between versions.
public protocol Accumulator: Sendable {
    /// Bytes of the slot, a multiple of 8.
    var slotBytes: Int { get }
    /// Positions of blob words in the slot.
    var blobs: [Int] { get }
    /// True when rows can be taken back, see ``undo(_:_:)``.
    var canUndo: Bool { get }
    /// True when the order of rows (taken back or not) does not change the result.
    var isCommutative: Bool { get }
    /// Turns a batch's input columns into what ``update(_:_:)`` and ``undo(_:_:)`` read; called once a batch.
    func prepare(_ inputs: [Column]) -> [Column]
    /// Adds row `slots.rows[i]` of the prepared inputs to slot i, in order; a slot may occur more than once.
    func update(_ slots: SlotRun, _ inputs: [Column])
    /// Takes the rows back that were added before.
    func undo(_ slots: SlotRun, _ inputs: [Column])
    /// Adds what slot i of `sources` holds to slot i of `targets`, as if its rows had come later.
    func merge(_ targets: SlotRun, _ sources: SlotRun)
    /// The aggregate of each slot.
    func result(_ slots: SlotRun) -> Column
}

extension Accumulator {
    public var blobs: [Int] { [] }
    public var canUndo: Bool { false }
    public var isCommutative: Bool { false }
    public func prepare(_ inputs: [Column]) -> [Column] { inputs }
    public func undo(_: SlotRun, _: [Column]) {
        preconditionFailure("the planner checks canUndo")
    }
}

/// The slots that one call works on.
public struct SlotRun {
    public let count: Int
    /// The record of each group.
    public let records: UnsafePointer<UnsafeMutableRawPointer>
    /// The input row that goes with each record.
    public let rows: UnsafePointer<Int32>
    /// Where the slot lies in a record.
    public let offset: Int
    /// Grows by the bytes that blobs take, shrinks by those they free.
    public let memory: UnsafeMutablePointer<Int>

    public init(
        count: Int,
        records: UnsafePointer<UnsafeMutableRawPointer>,
        rows: UnsafePointer<Int32>,
        offset: Int,
        memory: UnsafeMutablePointer<Int>
    ) {
        self.count = count
        self.records = records
        self.rows = rows
        self.offset = offset
        self.memory = memory
    }

    /// The slot of entry `index`.
    public subscript(_ index: Int) -> UnsafeMutableRawPointer { records[index] + offset }

    /// A fixed width column with one value a slot, NULL where the first byte of the slot is 0.
    func column<T: BitwiseCopyable>(_ type: SQLType, at position: Int, _: T.Type) -> Column {
        let data = Buffer(capacity: count * MemoryLayout<T>.stride)
        let values = data.base.assumingMemoryBound(to: T.self)
        let validity = Bitmap.buffer(count, allSet: true)
        let words = validity.base.assumingMemoryBound(to: UInt64.self)
        var nulls = false
        for index in 0..<count {
            let slot = self[index]
            values[index] = slot.loadUnaligned(fromByteOffset: position, as: T.self)
            if slot.load(as: UInt8.self) != 1 {
                Bitmap.clear(words, index)
                nulls = true
            }
        }
        return Column(type: type, count: count, validity: nulls ? validity : nil, data: data)
    }
}

/// The memory behind a blob word of a slot: bytes that grow.
///
/// A word of 0 is an empty blob.
public enum Blob {
    // A block starts with two 32-bit numbers, the used bytes and the capacity.
    private static let header = 8
    /// What malloc adds to a block, about.
    private static let overhead = 8

    private static func block(_ word: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: word.loadUnaligned(as: UInt.self))
    }

    /// The blob's bytes; valid until it changes.
    public static func bytes(_ word: UnsafeMutableRawPointer) -> UnsafeMutableRawBufferPointer {
        guard let block = block(word) else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        return UnsafeMutableRawBufferPointer(start: block + header, count: Int(block.load(as: UInt32.self)))
    }

    /// Makes the blob `count` bytes long, keeps what it held as far as that goes, and returns its start; `exactly`
    /// leaves no room for growth.
    @discardableResult
    public static func resize(
        _ word: UnsafeMutableRawPointer,
        _ count: Int,
        exactly: Bool = false,
        _ memory: UnsafeMutablePointer<Int>
    ) -> UnsafeMutableRawPointer {
        precondition(count <= Int(Int32.max), "an aggregate of one group stays below 2 GiB")
        let old = block(word)
        if let old, Int(old.load(fromByteOffset: 4, as: UInt32.self)) >= count {
            old.storeBytes(of: UInt32(count), as: UInt32.self)
            return old + header
        }
        let used = old.map { Int($0.load(as: UInt32.self)) } ?? 0
        let capacity = exactly && old == nil ? (count + 7) & ~7 : max(16, (count + (old == nil ? 0 : used) + 7) & ~7)
        let block = UnsafeMutableRawPointer.allocate(byteCount: capacity + header, alignment: 8)
        block.storeBytes(of: UInt32(count), as: UInt32.self)
        block.storeBytes(of: UInt32(capacity), toByteOffset: 4, as: UInt32.self)
        if let old { (block + header).copyMemory(from: old + header, byteCount: min(used, count)) }
        memory.pointee += capacity + header + overhead
        release(word, memory)
        word.storeBytes(of: UInt(bitPattern: block), as: UInt.self)
        return block + header
    }

    /// Makes the blob a copy of `bytes`.
    public static func assign(
        _ word: UnsafeMutableRawPointer,
        _ bytes: UnsafeRawBufferPointer,
        _ memory: UnsafeMutablePointer<Int>
    ) {
        let start = resize(word, bytes.count, exactly: true, memory)
        if let base = bytes.baseAddress { start.copyMemory(from: base, byteCount: bytes.count) }
    }

    /// Frees the blob.
    public static func release(_ word: UnsafeMutableRawPointer, _ memory: UnsafeMutablePointer<Int>) {
        guard let block = block(word) else { return }
        memory.pointee -= Int(block.load(fromByteOffset: 4, as: UInt32.self)) + header + overhead
        block.deallocate()
        word.storeBytes(of: 0, as: UInt.self)
    }
}
