import Functions
import Values

/// Aggregates a stream per time window.
///
/// Stream time is the largest timestamp of a row with a key, each row's own included, so that the result does not depend
/// on how rows are cut into batches. A row goes to every window that holds its timestamp and is open, that is, whose
/// end plus grace is later than stream time; a row that any of its windows is closed for counts as late.
final class WindowedAggregateOperator: Operator {
    private let spec: Aggregate
    private let window: TimeWindow
    private let context: TaskContext
    private let states: AggregateStates
    private var clock: WindowClock
    private var isOpen = false
    private let rowList = Scratch<Int32>()
    private let pairs = WindowPairs()
    private let finals: FinalWindows?

    init(_ spec: Aggregate, _ context: TaskContext) {
        guard let window = spec.window else { preconditionFailure("a windowed aggregate has a window") }
        self.spec = spec
        self.window = window
        self.context = context
        states = AggregateStates(spec, context)
        clock = WindowClock(window, states.layout.span)
        finals = spec.emitsFinal && context.settings.emitsFinal ? FinalWindows(window, states, context) : nil
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        if !isOpen { try open() }
        context.metrics.rowsIn.add(batch.count)
        let keyColumns = spec.keys.map { batch.columns[$0] }
        let rows = rowList.reserve(batch.count)
        let count = states.selectRows(batch, keyColumns, into: rows)
        guard count > 0 else { return }
        let work = Work(
            keyColumns: keyColumns,
            keys: KeyEncoder.encode(keyColumns, count: batch.count),
            inputs: states.prepare(batch.columns),
            timestamps: batch.timestamps,
            headers: batch.headers
        )
        var late = LateRows()
        var start = 0
        while start < count {
            let cut = pairs.expand(work.timestamps, rows, start..<count, &clock, finals?.oldest, &late)
            start += cut.rows
            if pairs.rowCount > 0 { try apply(work, output) }
            if cut.closes { try finals?.emit(&clock, output) }
        }
        if late.count > 0 { report(late, batch) }
    }

    /// What the steps of one batch share.
    private struct Work {
        let keyColumns: [Column]
        let keys: Column
        let inputs: [[Column]]
        let timestamps: Column
        let headers: Column?
    }

    private func apply(_ work: Work, _ output: Emitter) throws {
        states.groups.assign(work.keys, pairs.rows, pairs.rowCount, panes: pairs.lastStarts)
        let run = try pairs.find(work.keys, states)
        if let finals {
            finals.noteWindows(pairs)
            states.update(run, work.inputs, work.timestamps)
        } else if context.settings.emitsEveryChange {
            emit(states.updateEach(run, work.inputs, work.timestamps), run, work, output)
        } else {
            states.update(run, work.inputs, work.timestamps)
            let touched = pairs.touched(run, mark: states.newMark())
            emit(states.results(touched), touched, work, output)
        }
    }

    private func emit(_ results: AggregateResults, _ run: RecordRun, _ work: Work, _ output: Emitter) {
        context.metrics.rowsOut.add(run.count)
        output.emit(
            Batch(
                schema: states.output,
                count: run.count,
                columns: work.keyColumns.map { $0.gather(run.rows, count: run.count) }
                    + states.rows.windowColumns(run) + results.columns,
                timestamps: results.timestamps,
                headers: work.headers?.gather(run.rows, count: run.count)
            )
        )
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
                reason: "\(late.count) rows came after their window had closed; the first is "
                    + "\(late.firstDelay) ms behind the stream time, "
                    + "the grace period is \(window.graceMilliseconds) ms"
            )
        )
    }

    private func open() throws {
        isOpen = true
        if let stored = try context.database.get(states.cache.store.prefix + WindowClock.key) {
            clock = try WindowClock(window, states.layout.span, stored: stored)
            states.cache.open(
                completeFrom: clock.latestStart.addingClamped(1),
                removedBefore: clock.expiredBefore
            )
            try finals?.restore(clock)
        }
    }

    func flush(into changes: inout [StateChange]) throws {
        let cache = states.cache
        var ranges: [(lower: [UInt8], upper: [UInt8])] = []
        if let expired = clock.expire(isFinal: finals != nil) {
            cache.removeWindows(before: expired.upperBound)
            let span = states.layout.span
            let gone = span.start(expired.lowerBound)..<span.start(expired.upperBound)
            if !gone.isEmpty { ranges = [(WindowClock.bytes(gone.lowerBound), WindowClock.bytes(gone.upperBound))] }
        }
        guard !cache.dirty.isEmpty || clock.hasChanged else { return }
        clock.hasChanged = false
        if let change = try cache.flush(extra: (WindowClock.key, clock.stored), deletedRanges: ranges) {
            changes.append(change)
        }
        context.metrics.stateBytes.set(Int64(cache.bytes))
    }

    func committed() { states.cache.committed() }

    var wantsCommit: Bool { states.cache.wantsFlush }
}

/// Rows that came too late.
struct LateRows {
    var count = 0
    var firstRow: Int32 = 0
    var firstDelay: Int64 = 0
}

/// What a windowed aggregate knows about time.
struct WindowClock {
    /// Of its entry in the store, behind all windows, whose keys start with a byte below 128.
    static let key: [UInt8] = [0xFF]

    let window: TimeWindow
    private let span: WindowSpan
    /// The largest timestamp so far.
    private(set) var streamTime = Int64.min
    /// The latest start of a window so far.
    private(set) var latestStart = Int64.min
    /// Windows that start before were emitted as final, or never will be.
    var finalBefore: Int64 = 0
    /// Windows that start before are gone; the store may still have them beside later ones, see ``WindowSpan``.
    private(set) var expiredBefore: Int64 = 0
    /// True when something changed since the last flush.
    var hasChanged = false

    init(_ window: TimeWindow, _ span: WindowSpan) {
        self.window = window
        self.span = span
    }

    /// - Throws: ``StateError`` when the bytes are not ``stored``, or the store has spans of another length.
    init(_ window: TimeWindow, _ span: WindowSpan, stored: [UInt8]) throws(StateError) {
        self.init(window, span)
        guard stored.count >= 32, stored.count % 8 == 0 else { throw StateError.size(stored.count) }
        let words = stored.withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self) }
        }
        guard words[4...] == [Int64(span.count)] || words.count == 4 && span.count == 1 else {
            throw StateError.otherForm
        }
        (streamTime, latestStart, finalBefore, expiredBefore) = (words[0], words[1], words[2], words[3])
    }

    /// The numbers, and how many windows share an entry unless that is one.
    var stored: [UInt8] {
        var words = [streamTime, latestStart, finalBefore, expiredBefore]
        if span.count > 1 { words.append(Int64(span.count)) }
        return words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
    }

    /// Windows that start before this have closed.
    var closedBefore: Int64 {
        streamTime.subtractingClamped(window.graceMilliseconds).subtractingClamped(window.sizeMilliseconds)
            .addingClamped(1)
    }

    /// Windows that start before this are out of the retention time.
    func hiddenBefore(isFinal: Bool) -> Int64 {
        latestStart.subtractingClamped(window.retentionMilliseconds).addingClamped(isFinal ? 0 : 1)
    }

    @inline(__always)
    mutating func see(_ time: Int64, start: Int64) {
        if time > streamTime {
            streamTime = time
            hasChanged = true
        }
        if start > latestStart { latestStart = start }
    }

    /// The starts of the windows that went out of the retention time since the last call; nil when there are none.
    mutating func expire(isFinal: Bool) -> Range<Int64>? {
        let bound = hiddenBefore(isFinal: isFinal)
        guard bound > expiredBefore else { return nil }
        defer { expiredBefore = bound }
        return expiredBefore..<bound
    }

    /// A window start (0 or later) as the first bytes of its keys.
    static func bytes(_ start: Int64) -> [UInt8] { withUnsafeBytes(of: start.bigEndian) { Array($0) } }
}
