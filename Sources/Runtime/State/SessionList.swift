import Functions
import Values

/// The sessions of one key while a batch is applied to them, in the order of time.
///
/// In the store they are the blob of the key's record, one after the other: start, end (Int64), the length of the rest
/// (UInt32), the session's record as ``GroupLayout`` stores it.
struct SessionList {
    struct Session {
        var start: Int64
        var end: Int64
        let record: UnsafeMutableRawPointer
        /// The window under which its row was last emitted, if it was.
        var emitted: Bounds?
        /// True when rows went to it.
        var isTouched = false
    }

    struct Bounds: Equatable {
        let start: Int64
        let end: Int64
    }

    var sessions: [Session] = []
    /// Windows of rows that were emitted and no longer stand.
    var removed: [Bounds] = []

    /// Reads sessions from their stored form.
    init(_ stored: UnsafeRawBufferPointer, _ layout: GroupLayout, _ memory: UnsafeMutablePointer<Int>)
        throws(StateError)
    {
        var position = 0
        while position < stored.count {
            guard position + 20 <= stored.count else { throw StateError.size(stored.count) }
            let start = stored.loadUnaligned(fromByteOffset: position, as: Int64.self)
            let end = stored.loadUnaligned(fromByteOffset: position + 8, as: Int64.self)
            let size = Int(stored.loadUnaligned(fromByteOffset: position + 16, as: UInt32.self))
            position += 20
            guard position + size <= stored.count else { throw StateError.size(stored.count) }
            let record = SessionList.newRecord(layout, start)
            sessions.append(Session(start: start, end: end, record: record, emitted: Bounds(start: start, end: end)))
            let bytes = UnsafeRawBufferPointer(rebasing: stored[position..<(position + size)])
            try layout.load(bytes, into: record, memory)
            position += size
        }
    }

    /// The end of the last session in stored form; nil when there is none.
    static func lastEnd(_ stored: UnsafeRawBufferPointer) -> Int64? {
        var position = 0
        var last: Int64?
        while position + 20 <= stored.count {
            last = stored.loadUnaligned(fromByteOffset: position + 8, as: Int64.self)
            position += 20 + Int(stored.loadUnaligned(fromByteOffset: position + 16, as: UInt32.self))
        }
        return last
    }

    static func newRecord(_ layout: GroupLayout, _ start: Int64) -> UnsafeMutableRawPointer {
        let record = UnsafeMutableRawPointer.allocate(byteCount: layout.stride, alignment: 16)
        record.initializeMemory(as: UInt8.self, repeating: 0, count: layout.stride)
        record.groupWindow = start
        return record
    }

    /// Writes the sessions into a blob.
    func store(_ word: UnsafeMutableRawPointer, _ layout: GroupLayout, _ memory: UnsafeMutablePointer<Int>) {
        let sizes = sessions.map { layout.storedSize($0.record) }
        Blob.release(word, memory)
        var cursor = Blob.resize(word, sizes.reduce(0) { $0 + 20 + $1 }, exactly: true, memory)
        for (session, size) in zip(sessions, sizes) {
            cursor.storeBytes(of: session.start, as: Int64.self)
            cursor.storeBytes(of: session.end, toByteOffset: 8, as: Int64.self)
            cursor.storeBytes(of: UInt32(size), toByteOffset: 16, as: UInt32.self)
            layout.store(session.record, to: cursor + 20)
            cursor += 20 + size
        }
    }

    /// Frees the records.
    mutating func release(_ layout: GroupLayout, _ memory: UnsafeMutablePointer<Int>) {
        for session in sessions { SessionList.free(session.record, layout, memory) }
        sessions.removeAll()
    }

    static func free(_ record: UnsafeMutableRawPointer, _ layout: GroupLayout, _ memory: UnsafeMutablePointer<Int>) {
        layout.release(record, memory)
        record.deallocate()
    }
}
