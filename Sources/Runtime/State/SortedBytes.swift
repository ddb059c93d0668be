/// A sorted map from byte strings to byte strings, in chunks of a few hundred entries, for the in-memory database.
struct SortedBytes {
    typealias Entry = (key: [UInt8], value: [UInt8])

    /// Sorted; no chunk is empty, and every key of a chunk precedes every key of the next.
    private var chunks: [[Entry]] = []
    private static let chunkMax = 512

    subscript(key: [UInt8]) -> [UInt8]? {
        let chunk = chunkIndex(of: key)
        guard chunk < chunks.count else { return nil }
        let position = Self.lowerBound(chunks[chunk], key)
        guard position < chunks[chunk].count, chunks[chunk][position].key == key else { return nil }
        return chunks[chunk][position].value
    }

    /// Inserts or replaces one entry.
    mutating func put(_ key: [UInt8], _ value: [UInt8]) {
        guard !chunks.isEmpty else {
            chunks = [[(key, value)]]
            return
        }
        let chunk = min(chunkIndex(of: key), chunks.count - 1)
        let position = Self.lowerBound(chunks[chunk], key)
        if position < chunks[chunk].count, chunks[chunk][position].key == key {
            chunks[chunk][position].value = value
            return
        }
        chunks[chunk].insert((key, value), at: position)
        if chunks[chunk].count > Self.chunkMax { split(chunk) }
    }

    mutating func remove(_ key: [UInt8]) {
        let chunk = chunkIndex(of: key)
        guard chunk < chunks.count else { return }
        let position = Self.lowerBound(chunks[chunk], key)
        guard position < chunks[chunk].count, chunks[chunk][position].key == key else { return }
        chunks[chunk].remove(at: position)
        if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
    }

    /// The entries from `lower` (inclusive) to `upper` (exclusive, nil: to the end).
    func entries(from lower: [UInt8], to upper: [UInt8]?) -> [Entry] {
        var found: [Entry] = []
        var chunk = chunkIndex(of: lower)
        guard chunk < chunks.count else { return found }
        var position = Self.lowerBound(chunks[chunk], lower)
        while chunk < chunks.count {
            while position < chunks[chunk].count {
                let entry = chunks[chunk][position]
                if let upper, !entry.key.lexicographicallyPrecedes(upper) { return found }
                found.append(entry)
                position += 1
            }
            chunk += 1
            position = 0
        }
        return found
    }

    /// The first chunk whose last key does not precede `key`; the number of chunks when there is none.
    private func chunkIndex(of key: [UInt8]) -> Int {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            let last = chunks[middle].count - 1
            if chunks[middle][last].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func lowerBound(_ entries: [Entry], _ key: [UInt8]) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func split(_ chunk: Int) {
        let half = chunks[chunk].count / 2
        let rest = Array(chunks[chunk][half...])
        chunks[chunk].removeSubrange(half...)
        chunks.insert(rest, at: chunk + 1)
    }
}
