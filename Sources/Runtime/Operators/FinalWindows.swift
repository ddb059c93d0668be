import Functions
import Values

/// Emits each window once, when it has closed: in the order of window start, then key.
///
/// As in ksqlDB, a window that leaves the retention time in the same step that closes it is not emitted.
final class FinalWindows {
    private let window: TimeWindow
    private let states: AggregateStates
    private let context: TaskContext
    /// Starts of the windows that have rows and were not emitted.
    private var starts: Set<Int64> = []
    private(set) var oldest = Int64.max
    private static let batchRows = 4096

    init(_ window: TimeWindow, _ states: AggregateStates, _ context: TaskContext) {
        self.window = window
        self.states = states
        self.context = context
    }

    /// Notes the windows that rows went to.
    func noteWindows(_ pairs: WindowPairs) {
        var last = Int64.min
        for request in 0..<pairs.requestCount {
            let start = pairs.windows[request]
            if start == last { continue }
            last = start
            starts.insert(start)
            oldest = min(oldest, start)
        }
    }

    /// Finds the windows in the store that were not emitted.
    func restore(_ clock: WindowClock) throws {
        let layout = states.layout
        var next = layout.span.start(clock.finalBefore)
        while true {
            var found: Int64?
            try context.database.scan(
                states.cache.store,
                from: WindowClock.bytes(next),
                to: WindowClock.key
            ) { key, value in
                let first = Int64(bigEndian: key.loadUnaligned(as: Int64.self))
                // Where windows share entries, another key's may have windows that this one's has not.
                if let found, layout.span.count == 1 || found != first { return false }
                found = first
                try layout.forEachRecord(key, value) { _, window, _ in
                    if window >= clock.finalBefore { starts.insert(window) }
                }
                return layout.span.count > 1
            }
            guard let found else { break }
            next = found + 1
        }
        oldest = starts.min() ?? .max
    }

    /// Emits the windows that have closed.
    func emit(_ clock: inout WindowClock, _ output: Emitter) throws {
        let closed = clock.closedBefore
        let visible = clock.hiddenBefore(isFinal: true)
        for start in starts.filter({ $0 < closed }).sorted() {
            starts.remove(start)
            if start >= visible {
                try emit(start, output)
            } else {
                noteLost(start)
            }
        }
        oldest = starts.min() ?? .max
        clock.finalBefore = max(clock.finalBefore, closed)
        clock.hasChanged = true
    }

    /// A window whose rows are never emitted is counted and logged.
    private func noteLost(_ start: Int64) {
        context.metrics.dropped.add(1)
        context.log.record(
            RecordProblem(
                kind: .late,
                query: context.query,
                field: "WINDOWSTART",
                value: "\(start)",
                reason: "the window left the retention time in the step that closed it and is not emitted; "
                    + "a longer RETENTION keeps it"
            )
        )
    }

    private func emit(_ start: Int64, _ output: Emitter) throws {
        let cache = states.cache
        var cached: [UInt32] = []
        for slot in 0..<cache.highWater {
            let record = cache.record(slot)
            let wanted = GroupRecord.isUsed | GroupRecord.isPresent
            if record.groupFlags & wanted == wanted, record.groupWindow == start { cached.append(UInt32(slot)) }
        }
        cache.sort(&cached)
        if start >= cache.completeFrom {
            emit(cached.map { cache.record(Int($0)) }, output)
        } else {
            try emitMerged(start, cached, output)
        }
    }

    /// Emits a window some of whose groups are in the store alone.
    private func emitMerged(_ start: Int64, _ cached: [UInt32], _ output: Emitter) throws {
        let cache = states.cache
        let entry = states.layout.span.start(start)
        let end = WindowClock.bytes(entry + 1)
        var lower: [UInt8]? = WindowClock.bytes(entry)
        var next = 0
        while let from = lower {
            let stored = StoredRecords(states.layout)
            lower = nil
            try context.database.scan(cache.store, from: from, to: end) { key, value in
                guard stored.count < FinalWindows.batchRows else {
                    lower = [UInt8](key)
                    return false
                }
                try states.layout.forEachRecord(key, value) { userKey, window, form in
                    guard window == start, !cache.contains(userKey, window: start) else { return }
                    try stored.add(userKey, window: start, form)
                }
                return true
            }
            var merged: [UnsafeMutableRawPointer] = []
            for record in stored.records {
                while next < cached.count, comesFirst(cached[next], states.layout.key(record)) {
                    merged.append(cache.record(Int(cached[next])))
                    next += 1
                }
                merged.append(record)
            }
            if lower == nil {
                merged += cached[next...].map { cache.record(Int($0)) }
                next = cached.count
            }
            emit(merged, output)
            withExtendedLifetime(stored) {}
        }
    }

    private func comesFirst(_ slot: UInt32, _ key: UnsafeRawBufferPointer) -> Bool {
        compare(states.layout.key(states.cache.record(Int(slot))), key) < 0
    }

    private func emit(_ records: [UnsafeMutableRawPointer], _ output: Emitter) {
        for batch in states.rows.batches(records, rowsMax: FinalWindows.batchRows) {
            context.metrics.rowsOut.add(batch.count)
            output.emit(batch)
        }
    }
}
