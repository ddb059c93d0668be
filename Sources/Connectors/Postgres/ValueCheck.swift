import Glibc
import Values

/// Values that no PostgreSQL can hold, found before they are sent, so that the reason names the field.
enum ValueCheck {
    /// Milliseconds since 1970 that a timestamp holds: 4713 BC to 294276 AD.
    static let timestamps = Int64(-210_866_803_200_000)..<9_224_318_016_000_000
    /// Days since 1970 that a date holds: 4713 BC to 5874897 AD.
    private static let dates = Int32(-2_440_588)..<2_145_042_906

    /// The rows of a column whose values cannot be held, with reasons.
    static func problems(_ column: Column, _ type: WireType) -> [(row: Int, reason: String)] {
        switch type {
        case .text: texts(column)
        case .timestamptz:
            outside(column, timestamps, "the time is outside of 4713 BC to 294276 AD, which PostgreSQL holds")
        case .date: outside(column, dates, "the date is outside of 4713 BC to 5874897 AD, which PostgreSQL holds")
        case .time: outside(column, Int32(0)..<86_400_001, "the time of day is outside of 00:00 to 24:00")
        default: []
        }
    }

    private static func texts(_ column: Column) -> [(row: Int, reason: String)] {
        let start = Int(column.offsets[0])
        let end = Int(column.offsets[column.count])
        guard end > start, memchr(column.arena + start, 0, end - start) != nil else { return [] }
        return (0..<column.count).filter { !column.isNull($0) && column.bytes($0).contains(0) }.map { row in
            (row, "the text has a NUL byte, which PostgreSQL never takes")
        }
    }

    private static func outside<T: FixedWidthInteger & BitwiseCopyable>(
        _ column: Column,
        _ range: Range<T>,
        _ reason: String
    ) -> [(row: Int, reason: String)] {
        let values = column.values(as: T.self)
        var found: [(row: Int, reason: String)] = []
        for row in 0..<column.count where !range.contains(values[row]) && !column.isNull(row) {
            found.append((row, reason))
        }
        return found
    }
}
