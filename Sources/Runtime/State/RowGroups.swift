import Values

/// Finds the rows of a batch that belong to the same group: dense group numbers in the order of first appearance.
final class RowGroups {
    /// Groups of the last call.
    private(set) var count = 0
    /// Group of each entry of the row list.
    private let groups = Scratch<Int32>()
    /// First row of each group.
    private let firsts = Scratch<Int32>()
    private let hashList = Scratch<UInt64>()
    private let paneList = Scratch<Int64>()
    private let words = Scratch<UInt64>()
    /// Group number + 1 by hash.
    private let table = Scratch<Int32>()
    private let isWord: Bool

    init(_ layout: GroupLayout) { isWord = layout.isWord }

    var groupOfRow: UnsafeMutablePointer<Int32> { groups.base }
    var firstRows: UnsafeMutablePointer<Int32> { firsts.base }
    /// Hash of each group's key, without the pane.
    var hashes: UnsafeMutablePointer<UInt64> { hashList.base }
    /// Pane of each group, where panes were given.
    var panes: UnsafeMutablePointer<Int64> { paneList.base }

    /// Groups `rowCount` rows of the encoded keys, none of them NULL, by key and by `panes` (one per entry of `rows`).
    func assign(_ keys: Column, _ rows: UnsafePointer<Int32>, _ rowCount: Int, panes: UnsafePointer<Int64>? = nil) {
        let size = tableSize(rowCount)
        let table = table.reserve(size)
        table.initialize(repeating: 0, count: size)
        _ = groups.reserve(rowCount)
        _ = firsts.reserve(rowCount)
        _ = hashList.reserve(rowCount)
        _ = words.reserve(rowCount)
        _ = paneList.reserve(rowCount)
        if isWord {
            assignWords(keys, rows, rowCount, panes, mask: size - 1)
        } else {
            assignBytes(keys, rows, rowCount, panes, mask: size - 1)
        }
    }

    private func tableSize(_ rows: Int) -> Int {
        var size = 16
        while size < rows * 2 { size *= 2 }
        return size
    }

    private func assignWords(
        _ keys: Column,
        _ rows: UnsafePointer<Int32>,
        _ rowCount: Int,
        _ panes: UnsafePointer<Int64>?,
        mask: Int
    ) {
        let (table, groups, firsts, hashes) = (table.base, groups.base, firsts.base, hashList.base)
        let (words, groupPanes) = (words.base, paneList.base)
        let offsets = keys.offsets
        let arena = UnsafeRawPointer(keys.arena)
        var found: Int32 = 0
        for index in 0..<rowCount {
            let row = Int(rows[index])
            // The length says nothing more: no key of these types is the beginning of another.
            let (word, _) = keyWord(arena, offsets, row)
            let pane = panes.map { $0[index] } ?? 0
            let hash = Hash.of(word)
            var position = Int(truncatingIfNeeded: hash ^ UInt64(bitPattern: pane &* 0x2545_F491_4F6C_DD1D)) & mask
            while true {
                let group = table[position]
                if group == 0 {
                    words[Int(found)] = word
                    hashes[Int(found)] = hash
                    groupPanes[Int(found)] = pane
                    firsts[Int(found)] = Int32(truncatingIfNeeded: row)
                    groups[index] = found
                    found &+= 1
                    table[position] = found
                    break
                }
                if words[Int(group) &- 1] == word, groupPanes[Int(group) &- 1] == pane {
                    groups[index] = group &- 1
                    break
                }
                position = (position &+ 1) & mask
            }
        }
        count = Int(found)
    }

    private func assignBytes(
        _ keys: Column,
        _ rows: UnsafePointer<Int32>,
        _ rowCount: Int,
        _ panes: UnsafePointer<Int64>?,
        mask: Int
    ) {
        let (table, groups, firsts, hashes) = (table.base, groups.base, firsts.base, hashList.base)
        let groupPanes = paneList.base
        let offsets = keys.offsets
        let arena = UnsafeRawPointer(keys.arena)
        var found: Int32 = 0
        for index in 0..<rowCount {
            let row = Int(rows[index])
            let start = Int(offsets[row])
            let length = Int(offsets[row + 1]) &- start
            let pane = panes.map { $0[index] } ?? 0
            let hash = Hash.of(arena + start, length)
            var position = Int(truncatingIfNeeded: hash ^ UInt64(bitPattern: pane &* 0x2545_F491_4F6C_DD1D)) & mask
            while true {
                let group = table[position]
                if group == 0 {
                    hashes[Int(found)] = hash
                    groupPanes[Int(found)] = pane
                    firsts[Int(found)] = Int32(truncatingIfNeeded: row)
                    groups[index] = found
                    found &+= 1
                    table[position] = found
                    break
                }
                let other = Int(group) &- 1
                if hashes[other] == hash, groupPanes[other] == pane,
                    isEqual(keys.bytes(Int(firsts[other])), keys.bytes(row))
                {
                    groups[index] = group &- 1
                    break
                }
                position = (position &+ 1) & mask
            }
        }
        count = Int(found)
    }
}
