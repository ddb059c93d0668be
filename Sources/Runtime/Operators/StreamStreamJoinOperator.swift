import Values

/// Takes the rows of a batch in order: tells which waiting rows have had their time, looks for the row's matches on the
/// other side, and keeps the row on its own.
final class StreamStreamJoinOperator: Operator {
    private let spec: StreamStreamJoin
    private let context: TaskContext
    private let sides: [JoinRows]
    /// For each side the rows that wait; nil where rows are not kept without a match, or come at once.
    private let waiting: [WaitingRows?]
    private var clock: JoinClock
    private var isOpen = false
    private let groups: RowGroups
    private let rowList = Scratch<Int32>()
    private let requests: [JoinRequests] = [JoinRequests(), JoinRequests()]

    init(_ spec: StreamStreamJoin, _ context: TaskContext) {
        self.spec = spec
        self.context = context
        sides = [(spec.left, spec.leftStore), (spec.right, spec.rightStore)].map { schema, store in
            JoinRows(schema, spec.window, store: context.store(store.name), context)
        }
        waiting = [0, 1].map { spec.window.waits && spec.kind.keeps($0) ? WaitingRows() : nil }
        clock = JoinClock(spec.window)
        groups = RowGroups(sides[0].cache.layout)
    }

    func process(_ batch: Batch, input: Int, into output: Emitter) throws {
        if !isOpen { try open() }
        context.metrics.rowsIn.add(batch.count)
        let schema = spec.side(input)
        let keyColumns = Array(batch.columns[..<schema.valueStart])
        let rows = rowList.reserve(batch.count)
        let keyed = selectRows(batch, keyColumns, into: rows)
        let keys = KeyEncoder.encode(keyColumns, count: batch.count)
        let times = batch.timestamps.values(as: Int64.self)
        try find(keys, rows, keyed, times, input)
        let work = JoinWork(spec, batch, keyColumns, input)
        let encoded = RowBytes.encode(Array(batch.columns[schema.valueStart...]), count: batch.count)
        var next = 0
        for row in 0..<batch.count {
            let time = max(times[row], 0)
            clock.see(time)
            if waiting[0] != nil || waiting[1] != nil { try emitUnmatched(work) }
            if next < keyed, Int(rows[next]) == row {
                let waits = join(row, next, time, input, work)
                let isVisible = time >= clock.hiddenBefore(input)
                clock.keep(time, input)
                if waits || isVisible {
                    sides[input].insert(requests[input].slots.base[next], time, encoded.bytes(row), waits: waits)
                }
                if waits { waiting[input]?.add(time, keys.bytes(row)) }
                next += 1
            } else if spec.kind.keeps(input), !batch.isDeleted(row) {
                work.add(row, match: -1, time)
            } else {
                context.metrics.dropped.add(1)
            }
            if work.count >= context.settings.batchRowsMax { emit(work, output) }
        }
        emit(work, output)
    }

    /// The rows with a key and a value.
    private func selectRows(_ batch: Batch, _ keys: [Column], into rows: UnsafeMutablePointer<Int32>) -> Int {
        let keyed = selectKeyedRows(keys, count: batch.count, into: rows)
        guard batch.deleted != nil else { return keyed }
        var count = 0
        for index in 0..<keyed where !batch.isDeleted(Int(rows[index])) {
            rows[count] = rows[index]
            count += 1
        }
        return count
    }

    /// Finds the records that the rows go to, and those that their matches lie in.
    private func find(
        _ keys: Column,
        _ rows: UnsafePointer<Int32>,
        _ count: Int,
        _ times: UnsafePointer<Int64>,
        _ input: Int
    ) throws {
        groups.assign(keys, rows, count)
        let (own, others) = (requests[input], requests[1 - input])
        own.reset(count)
        others.reset(count)
        let (back, ahead) = (spec.window.reachBack(input), spec.window.reachAhead(input))
        for index in 0..<count {
            let time = max(times[Int(rows[index])], 0)
            let hash = groups.hashes[Int(groups.groupOfRow[index])]
            own.add(rows[index], hash, sides[input].bucket(time), of: index)
            let first = sides[1 - input].bucket(max(time.subtractingClamped(back), 0))
            let last = sides[1 - input].bucket(time.addingClamped(ahead))
            others.add(rows[index], hash, first, of: index)
            if last != first { others.add(rows[index], hash, last, of: index) }
        }
        for side in 0...1 { try requests[side].find(keys, in: sides[side].cache) }
    }

    /// Adds the matches of a row, or the row alone; true when it is to wait for a match.
    private func join(_ row: Int, _ index: Int, _ time: Int64, _ input: Int, _ work: JoinWork) -> Bool {
        let other = sides[1 - input]
        let lower = max(time.subtractingClamped(spec.window.reachBack(input)), clock.hiddenBefore(1 - input), 0)
        let upper = time.addingClamped(spec.window.reachAhead(input))
        let first = work.matches.count
        if lower <= upper {
            let found = requests[1 - input]
            for request in found.range(index) {
                other.match(found.slots.base[request], lower...upper, into: work.matches)
            }
        }
        for match in first..<work.matches.count {
            work.add(row, match: match, max(time, work.matches.times[match]))
        }
        guard work.matches.count == first, spec.kind.keeps(input) else { return false }
        if waiting[input] != nil, upper >= clock.streamTime { return true }
        work.add(row, match: -1, time)
        return false
    }

    /// Adds the waiting rows of both sides that find no match any more.
    private func emitUnmatched(_ work: JoinWork) throws {
        // Mostly there is nothing to tell.
        let bounds = (clock.unmatchedBefore(0), clock.unmatchedBefore(1))
        let hasDue = (waiting[0]?.earliest ?? .max) < bounds.0 || (waiting[1]?.earliest ?? .max) < bounds.1
        guard hasDue else { return }
        let left = waiting[0]?.take(before: bounds.0) ?? []
        let right = waiting[1]?.take(before: bounds.1) ?? []
        let slots = [try find(left, 0), try find(right, 1)]
        var next = (0, 0)
        while next.0 < left.count || next.1 < right.count {
            // At one time the right side comes first.
            if next.1 < right.count, next.0 == left.count || right[next.1].time <= left[next.0].time {
                add(right[next.1], slots[1][next.1], 1, work)
                next.1 += 1
            } else {
                add(left[next.0], slots[0][next.0], 0, work)
                next.0 += 1
            }
        }
    }

    private func add(_ due: WaitingRows.Due, _ slot: UInt32, _ side: Int, _ work: JoinWork) {
        let rows = side == work.input ? work.unmatched : work.matches
        let first = rows.count
        sides[side].waiting(slot, due.time, into: rows)
        for index in first..<rows.count { work.addUnmatched(index, side, due) }
    }

    /// The records of waiting rows; whatever the batch has found stays where it is.
    private func find(_ due: [WaitingRows.Due], _ side: Int) throws -> [UInt32] {
        guard !due.isEmpty else { return [] }
        let builder = ColumnBuilder(.bytes, capacity: due.count)
        for row in due { row.key.withUnsafeBytes { builder.append(bytes: $0) } }
        let keys = builder.finish()
        let cache = sides[side].cache
        let found = JoinRequests()
        found.reset(due.count)
        for (index, row) in due.enumerated() {
            found.add(Int32(index), cache.hash(keys.bytes(index)), sides[side].bucket(row.time), of: index)
        }
        try found.find(keys, in: cache, isSameBatch: true)
        return Array(UnsafeBufferPointer(start: found.slots.base, count: due.count))
    }

    private func emit(_ work: JoinWork, _ output: Emitter) {
        guard let batch = work.take() else { return }
        context.metrics.rowsOut.add(batch.count)
        output.emit(batch)
    }

    private func open() throws {
        isOpen = true
        guard let stored = try context.database.get(sides[0].cache.store.prefix + WindowClock.key) else { return }
        clock = try JoinClock(spec.window, stored: stored)
        for input in 0...1 {
            let latest = clock.latest[input]
            let side = sides[input]
            side.cache.open(
                completeFrom: latest == .min
                    ? .min : side.bucket(latest).addingClamped(spec.window.bucketMilliseconds)
            )
            guard let rows = waiting[input] else { continue }
            try side.scanWaiting(from: clock.unmatchedBefore(input)) { time, key in rows.add(time, key) }
        }
    }

    func flush(into changes: inout [StateChange]) throws {
        let isDirty = sides.contains { !$0.cache.dirty.isEmpty }
        guard isDirty || clock.hasChanged else { return }
        clock.hasChanged = false
        let expired = [clock.expire(0), clock.expire(1)]
        for (input, side) in sides.enumerated() {
            var ranges: [(lower: [UInt8], upper: [UInt8])] = []
            if let range = expired[input] {
                side.cache.removeWindows(before: range.upperBound)
                ranges = [(WindowClock.bytes(range.lowerBound), WindowClock.bytes(range.upperBound))]
            }
            let extra = input == 0 ? (WindowClock.key, clock.stored) : nil
            if let change = try side.cache.flush(extra: extra, deletedRanges: ranges) { changes.append(change) }
        }
        let bytes = sides.reduce(0) { $0 + $1.cache.bytes } + waiting.reduce(0) { $0 + ($1?.bytes ?? 0) }
        context.metrics.stateBytes.set(Int64(bytes))
    }

    func committed() { for side in sides { side.cache.committed() } }

    var wantsCommit: Bool { sides.contains { $0.cache.wantsFlush } }
}

/// The records that the rows of a batch ask one side for.
private final class JoinRequests {
    private var rows: [Int32] = []
    private var hashes: [UInt64] = []
    private var windows: [Int64] = []
    /// Where the requests of each row start.
    private var starts: [Int] = []
    /// The record of each request.
    let slots = Scratch<UInt32>()

    func reset(_ count: Int) {
        rows.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
        windows.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        starts.reserveCapacity(count)
    }

    func add(_ row: Int32, _ hash: UInt64, _ window: Int64, of index: Int) {
        if starts.count == index { starts.append(rows.count) }
        rows.append(row)
        hashes.append(hash)
        windows.append(window)
    }

    func find(_ keys: Column, in cache: GroupCache, isSameBatch: Bool = false) throws {
        let slots = slots.reserve(rows.count)
        try rows.withUnsafeBufferPointer { rows in
            try hashes.withUnsafeBufferPointer { hashes in
                try windows.withUnsafeBufferPointer { windows in
                    guard let row = rows.baseAddress, let hash = hashes.baseAddress else { return }
                    try cache.find(
                        KeyRequests(
                            count: rows.count,
                            keys: keys,
                            rows: row,
                            hashes: hash,
                            windows: windows.baseAddress
                        ),
                        into: slots,
                        isSameBatch: isSameBatch
                    )
                }
            }
        }
    }

    /// The requests of row number `index`.
    func range(_ index: Int) -> Range<Int> {
        starts[index]..<(index + 1 < starts.count ? starts[index + 1] : rows.count)
    }
}
