import Functions
import Values

/// The pairs of rows and open windows of a part of a batch.
final class WindowPairs {
    /// Rows with at least one open window.
    private(set) var rowCount = 0
    private let rowScratch = Scratch<Int32>()
    private let lastScratch = Scratch<Int64>()
    private let windowCounts = Scratch<Int32>()
    private var pairCount = 0
    private var advance: Int64 = 1
    /// The next window of a row that had more of them than one step takes.
    private var continuation: Int64?

    // Requests: the windows of each group, the latest first.
    private let groupWindows = Scratch<Int32>()
    private let requestStarts = Scratch<Int32>()
    private let requestRows = Scratch<Int32>()
    private let requestHashes = Scratch<UInt64>()
    private let requestWindows = Scratch<Int64>()
    private(set) var requestCount = 0
    private let slots = Scratch<UInt32>()

    private let records = Scratch<UnsafeMutableRawPointer>()
    private let pairRows = Scratch<Int32>()

    /// Pairs per step at the most, so that scratch memory stays small; a row with more windows takes several steps.
    private static let pairsMax = 32768

    var rows: UnsafeMutablePointer<Int32> { rowScratch.base }
    /// The start of each row's latest window.
    var lastStarts: UnsafeMutablePointer<Int64> { lastScratch.base }
    /// The windows that were looked up.
    var windows: UnsafeMutablePointer<Int64> { requestWindows.base }

    /// Takes rows from the front of `range` and finds their open windows.
    ///
    /// A row whose windows do not fit is not counted as taken: the next call, which begins with it, goes on there.
    /// - Parameter oldest: the earliest window that waits for its end, where windows are emitted as final; a row that
    ///   closes it, or a window of a row of this call, ends the part.
    /// - Returns: how many rows of the list were taken, and whether windows wait to be emitted.
    func expand(
        _ timestamps: Column,
        _ list: UnsafePointer<Int32>,
        _ range: Range<Int>,
        _ clock: inout WindowClock,
        _ oldest: Int64?,
        _ late: inout LateRows
    ) -> (rows: Int, closes: Bool) {
        let times = timestamps.values(as: Int64.self)
        let rows = rowScratch.reserve(range.count)
        let lasts = lastScratch.reserve(range.count)
        let counts = windowCounts.reserve(range.count)
        let shape = clock.shape
        advance = shape.advance
        var waiting = oldest ?? .max
        var index = range.lowerBound
        rowCount = 0
        pairCount = 0
        while index < range.upperBound, pairCount < WindowPairs.pairsMax {
            let row = list[index]
            let time = max(times[Int(row)], 0)
            let last = time - time % shape.advance
            let from: Int64
            if let continuation {
                from = continuation
                self.continuation = nil
            } else {
                clock.see(time, start: last)
                let first = shape.firstStart(time)
                let open = shape.align(clock.closedBefore)
                if open > first {
                    if late.count == 0 {
                        late.firstRow = row
                        late.firstDelay = clock.streamTime - time
                    }
                    late.count += 1
                }
                from = max(first, open)
            }
            var isWhole = true
            if from <= last {
                let windows = (last - from) / shape.advance + 1
                let taken = min(windows, Int64(WindowPairs.pairsMax - pairCount))
                isWhole = taken == windows
                if !isWhole { continuation = from + taken * shape.advance }
                rows[rowCount] = row
                lasts[rowCount] = from + (taken - 1) * shape.advance
                counts[rowCount] = Int32(taken)
                rowCount += 1
                pairCount += Int(taken)
                waiting = min(waiting, from)
            }
            if isWhole { index += 1 }
            if oldest != nil, waiting < clock.closedBefore { return (index - range.lowerBound, true) }
        }
        return (index - range.lowerBound, false)
    }

    /// Looks up the records of all pairs; the rows must have been grouped by key and latest window before.
    func find(_ keys: Column, _ states: AggregateStates) throws -> RecordRun {
        let groups = states.groups
        let groupWindows = groupWindows.reserve(groups.count)
        let starts = requestStarts.reserve(groups.count)
        let counts = windowCounts.base
        groupWindows.initialize(repeating: 0, count: groups.count)
        for index in 0..<rowCount {
            let group = Int(groups.groupOfRow[index])
            groupWindows[group] = max(groupWindows[group], counts[index])
        }
        requestCount = 0
        for group in 0..<groups.count {
            starts[group] = Int32(requestCount)
            requestCount += Int(groupWindows[group])
        }
        let requestRows = requestRows.reserve(requestCount)
        let requestHashes = requestHashes.reserve(requestCount)
        let requestWindows = requestWindows.reserve(requestCount)
        for group in 0..<groups.count {
            let start = Int(starts[group])
            for window in 0..<Int(groupWindows[group]) {
                requestRows[start + window] = groups.firstRows[group]
                requestHashes[start + window] = groups.hashes[group]
                requestWindows[start + window] = groups.panes[group] - Int64(window) * advance
            }
        }
        let slots = slots.reserve(requestCount)
        let requests = KeyRequests(
            count: requestCount,
            keys: keys,
            rows: requestRows,
            hashes: requestHashes,
            windows: requestWindows
        )
        try states.cache.find(requests, into: slots)
        for request in 0..<requestCount { states.cache.change(slots[request]) }
        return pair(states)
    }

    /// Rows and records of all pairs: in the order of the rows, each with its windows in ascending order.
    private func pair(_ states: AggregateStates) -> RecordRun {
        let records = records.reserve(pairCount)
        let pairRows = pairRows.reserve(pairCount)
        let (slab, stride) = (states.cache.slab, states.layout.stride)
        let (rows, counts, starts, slots) = (rowScratch.base, windowCounts.base, requestStarts.base, slots.base)
        let groupOfRow = states.groups.groupOfRow
        var pair = 0
        for index in 0..<rowCount {
            let start = Int(starts[Int(groupOfRow[index])])
            var window = Int(counts[index])
            while window > 0 {
                window &-= 1
                records[pair] = slab + Int(slots[start &+ window]) &* stride
                pairRows[pair] = rows[index]
                pair &+= 1
            }
        }
        return RecordRun(count: pairCount, records: records, rows: pairRows)
    }

    /// Each record of the run once, in the order of first appearance; overwrites the run.
    func touched(_ run: RecordRun, mark: UInt32) -> RecordRun {
        let rows = pairRows.base
        var count = 0
        for index in 0..<run.count {
            let record = run.records[index]
            guard record.groupMark != mark else { continue }
            record.groupMark = mark
            run.records[count] = record
            rows[count] = run.rows[index]
            count &+= 1
        }
        return RecordRun(count: count, records: run.records, rows: rows)
    }
}

/// The arithmetic of windows.
struct WindowShape {
    let size: Int64
    let advance: Int64

    /// The start of the earliest window that holds `time`.
    @inline(__always)
    func firstStart(_ time: Int64) -> Int64 {
        let earliest = time - size + advance
        return earliest <= 0 ? 0 : earliest / advance * advance
    }

    /// The first window start at or after `bound`.
    @inline(__always)
    func align(_ bound: Int64) -> Int64 {
        if bound <= 0 { return 0 }
        let rest = bound % advance
        return rest == 0 ? bound : bound.addingClamped(advance - rest)
    }
}

extension WindowClock {
    var shape: WindowShape { WindowShape(size: window.sizeMilliseconds, advance: window.advanceMilliseconds) }
}
