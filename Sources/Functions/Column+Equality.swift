import Glibc
import Values

extension Column {
    /// True when row `row` equals row `otherRow` of a column of the same type; two NULLs are equal.
    ///
    /// Maps are equal when they have the same entries in any order.
    public func holdsSame(_ row: Int, as other: Column, _ otherRow: Int) -> Bool {
        let isNull = isNull(row)
        if isNull || other.isNull(otherRow) { return isNull && other.isNull(otherRow) }
        switch type.storage {
        case .fixed(1): return values(as: UInt8.self)[row] == other.values(as: UInt8.self)[otherRow]
        case .fixed(4): return values(as: Int32.self)[row] == other.values(as: Int32.self)[otherRow]
        case .fixed(8):
            if type == .double { return values(as: Double.self)[row] == other.values(as: Double.self)[otherRow] }
            return values(as: Int64.self)[row] == other.values(as: Int64.self)[otherRow]
        case .fixed: return values(as: Int128.self)[row] == other.values(as: Int128.self)[otherRow]
        case .variable:
            let (a, b) = (bytes(row), other.bytes(otherRow))
            guard a.count == b.count, let x = a.baseAddress, let y = b.baseAddress else { return a.count == b.count }
            return memcmp(x, y, a.count) == 0
        case .structure:
            return zip(children, other.children).allSatisfy { $0.holdsSame(row, as: $1, otherRow) }
        case .list: return holdsSameList(row, other, otherRow)
        }
    }

    private func holdsSameList(_ row: Int, _ other: Column, _ otherRow: Int) -> Bool {
        let mine = Int(offsets[row])..<Int(offsets[row + 1])
        let theirs = Int(other.offsets[otherRow])..<Int(other.offsets[otherRow + 1])
        guard mine.count == theirs.count else { return false }
        if children.count == 1 {
            return zip(mine, theirs).allSatisfy { children[0].holdsSame($0, as: other.children[0], $1) }
        }
        return mine.allSatisfy { entry in
            theirs.contains {
                children[0].holdsSame(entry, as: other.children[0], $0)
                    && children[1].holdsSame(entry, as: other.children[1], $0)
            }
        }
    }
}
