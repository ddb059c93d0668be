import Runtime
import Values

/// The tasks and the session of a runner between a start and the next failure or stop.
final class RunningTasks {
    let tasks: [StreamTask]
    private let work: QueryWork
    private let status: QueryStatus
    private let session: any BrokerSession
    private let byInput: [TopicPartition: [StreamTask]]
    private var bootstrap: TableBootstrap
    private var alignment: InputAlignment?
    private var paused: Set<TopicPartition> = []
    private var dirtySince: Int64?
    private var dirtyRows = 0
    /// Since the last commit there was always something to read.
    private var isBusyThroughout = true
    /// So it was before the last commit.
    private var isBehind = false
    /// Internal topics that one task a partition reads, so that nobody needs what that task has committed.
    private let readOnce: Set<String>
    /// Where partitions go on behind marks of transactions, see ``pass(_:to:)``.
    private var passed: [TopicPartition: Int64] = [:]
    /// The rows of a push query whose positions are all that it remembers.
    private let share: PushShare?

    init(_ work: QueryWork, threadID: String, status: QueryStatus) throws {
        self.work = work
        self.status = status
        let session = try work.services.broker.makeSession(threadID: threadID, state: work.database)
        self.session = session
        let share = (work.results as? PushQuery).flatMap { $0.isResumable ? PushShare($0) : nil }
        self.share = share
        tasks = try work.tasks.map { place in try RunningTasks.makeTask(place, work, session, share ?? work.results) }
        var byInput: [TopicPartition: [StreamTask]] = [:]
        for task in tasks { for input in task.inputs { byInput[input, default: []].append(task) } }
        self.byInput = byInput
        bootstrap = TableBootstrap(tasks)
        readOnce = work.topology.topicsReadOnce
        try restore()
    }

    private static func makeTask(
        _ place: TaskPlace,
        _ work: QueryWork,
        _ session: any BrokerSession,
        _ results: (any ResultReceiver)?
    ) throws -> StreamTask {
        let subtopology = work.topology.subtopologies[place.subtopology]
        let names = subtopology.nodes.flatMap(\.spec.stores).map(\.name)
        let stores = names.map { ($0, work.stores.id($0, partition: place.partition)) }
        let context = TaskContext(
            query: work.query,
            partition: place.partition,
            database: work.database,
            session: session,
            formats: work.services.formats,
            settings: work.settings,
            log: work.services.log,
            metrics: OperatorMetrics(),
            results: results,
            stores: Dictionary(uniqueKeysWithValues: stores),
            partitionCounts: work.partitionCounts
        )
        return try StreamTask(subtopology, number: place.subtopology, context: context)
    }

    /// Brings state and positions to the last committed epoch.
    private func restore() throws {
        var positions: [TopicPartition: Int64] = [:]
        var ends = Epoch()
        for (place, task) in zip(work.tasks, tasks) {
            let names = work.topology.subtopologies[place.subtopology].nodes.flatMap(\.spec.stores).map(\.name)
            let stores = names.map { work.stores.id($0, partition: place.partition) }
            var starts =
                work.isTransient ? [:] : try session.restore(task.id, stores: stores, inputs: task.inputs)
            let isFirst = starts.count < task.inputs.count
            for input in task.inputs where starts[input] == nil {
                starts[input] = try share?.start(of: input) ?? firstPosition(input, of: task)
            }
            if isFirst, work.startPosition == .latest { ends.offsets[task.id] = starts }
            task.start(at: starts)
            positions.merge(starts) { first, _ in first }
        }
        try session.assign(positions)
        status.started(at: positions)
        share?.finish(positions)
        // What was the end at the first start stays the start, also when nothing comes before the next one.
        if !work.isTransient, !ends.offsets.isEmpty { try commit(ends) }
        alignment = InputAlignment(work, tasks, positions: positions)
        try bootstrap.begin(work.services.broker)
        pause()
    }

    private func firstPosition(_ input: TopicPartition, of task: StreamTask) throws -> Int64 {
        let available = try work.services.broker.offsets(of: input)
        // A table that is joined is always read whole, and an internal topic holds nothing but this query's rows.
        let isInternal = work.topology.internalTopics.contains { $0.name == input.topic }
        if isInternal || task.tableInputs.contains(input) { return available.lowerBound }
        return work.startPosition == .earliest ? available.lowerBound : available.upperBound
    }

    /// Reads and processes at most one run, and commits when that is due.
    func turn(timeoutMilliseconds: Int) throws -> QueryRunner.Turn {
        if let results = work.results, !results.isReady { return .idle(milliseconds: 20) }
        let clock = work.services.clock
        var timeout =
            dirtySince == nil ? timeoutMilliseconds : min(timeoutMilliseconds, Int(work.commit.idleMilliseconds))
        if let alignment, alignment.hasRows { timeout = min(timeout, alignment.isBlocked ? 1 : 0) }
        let run = try session.poll(rowsMax: work.settings.batchRowsMax, timeoutMilliseconds: timeout)
        if let run { try process(run) }
        let isBusy = try align(afterRun: run != nil) || run != nil
        if run != nil { share?.finish(positions()) }
        if !isBusy { isBusyThroughout = false }
        if bootstrap.isActive { bootstrap.update(passed) }
        pause()
        let isBlocked = alignment?.isBlocked ?? false
        guard let since = dirtySince else {
            try alignment?.committed()
            if !isBusy { alignment?.waited() }
            return isBusy ? .busy : .idle(milliseconds: isBlocked ? 2 : 1000)
        }
        let age = clock.monotonicMilliseconds() - since
        // Others may wait for what is not committed.
        let interval = isBehind ? work.commit.behindMilliseconds : work.commit.intervalMilliseconds
        let due = isBusy ? interval : isBlocked ? 0 : work.commit.idleMilliseconds
        if age >= due || dirtyRows >= work.commit.rowsMax || tasks.contains(where: \.wantsCommit) {
            try commit()
            return isBusy ? .busy : .idle(milliseconds: isBlocked ? 2 : 1000)
        }
        return isBusy ? .busy : .idle(milliseconds: max(due - age, 1))
    }

    private func process(_ run: MessageRun) throws {
        let input = TopicPartition(run.topic, run.partition)
        guard run.count > 0 else {
            alignment?.note(input, readTo: run.nextOffset)
            pass(input, to: run.nextOffset)
            return
        }
        var isHeld = false
        for task in byInput[input] ?? [] {
            if let alignment, alignment.holds(input, of: task) {
                isHeld = true
            } else {
                noteDirty(run.count)
                try task.process(run)
            }
        }
        if isHeld { try alignment?.hold(run) }
    }

    /// Processes held rows whose turn it is, for which other inputs may have to be read.
    /// - Returns: whether there were any.
    private func align(afterRun isRead: Bool) throws -> Bool {
        guard let alignment else { return false }
        var goesOn = isRead
        var rows = try alignment.process(rowsMax: work.settings.batchRowsMax)
        while rows == 0, goesOn, alignment.isBlocked {
            pause()
            let run = try session.poll(rowsMax: work.settings.batchRowsMax, timeoutMilliseconds: 0)
            if let run { try process(run) }
            goesOn = run != nil
            rows = try alignment.process(rowsMax: work.settings.batchRowsMax)
        }
        // Records that are all bad are processed as soon as they are read.
        if rows > 0 || tasks.contains(where: \.isDirty) { noteDirty(rows) }
        return rows > 0
    }

    private func noteDirty(_ rows: Int) {
        if dirtySince == nil { dirtySince = work.services.clock.monotonicMilliseconds() }
        dirtyRows += rows
    }

    /// Lets the session leave out what waits for something else.
    private func pause() {
        let wanted = alignment.map { bootstrap.held.union($0.full) } ?? bootstrap.held
        guard wanted != paused else { return }
        paused = wanted
        session.pause(wanted)
    }

    /// Notes that a partition holds nothing before `offset` any more: what lies there are marks of transactions.
    private func pass(_ partition: TopicPartition, to offset: Int64) {
        passed[partition] = offset
        if dirtySince == nil { status.started(at: [partition: offset]) }
    }

    /// How far each input was read, marks of transactions behind the last record included.
    private func positions() -> [TopicPartition: Int64] {
        tasks.reduce(into: passed) { all, task in all.merge(task.positions) { max($0, $1) } }
    }

    /// How far the tasks have read what nobody else reads.
    private func readOncePositions() -> [TopicPartition: Int64] {
        tasks.reduce(into: [:]) { all, task in
            for (input, offset) in task.positions where readOnce.contains(input.topic) { all[input] = offset }
        }
    }

    /// Commits everything processed so far as one epoch.
    func commit() throws {
        guard dirtySince != nil else { return }
        var epoch = Epoch()
        for task in tasks { try task.flush(into: &epoch) }
        if work.isTransient {
            // A push query keeps its state in memory and commits no offsets, only what its tasks send each other.
            try work.database.write(epoch.changes, [], sync: false)
            if !work.topology.internalTopics.isEmpty, try session.commit(Epoch()) != .committed {
                throw CommitFailure(reason: "rows between the tasks of a push query could not be written")
            }
        } else {
            try commit(epoch)
        }
        for task in tasks { task.committed() }
        dirtySince = nil
        dirtyRows = 0
        (isBehind, isBusyThroughout) = (isBusyThroughout, true)
        if !readOnce.isEmpty { session.release(before: readOncePositions()) }
        status.committed(at: work.services.clock.wallMilliseconds(), positions: positions())
        try alignment?.committed()
    }

    private func commit(_ epoch: Epoch) throws {
        switch try session.commit(epoch) {
        case .committed: break
        case .aborted(let reason): throw CommitFailure(reason: "the epoch was not committed: \(reason)")
        case .unknown(let reason): throw CommitFailure(reason: "the outcome of a commit is unknown: \(reason)")
        }
    }

    /// Forgets what was not committed.
    func abort() { session.abort() }

    var wakeUp: @Sendable () -> Void { session.wakeUp }
}

/// A commit that did not (or perhaps not) happen; the runner starts again from the last one that did.
struct CommitFailure: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}
