import Functions
import Values

/// Emits each session once, when it has closed: in the order of its end, then the key.
final class FinalSessions {
    /// A session that was open when it was last written; it may have grown since.
    private struct Candidate {
        let end: Int64
        let key: [UInt8]

        static func < (left: Candidate, right: Candidate) -> Bool {
            left.end == right.end ? left.key.lexicographicallyPrecedes(right.key) : left.end < right.end
        }
    }

    private let spec: SessionAggregate
    private let keyed: SessionStore
    private let rows: AggregateRows
    /// A heap, the first to close on top.
    private var waiting: [Candidate] = []
    private static let batchRows = 4096

    init(_ spec: SessionAggregate, _ keyed: SessionStore, _ rows: AggregateRows) {
        self.spec = spec
        self.keyed = keyed
        self.rows = rows
    }

    /// Notes the sessions that took rows.
    func note(_ lists: [SessionList], _ keyed: SessionStore, _ keys: Column) {
        for (group, list) in lists.enumerated() {
            for session in list.sessions where session.isTouched {
                push(Candidate(end: session.end, key: [UInt8](keys.bytes(Int(keyed.groups.firstRows[group])))))
            }
        }
    }

    /// Finds the sessions in the store that were not emitted.
    func restore(_ clock: SessionClock) throws {
        let lower = [UInt8](repeating: 0, count: 8)
        try keyed.cache.database.scan(keyed.cache.store, from: lower, to: WindowClock.key) { key, value in
            guard key.count >= 8, value.count >= 20 else { throw StateError.size(value.count) }
            let memory = StoredRecords(rows.layout)
            let stored = UnsafeRawBufferPointer(rebasing: value[20...])
            for session in try memory.sessions(stored) where session.end >= clock.finalBefore {
                push(Candidate(end: session.end, key: [UInt8](key[8...])))
            }
            return true
        }
    }

    /// Emits the sessions that have closed.
    func emit(_ clock: inout SessionClock, _ body: (Batch) -> Void) throws {
        let bound = clock.closedBefore
        while let first = waiting.first, first.end < bound {
            var closing: [Candidate] = []
            while let next = waiting.first, next.end < bound, closing.count < FinalSessions.batchRows {
                pop()
                if closing.last.map({ $0.end == next.end && $0.key == next.key }) != true { closing.append(next) }
            }
            if let batch = try batch(closing) { body(batch) }
        }
        if bound > clock.finalBefore {
            clock.finalBefore = bound
            clock.hasChanged = true
        }
    }

    /// The rows of those of the sessions that still end where they did.
    private func batch(_ closing: [Candidate]) throws -> Batch? {
        let builder = ColumnBuilder(.bytes, capacity: closing.count)
        for candidate in closing { candidate.key.withUnsafeBytes { builder.append(bytes: $0) } }
        let keys = builder.finish()
        let list = Array(0..<Int32(closing.count))
        let output = SessionOutput(rows, spec.output)
        try list.withUnsafeBufferPointer { list in
            guard let base = list.baseAddress else { return }
            var lists = try keyed.read(keys, base, closing.count, rows.layout)
            for (index, candidate) in closing.enumerated() {
                let sessions = lists[Int(keyed.groups.groupOfRow[index])].sessions
                if let session = sessions.first(where: { $0.end == candidate.end }) {
                    output.put(Int32(index), session)
                }
            }
            output.read()
            for group in lists.indices { lists[group].release(rows.layout, keyed.memory) }
        }
        return output.batch(KeyDecoder.decode(keys, types: spec.groups.keyTypes))
    }

    private func push(_ candidate: Candidate) {
        waiting.append(candidate)
        var child = waiting.count - 1
        while child > 0, waiting[child] < waiting[(child - 1) / 2] {
            waiting.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func pop() {
        waiting.swapAt(0, waiting.count - 1)
        waiting.removeLast()
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < waiting.count else { return }
            if child + 1 < waiting.count, waiting[child + 1] < waiting[child] { child += 1 }
            guard waiting[child] < waiting[parent] else { return }
            waiting.swapAt(child, parent)
            parent = child
        }
    }
}
