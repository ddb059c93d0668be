import Functions
import Values

/// How a group's record lies in memory and in the store.
///
/// In memory: a header (see ``GroupRecord``), room for a short key, then the slots of the accumulators. In the store, under
/// the key (after eight big-endian bytes of window start, where there are windows): the timestamp, the slots as they
/// are, then each blob as its length and bytes. Numbers are little-endian. Overlapping windows share entries, see
/// ``WindowSpan``.
struct GroupLayout: Sendable {
    /// Bytes of key that a record holds itself; longer keys lie elsewhere.
    let keyBytes: Int
    /// True when every key has at most eight bytes, so that it is compared as one word.
    let isWord: Bool
    let isWindowed: Bool
    /// The windows that share an entry of the store.
    let span: WindowSpan
    /// Where each accumulator's slot lies in the record.
    let slotOffsets: [Int]
    /// Where the blob words lie in the record.
    let blobOffsets: [Int]
    let slotBytes: Int
    /// Bytes of a record.
    let stride: Int

    /// Where the slots start in a record.
    var slotStart: Int { GroupRecord.key + keyBytes }

    init(
        keyTypes: [SQLType],
        isWindowed: Bool,
        slots: [(bytes: Int, blobs: [Int])],
        window: TimeWindow? = nil
    ) {
        let width = GroupLayout.width(keyTypes)
        isWord = width.map { $0 <= 8 } ?? false
        keyBytes = isWord ? 8 : min(((width ?? 16) + 7) & ~7, 24)
        self.isWindowed = isWindowed
        var offset = GroupRecord.key + keyBytes
        var offsets: [Int] = []
        var blobs: [Int] = []
        for slot in slots {
            precondition(slot.bytes % 8 == 0, "slots are made of words")
            offsets.append(offset)
            blobs += slot.blobs.map { offset + $0 }
            offset += slot.bytes
        }
        slotOffsets = offsets
        blobOffsets = blobs
        slotBytes = offset - GroupRecord.key - keyBytes
        stride = offset
        let recordBytes = blobs.isEmpty ? 8 + slotBytes : nil
        span = window.map { WindowSpan($0, recordBytes: recordBytes) } ?? .single
    }

    /// - Parameter window: of a windowed aggregate; without it every record has an entry of its own.
    init(keyTypes: [SQLType], isWindowed: Bool, accumulators: [any Accumulator], window: TimeWindow? = nil) {
        self.init(
            keyTypes: keyTypes,
            isWindowed: isWindowed,
            slots: accumulators.map { ($0.slotBytes, $0.blobs) },
            window: window
        )
    }

    /// The length of the longest key; nil when there is no limit.
    private static func width(_ types: [SQLType]) -> Int? {
        var total = 0
        for type in types {
            guard case .fixed(let bytes) = type.storage else { return nil }
            total += bytes + (types.count > 1 ? 1 : 0)
        }
        return total
    }
}

/// The header of a record.
enum GroupRecord {
    /// Int64: the largest timestamp among the group's rows.
    static let timestamp = 0
    /// Int64: start of the window, 0 without windows.
    static let window = 8
    /// UInt32.
    static let keyLength = 16
    /// UInt32: see the flags below.
    static let flags = 20
    /// UInt32: number of the batch that used the record last; such records are not evicted.
    static let stamp = 24
    /// UInt32: for operators, to find out whether they have met the record before.
    static let mark = 28
    /// The key, or a pointer to it.
    static let key = 32

    static let isUsed: UInt32 = 1
    /// Differs from the store.
    static let isDirty: UInt32 = 2
    /// Handed over for a commit that is not yet known to have succeeded.
    static let isFlushing: UInt32 = 4
    /// Used since the eviction came by.
    static let isReferenced: UInt32 = 8
    /// The group exists; false for one that was looked for in vain or deleted.
    static let isPresent: UInt32 = 16
}

extension UnsafeMutableRawPointer {
    // The fields of a group's record.

    @inline(__always)
    var groupTimestamp: Int64 {
        get { load(fromByteOffset: GroupRecord.timestamp, as: Int64.self) }
        nonmutating set { storeBytes(of: newValue, toByteOffset: GroupRecord.timestamp, as: Int64.self) }
    }

    @inline(__always)
    var groupWindow: Int64 {
        get { load(fromByteOffset: GroupRecord.window, as: Int64.self) }
        nonmutating set { storeBytes(of: newValue, toByteOffset: GroupRecord.window, as: Int64.self) }
    }

    @inline(__always)
    var groupKeyLength: Int {
        get { Int(load(fromByteOffset: GroupRecord.keyLength, as: UInt32.self)) }
        nonmutating set { storeBytes(of: UInt32(newValue), toByteOffset: GroupRecord.keyLength, as: UInt32.self) }
    }

    @inline(__always)
    var groupFlags: UInt32 {
        get { load(fromByteOffset: GroupRecord.flags, as: UInt32.self) }
        nonmutating set { storeBytes(of: newValue, toByteOffset: GroupRecord.flags, as: UInt32.self) }
    }

    @inline(__always)
    var groupStamp: UInt32 {
        get { load(fromByteOffset: GroupRecord.stamp, as: UInt32.self) }
        nonmutating set { storeBytes(of: newValue, toByteOffset: GroupRecord.stamp, as: UInt32.self) }
    }

    @inline(__always)
    var groupMark: UInt32 {
        get { load(fromByteOffset: GroupRecord.mark, as: UInt32.self) }
        nonmutating set { storeBytes(of: newValue, toByteOffset: GroupRecord.mark, as: UInt32.self) }
    }

    /// The first eight bytes of the key, or the key's address.
    @inline(__always)
    var groupKeyWord: UInt64 { load(fromByteOffset: GroupRecord.key, as: UInt64.self) }
}

extension GroupLayout {
    /// The key's bytes; valid until the record is freed.
    @inline(__always)
    func key(_ record: UnsafeMutableRawPointer) -> UnsafeRawBufferPointer {
        let length = record.groupKeyLength
        if length <= keyBytes { return UnsafeRawBufferPointer(start: record + GroupRecord.key, count: length) }
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(record.groupKeyWord)), count: length)
    }

    /// Writes the key into a record whose bytes are all zero.
    func setKey(
        _ record: UnsafeMutableRawPointer,
        _ key: UnsafeRawBufferPointer,
        _ memory: UnsafeMutablePointer<Int>
    ) {
        record.groupKeyLength = key.count
        guard let base = key.baseAddress, key.count > 0 else { return }
        if key.count <= keyBytes {
            (record + GroupRecord.key).copyMemory(from: base, byteCount: key.count)
            return
        }
        let copy = UnsafeMutableRawPointer.allocate(byteCount: key.count, alignment: 8)
        copy.copyMemory(from: base, byteCount: key.count)
        memory.pointee += key.count + 16
        record.storeBytes(of: UInt64(UInt(bitPattern: copy)), toByteOffset: GroupRecord.key, as: UInt64.self)
    }

    /// Frees what lies outside of the record.
    func release(_ record: UnsafeMutableRawPointer, _ memory: UnsafeMutablePointer<Int>) {
        for offset in blobOffsets { Blob.release(record + offset, memory) }
        let length = record.groupKeyLength
        if length > keyBytes {
            UnsafeMutableRawPointer(bitPattern: UInt(record.groupKeyWord))?.deallocate()
            memory.pointee -= length + 16
        }
    }
}

// Stored form.
extension GroupLayout {
    /// Bytes of the record in the store.
    func storedSize(_ record: UnsafeMutableRawPointer) -> Int {
        var size = 8 + slotBytes
        for offset in blobOffsets { size += 4 + Blob.bytes(record + offset).count }
        return size
    }

    /// Writes the stored form of the record.
    func store(_ record: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: record.groupTimestamp, as: Int64.self)
        (target + 8).copyMemory(from: record + slotStart, byteCount: slotBytes)
        var cursor = target + 8 + slotBytes
        for offset in blobOffsets {
            // An address must not reach the store.
            target.storeBytes(of: 0, toByteOffset: 8 + offset - slotStart, as: UInt64.self)
            let bytes = Blob.bytes(record + offset)
            cursor.storeBytes(of: UInt32(bytes.count), as: UInt32.self)
            if let base = bytes.baseAddress { (cursor + 4).copyMemory(from: base, byteCount: bytes.count) }
            cursor += 4 + bytes.count
        }
    }

    /// Fills timestamp, slots and blobs of a record that has none yet.
    /// - Throws: ``StateError`` when the bytes are not those of such a record.
    func load(
        _ stored: UnsafeRawBufferPointer,
        into record: UnsafeMutableRawPointer,
        _ memory: UnsafeMutablePointer<Int>
    ) throws(StateError) {
        guard let base = stored.baseAddress, stored.count >= 8 + slotBytes else { throw StateError.size(stored.count) }
        record.groupTimestamp = base.loadUnaligned(as: Int64.self)
        (record + slotStart).copyMemory(from: base + 8, byteCount: slotBytes)
        for offset in blobOffsets { record.storeBytes(of: 0, toByteOffset: offset, as: UInt64.self) }
        var cursor = 8 + slotBytes
        for offset in blobOffsets {
            guard cursor + 4 <= stored.count else { throw StateError.size(stored.count) }
            let length = Int(base.loadUnaligned(fromByteOffset: cursor, as: UInt32.self))
            guard cursor + 4 + length <= stored.count else { throw StateError.size(stored.count) }
            let bytes = UnsafeRawBufferPointer(start: base + cursor + 4, count: length)
            if length > 0 { Blob.assign(record + offset, bytes, memory) }
            cursor += 4 + length
        }
        guard cursor == stored.count else { throw StateError.size(stored.count) }
    }
}

/// What is in a store is not what the query wrote.
public struct StateError: Error, CustomStringConvertible {
    public let message: String

    static func size(_ bytes: Int) -> StateError {
        StateError(message: "a stored record of \(bytes) bytes is not one of this query's")
    }

    /// The state was written by a version that stores it in another form.
    static let otherForm = StateError(
        message: "the stored windows are in the form of another version; DROP the table and create it again"
    )

    public var description: String { message }
}
