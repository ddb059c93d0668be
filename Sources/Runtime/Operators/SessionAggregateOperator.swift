import Functions
import Values

/// Applies batches to the sessions of their keys: reads the sessions of all keys of a batch, applies the rows in order,
/// and writes the sessions back.
final class SessionAggregateOperator: Operator {
    private let spec: SessionAggregate
    private let context: TaskContext
    private let keyed: SessionStore
    private let rows: AggregateRows
    private var clock: SessionClock
    private let finals: FinalSessions?
    private var isOpen = false
    private let rowList = Scratch<Int32>()
    private var lists: [SessionList] = []
    // Rows whose record is known and that were not yet applied.
    private var pendingRecords: [UnsafeMutableRawPointer] = []
    private var pendingRows: [Int32] = []
    private let unitePair = Scratch<UnsafeMutableRawPointer>()
    private let uniteRow = Scratch<Int32>()

    init(_ spec: SessionAggregate, _ context: TaskContext) {
        self.spec = spec
        self.context = context
        rows = AggregateRows(spec.groups)
        keyed = SessionStore(spec, context)
        let isFinal = spec.emitsFinal && context.settings.emitsFinal
        clock = SessionClock(spec.window, isFinal: isFinal)
        finals = isFinal ? FinalSessions(spec, keyed, rows) : nil
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        if !isOpen { try open() }
        context.metrics.rowsIn.add(batch.count)
        let keyColumns = spec.keys.map { batch.columns[$0] }
        let list = rowList.reserve(batch.count)
        let count = selectRows(batch, keyColumns, list)
        guard count > 0 else { return }
        let keys = KeyEncoder.encode(keyColumns, count: batch.count)
        lists = try keyed.read(keys, list, count, rows.layout)
        let inputs = rows.prepare(batch.columns)
        let emission = SessionOutput(rows, spec.output)
        var late = LateRows()
        for index in 0..<count {
            let group = Int(keyed.groups.groupOfRow[index])
            let time = max(batch.timestamps.values(as: Int64.self)[Int(list[index])], 0)
            clock.see(time)
            if !add(list[index], time, to: group, inputs, emission) {
                if late.count == 0 {
                    late.firstRow = list[index]
                    late.firstDelay = clock.streamTime - time
                }
                late.count += 1
            }
        }
        applyPending(inputs)
        if finals == nil, !context.settings.emitsEveryChange { emitChanges(emission) }
        if let changes = emission.batch(keyColumns) { emit(changes, output) }
        finals?.note(lists, keyed, keys)
        keyed.write(&lists, rows.layout, forgottenBefore: clock.forgottenBefore)
        if let finals { try finals.emit(&clock) { emit($0, output) } }
        if late.count > 0 { report(late, batch) }
    }

    private func selectRows(_ batch: Batch, _ keys: [Column], _ list: UnsafeMutablePointer<Int32>) -> Int {
        let allowsNulls = spec.keepsNullsInKeys && keys.count > 1
        let mask = allowsNulls ? nil : keys.reduce(nil) { Bitmap.and($0, $1.validity, count: batch.count) }
        let words = mask?.base.assumingMemoryBound(to: UInt64.self)
        var count = 0
        var ungrouped = UngroupedRows()
        for row in 0..<batch.count where !batch.isDeleted(row) {
            if let words, !Bitmap.get(words, row) {
                ungrouped.add(row)
                continue
            }
            list[count] = Int32(truncatingIfNeeded: row)
            count += 1
        }
        context.metrics.dropped.add(batch.count - count)
        ungrouped.report(batch, keys, spec.keys.map { spec.input.fields[$0] }, context)
        return count
    }

    /// Adds a row to the session it belongs to, which may be new or several in one; false when it is late.
    private func add(
        _ row: Int32,
        _ time: Int64,
        to group: Int,
        _ inputs: [[Column]],
        _ emission: SessionOutput
    ) -> Bool {
        let gap = spec.window.gapMilliseconds
        let lost = clock.lostBefore
        let sessions = lists[group].sessions
        var first = 0
        while first < sessions.count, sessions[first].end < max(time.subtractingClamped(gap), lost) { first += 1 }
        var last = first
        while last < sessions.count, sessions[last].start <= time.addingClamped(gap) { last += 1 }
        let found = sessions[first..<last]
        let start = found.first.map { min($0.start, time) } ?? time
        let end = found.last.map { max($0.end, time) } ?? time
        guard end >= clock.closedBefore else { return false }
        if context.settings.emitsEveryChange, finals == nil, start != time || end != time {
            for session in found { emission.delete(row, SessionList.Bounds(start: session.start, end: session.end)) }
        }
        if found.isEmpty {
            let record = SessionList.newRecord(rows.layout, start)
            lists[group].sessions.insert(SessionList.Session(start: start, end: end, record: record), at: first)
        } else if found.count > 1 {
            applyPending(inputs)
            unite(group, first..<last)
        }
        lists[group].sessions[first].start = start
        lists[group].sessions[first].end = end
        lists[group].sessions[first].isTouched = true
        let session = lists[group].sessions[first]
        pendingRecords.append(session.record)
        pendingRows.append(row)
        if context.settings.emitsEveryChange, finals == nil {
            applyPending(inputs)
            emission.put(row, session)
            emission.read()
        }
        return true
    }

    /// Merges neighbouring sessions into the first of them.
    private func unite(_ group: Int, _ range: Range<Int>) {
        let pair = unitePair.reserve(2)
        let row = uniteRow.reserve(1)
        row[0] = 0
        pair[0] = lists[group].sessions[range.lowerBound].record
        for index in range.dropFirst() {
            let session = lists[group].sessions[index]
            pair[1] = session.record
            rows.merge(
                RecordRun(count: 1, records: pair, rows: row),
                RecordRun(count: 1, records: pair + 1, rows: row),
                keyed.memory
            )
            SessionList.free(session.record, rows.layout, keyed.memory)
            if let emitted = session.emitted { lists[group].removed.append(emitted) }
        }
        lists[group].sessions.removeSubrange(range.dropFirst())
    }

    private func applyPending(_ inputs: [[Column]]) {
        guard !pendingRecords.isEmpty else { return }
        pendingRecords.withUnsafeMutableBufferPointer { records in
            pendingRows.withUnsafeBufferPointer { list in
                guard let base = records.baseAddress, let row = list.baseAddress else { return }
                rows.update(RecordRun(count: records.count, records: base, rows: row), inputs, keyed.memory)
            }
        }
        pendingRecords.removeAll(keepingCapacity: true)
        pendingRows.removeAll(keepingCapacity: true)
    }

    /// For each key: deletions of windows that are gone, then the sessions that took rows.
    private func emitChanges(_ emission: SessionOutput) {
        for (group, list) in lists.enumerated() {
            let row = keyed.groups.firstRows[group]
            for bounds in list.removed { emission.delete(row, bounds) }
            for session in list.sessions where session.isTouched {
                if let emitted = session.emitted, emitted != SessionList.Bounds(start: session.start, end: session.end)
                {
                    emission.delete(row, emitted)
                }
            }
            for session in list.sessions where session.isTouched { emission.put(row, session) }
        }
    }

    private func emit(_ batch: Batch, _ output: Emitter) {
        context.metrics.rowsOut.add(batch.count)
        output.emit(batch)
    }

    private func report(_ late: LateRows, _ batch: Batch) {
        context.metrics.late.add(late.count)
        let row = Int(late.firstRow)
        context.log.record(
            RecordProblem(
                kind: .late,
                query: context.query,
                topic: batch.origin?.topic,
                partition: batch.origin?.partition,
                offset: batch.origin.map { $0.offsets.values(as: Int64.self)[row] },
                value: "\(batch.timestamps.values(as: Int64.self)[row])",
                reason: "\(late.count) rows came after their session had closed; the first is \(late.firstDelay) ms "
                    + "behind the stream time, the grace period is \(spec.window.graceMilliseconds) ms"
            )
        )
    }

    private func open() throws {
        isOpen = true
        guard let stored = try context.database.get(keyed.cache.store.prefix + WindowClock.key) else { return }
        clock = try SessionClock(spec.window, isFinal: finals != nil, stored: stored)
        try finals?.restore(clock)
    }

    func flush(into changes: inout [StateChange]) throws {
        try keyed.sweep(forgottenBefore: clock.forgottenBefore, every: spec.window.retentionMilliseconds / 4)
        guard !keyed.cache.dirty.isEmpty || clock.hasChanged else { return }
        clock.hasChanged = false
        if let change = try keyed.cache.flush(extra: (WindowClock.key, clock.stored)) { changes.append(change) }
        context.metrics.stateBytes.set(Int64(keyed.cache.bytes))
    }

    func committed() { keyed.cache.committed() }

    var wantsCommit: Bool { keyed.cache.wantsFlush }
}
