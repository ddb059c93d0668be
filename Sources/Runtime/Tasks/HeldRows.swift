import Values

/// Rows of one source that were read and decoded, and wait until their time has come.
struct HeldRows {
    /// Rows with what a commit needs to go on behind them.
    struct Unit {
        /// None is empty.
        let batches: [Batch]
        /// The offset of the message that all rows came in, which is processed as a whole; nil for rows of records.
        let start: Int64?
        /// The offset behind the last row.
        let end: Int64
    }

    private var units: [Unit] = []
    private var unit = 0
    private var batch = 0
    private var row = 0
    private var end: Int64 = 0

    /// The time of the next row; nil when there is none.
    private(set) var headTime: Int64?
    /// The largest time of a row that was taken; the smallest number before the first.
    private(set) var latest = Int64.min

    mutating func add(_ more: [Unit]) {
        units.append(contentsOf: more)
        end = more.last?.end ?? end
        settle()
    }

    /// The offset to go on from when everything taken is committed; of no meaning before the first ``add(_:)``.
    var position: Int64 {
        guard headTime != nil else { return end }
        return units[unit].start
            ?? units[unit].batches[batch].origin?.offsets.values(as: Int64.self)[row]
            ?? end
    }

    /// Takes the next rows up to the first one that is later than `bound`, at most a batch or a message of them.
    mutating func take(upTo bound: Int64) -> [Batch] {
        guard let headTime, headTime <= bound else { return [] }
        let current = units[unit]
        if current.start != nil {
            unit += 1
            for batch in current.batches { note(batch, 0..<batch.count) }
            settle()
            return current.batches
        }
        let rows = current.batches[batch]
        let times = rows.timestamps.values(as: Int64.self)
        var next = row + 1
        if bound == .max {
            next = rows.count
        } else {
            while next < rows.count, times[next] <= bound { next += 1 }
        }
        return [taken(rows, next)]
    }

    /// Takes all rows of messages before an offset, a batch of them or a message at a time; none when there are no more.
    mutating func take(before offset: Int64) -> [Batch] {
        guard headTime != nil, position < offset else { return [] }
        guard units[unit].start == nil else { return take(upTo: .max) }
        let rows = units[unit].batches[batch]
        guard let offsets = rows.origin?.offsets.values(as: Int64.self) else { return take(upTo: .max) }
        var next = row + 1
        while next < rows.count, offsets[next] < offset { next += 1 }
        return [taken(rows, next)]
    }

    private mutating func taken(_ rows: Batch, _ next: Int) -> Batch {
        note(rows, row..<next)
        let taken = next - row == rows.count ? rows : rows.rows(row..<next)
        row = next
        settle()
        return taken
    }

    private mutating func note(_ batch: Batch, _ rows: Range<Int>) {
        let times = batch.timestamps.values(as: Int64.self)
        for row in rows { latest = max(latest, times[row]) }
    }

    /// Moves to the next row that is there.
    private mutating func settle() {
        while unit < units.count {
            let current = units[unit]
            if batch < current.batches.count, row >= current.batches[batch].count {
                batch += 1
                row = 0
            }
            if batch < current.batches.count {
                headTime = current.batches[batch].timestamps.values(as: Int64.self)[row]
                return
            }
            unit += 1
            batch = 0
            row = 0
        }
        headTime = nil
        units.removeAll(keepingCapacity: true)
        unit = 0
    }
}

extension Batch {
    /// A copy of some rows that follow each other.
    func rows(_ range: Range<Int>) -> Batch {
        let indices = Array(Int32(range.lowerBound)..<Int32(range.upperBound))
        return indices.withUnsafeBufferPointer { list in
            list.baseAddress.map { gather($0, count: list.count) } ?? self
        }
    }
}
