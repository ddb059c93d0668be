import Glibc
import Values

/// The last change of each key of some rows, in the order of the keys.
///
/// The order keeps two writers of one table from waiting for each other in a circle, and writes an index page once.
struct RowFold {
    /// The last row of each key, sorted by key.
    let rows: [Int32]

    /// Folds `count` rows by these key columns, of which there is at least one and whose values are not NULL.
    init(_ keyColumns: [Column], count: Int) {
        let keys = KeyEncoder.encode(keyColumns.map(RowFold.comparable), count: count)
        rows = RowFold.sorted(RowFold.lastRows(keys), by: keys)
    }

    /// DOUBLEs of which PostgreSQL thinks that they are equal have the same bits: zeros, and NaNs.
    private static func comparable(_ column: Column) -> Column {
        guard column.type == .double else { return column }
        let data = Buffer(capacity: column.count * 8)
        let source = column.values(as: Double.self)
        let target = data.base.assumingMemoryBound(to: Double.self)
        for row in 0..<column.count { target[row] = source[row].isNaN ? .nan : source[row] + 0.0 }
        return Column(type: .double, count: column.count, validity: column.validity, data: data)
    }

    private static func lastRows(_ keys: Column) -> [Int32] {
        var size = 16
        while size < keys.count * 2 { size *= 2 }
        let mask = size - 1
        // Group number + 1 by hash.
        let table = Buffer.zeroed(capacity: size * 4)
        return withExtendedLifetime(table) {
            fill(table.base.assumingMemoryBound(to: Int32.self), mask, keys)
        }
    }

    private static func fill(_ table: UnsafeMutablePointer<Int32>, _ mask: Int, _ keys: Column) -> [Int32] {
        var last: [Int32] = []
        last.reserveCapacity(keys.count)
        let offsets = keys.offsets
        let arena = UnsafeRawPointer(keys.arena)
        for row in 0..<keys.count {
            let start = Int(offsets[row])
            let length = Int(offsets[row + 1]) &- start
            var position = Int(truncatingIfNeeded: Hash.of(arena + start, length)) & mask
            while true {
                let group = Int(table[position]) &- 1
                if group < 0 {
                    last.append(Int32(truncatingIfNeeded: row))
                    table[position] = Int32(truncatingIfNeeded: last.count)
                    break
                }
                let other = Int(last[group])
                let otherStart = Int(offsets[other])
                if Int(offsets[other + 1]) &- otherStart == length,
                    memcmp(arena + otherStart, arena + start, length) == 0
                {
                    last[group] = Int32(truncatingIfNeeded: row)
                    break
                }
                position = (position &+ 1) & mask
            }
        }
        return last
    }

    /// A row with the first eight bytes of its key, which decide most comparisons.
    private struct Entry {
        let prefix: UInt64
        let row: Int32
    }

    private static func sorted(_ rows: [Int32], by keys: Column) -> [Int32] {
        let offsets = keys.offsets
        let arena = UnsafeRawPointer(keys.arena)
        var entries = rows.map { row in
            let start = Int(offsets[Int(row)])
            let length = Int(offsets[Int(row) + 1]) - start
            // Bytes behind a short key are readable, but not part of it.
            let word = (arena + start).loadUnaligned(as: UInt64.self).bigEndian
            return Entry(
                prefix: length >= 8 ? word : length == 0 ? 0 : word & ~(UInt64.max >> UInt64(length * 8)),
                row: row
            )
        }
        entries.sort { left, right in
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            let (a, b) = (Int(left.row), Int(right.row))
            let (aLength, bLength) = (Int(offsets[a + 1] - offsets[a]), Int(offsets[b + 1] - offsets[b]))
            let order = memcmp(arena + Int(offsets[a]), arena + Int(offsets[b]), min(aLength, bLength))
            return order == 0 ? aLength < bLength : order < 0
        }
        return entries.map(\.row)
    }
}
