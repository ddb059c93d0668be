/// The rows of one side of a join that wait for their first match: a heap of timestamps and keys, the earliest on top.
///
/// A row that finds a match stays here until its time comes; whoever takes it out looks whether it still waits.
final class WaitingRows {
    /// A row that was taken out.
    struct Due {
        let time: Int64
        let key: [UInt8]

        static func < (left: Due, right: Due) -> Bool {
            left.time == right.time ? left.key.lexicographicallyPrecedes(right.key) : left.time < right.time
        }
    }

    private struct Entry {
        let time: Int64
        /// Of the key in ``keys``.
        let start: Int
        let length: Int
    }

    private var heap: [Entry] = []
    private var keys: [UInt8] = []
    /// Bytes of ``keys`` that no entry uses.
    private var unused = 0

    /// Bytes in memory, about.
    var bytes: Int { heap.count * MemoryLayout<Entry>.stride + keys.count }

    /// The time of the earliest row; the largest number when there is none.
    @inline(__always)
    var earliest: Int64 { heap.isEmpty ? .max : heap[0].time }

    func add(_ time: Int64, _ key: UnsafeRawBufferPointer) {
        heap.append(Entry(time: time, start: keys.count, length: key.count))
        keys.append(contentsOf: key)
        var child = heap.count - 1
        while child > 0, heap[child].time < heap[(child - 1) / 2].time {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out the rows before `bound`, in the order of time and key; rows with the same of both come as one.
    func take(before bound: Int64) -> [Due] {
        var due: [Due] = []
        while let first = heap.first, first.time < bound {
            due.append(Due(time: first.time, key: Array(keys[first.start..<(first.start + first.length)])))
            unused += first.length
            removeFirst()
        }
        if unused > 65_536, unused * 2 > keys.count { pack() }
        due.sort(by: <)
        var distinct: [Due] = []
        for row in due where distinct.last.map({ $0.time != row.time || $0.key != row.key }) ?? true {
            distinct.append(row)
        }
        return distinct
    }

    private func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1].time < heap[child].time { child += 1 }
            guard heap[child].time < heap[parent].time else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }

    /// Moves the keys together.
    private func pack() {
        var packed: [UInt8] = []
        packed.reserveCapacity(keys.count - unused)
        for index in heap.indices {
            let entry = heap[index]
            heap[index] = Entry(time: entry.time, start: packed.count, length: entry.length)
            packed += keys[entry.start..<(entry.start + entry.length)]
        }
        keys = packed
        unused = 0
    }
}
