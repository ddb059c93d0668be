import Values

/// Records read from a store without going through a cache.
final class StoredRecords {
    private let layout: GroupLayout
    private(set) var records: [UnsafeMutableRawPointer] = []
    private let memory: UnsafeMutablePointer<Int>

    init(_ layout: GroupLayout) {
        self.layout = layout
        memory = .allocate(capacity: 1)
        memory.initialize(to: 0)
    }

    deinit {
        for record in records {
            layout.release(record, memory)
            record.deallocate()
        }
        memory.deallocate()
    }

    var count: Int { records.count }

    /// Adds a record from its key (without the window) and its stored form.
    /// - Throws: ``StateError`` when the form is not the layout's.
    func add(_ key: UnsafeRawBufferPointer, window: Int64, _ stored: UnsafeRawBufferPointer) throws {
        let record = UnsafeMutableRawPointer.allocate(byteCount: layout.stride, alignment: 16)
        record.initializeMemory(as: UInt8.self, repeating: 0, count: layout.stride)
        records.append(record)
        layout.setKey(record, key, memory)
        record.groupWindow = window
        try layout.load(stored, into: record, memory)
    }

    /// Reads the sessions of one key; their records live as long as this.
    /// - Throws: ``StateError`` when the form is not that of a ``SessionList``.
    func sessions(_ stored: UnsafeRawBufferPointer) throws -> [SessionList.Session] {
        let list = try SessionList(stored, layout, memory)
        records += list.sessions.map(\.record)
        return list.sessions
    }
}
