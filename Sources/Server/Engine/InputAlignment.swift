import Runtime

/// Processes the inputs of a share of a query in about the order of the rows' times; see ``AlignmentPlan``.
///
/// Each input of a task is a lane with at most a run or so of decoded rows. The rows of a lane go on up to the time
/// that the others are known to have reached, and a little more. A lane without rows holds the others back until it is
/// known to be at its end.
final class InputAlignment {
    private struct Lane {
        let task: StreamTask
        let input: TopicPartition
        let place: SourcePlace
        let joinSlack: Int64?
        let feedSlack: Int64?
        /// The sources that rows of an internal input come from; nil for any other input.
        let feeders: [SourcePlace]?
        /// Where the lane was when its oldest row that was not sent on was processed; nil when all are sent.
        var unsentLow: Int64?
        /// True: it delivers nothing for so long that nobody waits for it, until it does.
        var isGivenUp = false
        /// Where a lane without rows is, as of this look.
        var emptyLow: Int64?
        /// True: the other threads were told that it is at its end.
        var isIdle = false
    }

    private struct End {
        let offset: Int64
        let lows: [SourcePlace: Int64]
        let askedAt: Int64
    }

    private let plan: AlignmentPlan
    private let broker: any Broker
    private let clock: Clock
    private var lanes: [Lane] = []
    private var lanesByInput: [TopicPartition: [Int]] = [:]
    private let own: Set<SourcePlace>
    private var read: [TopicPartition: Int64]
    private var ends: [TopicPartition: End] = [:]
    private var published: [SourcePlace: Int64] = [:]
    private var lows: [SourcePlace: Int64] = [:]
    private var ignored: [SourcePlace: Int64] = [:]
    private var blockedSince: Int64?
    /// How far the other threads were at the last look of a thread that is blocked.
    private var seen: [SourcePlace: Int64] = [:]

    /// True when rows are held that may not be processed yet.
    private(set) var isBlocked = false
    /// True when rows are held.
    var hasRows: Bool { lanes.contains { $0.task.heldTime($0.input) != nil } }
    /// Inputs that need not be read now.
    private(set) var full: Set<TopicPartition> = []

    /// How long an answer about the end of a partition of a broker elsewhere is good for.
    private static let askMilliseconds: Int64 = 20

    /// - Parameter positions: where the inputs start.
    init?(_ work: QueryWork, _ tasks: [StreamTask], positions: [TopicPartition: Int64]) {
        guard let plan = work.alignment else { return nil }
        self.plan = plan
        broker = work.services.broker
        clock = work.services.clock
        read = positions
        let places = Set(plan.progress.all.keys)
        var own: Set<SourcePlace> = []
        for (place, task) in zip(work.tasks, tasks) {
            let sources = work.topology.subtopologies[place.subtopology].sources
            let joinSlack = plan.joins[place.subtopology]
            func key(_ source: Int) -> SourcePlace {
                SourcePlace(subtopology: place.subtopology, partition: place.partition, source: source)
            }
            // A run is held for all sources that read its topic.
            let topics = Set(
                sources.indices.filter { !sources[$0].isTable && (joinSlack != nil || places.contains(key($0))) }
                    .map { sources[$0].topic }
            )
            for (source, spec) in sources.enumerated()
            where topics.contains(spec.topic) && sources.firstIndex(where: { $0.topic == spec.topic }) == source {
                let key = key(source)
                if places.contains(key) { own.insert(key) }
                let feeders = plan.feeders[spec.topic].map { list in
                    places.filter { list.contains($0.subtopology) }
                }
                lanes.append(
                    Lane(
                        task: task,
                        input: TopicPartition(spec.topic, place.partition),
                        place: key,
                        joinSlack: joinSlack,
                        feedSlack: places.contains(key) ? plan.feeding[place.subtopology] : nil,
                        feeders: feeders.map { Array($0) }
                    )
                )
            }
        }
        self.own = own
        guard !lanes.isEmpty else { return nil }
        lanesByInput = Dictionary(grouping: lanes.indices) { lanes[$0].input }
        publish(own.reduce(into: [:]) { $0[$1] = .min })
    }

    /// True when a task's rows of that input are given to ``hold(_:)``.
    func holds(_ input: TopicPartition, of task: StreamTask) -> Bool {
        lanesByInput[input]?.contains { lanes[$0].task === task } ?? false
    }

    /// Notes a run, which the tasks that ``holds(_:of:)`` names hold.
    func hold(_ run: MessageRun) throws {
        let input = TopicPartition(run.topic, run.partition)
        note(input, readTo: run.nextOffset)
        blockedSince = nil
        var tasks: [StreamTask] = []
        for lane in lanesByInput[input] ?? [] {
            lanes[lane].isGivenUp = false
            if !tasks.contains(where: { $0 === lanes[lane].task }) { tasks.append(lanes[lane].task) }
        }
        for task in tasks { try task.hold(run) }
        var news: [SourcePlace: Int64] = [:]
        for lane in lanesByInput[input] ?? [] where lanes[lane].isIdle {
            guard let head = lanes[lane].task.heldTime(lanes[lane].input) else { continue }
            lanes[lane].isIdle = false
            news[lanes[lane].place] = max(head, lanes[lane].task.latestTime(lanes[lane].input) ?? .min)
        }
        if !news.isEmpty { publish(news) }
    }

    /// Notes that an input has nothing before an offset that was not read.
    func note(_ input: TopicPartition, readTo offset: Int64) {
        if lanesByInput[input] != nil { read[input] = max(read[input] ?? 0, offset) }
    }

    // MARK: Processing

    /// Processes rows whose turn it is, about `rowsMax` of them at the most.
    /// - Returns: how many.
    func process(rowsMax: Int) throws -> Int {
        var rows = 0
        isBlocked = false
        if hasRows {
            look()
            while rows < rowsMax {
                if let (lane, bound) = try next() {
                    rows += try process(lane, bound)
                } else if try !send() {
                    isBlocked = hasRows
                    break
                }
            }
        }
        if rows > 0 || !isBlocked { blockedSince = nil }
        full = Set(
            lanesByInput.filter { $0.value.allSatisfy { lanes[$0].task.heldTime(lanes[$0].input) != nil } }.keys
        )
        return rows
    }

    private func look() {
        lows = plan.progress.all
        for index in lanes.indices { lanes[index].emptyLow = nil }
    }

    private func process(_ index: Int, _ bound: Int64) throws -> Int {
        let lane = lanes[index]
        if lane.feedSlack != nil, lane.unsentLow == nil { lanes[index].unsentLow = try low(index) }
        lanes[index].emptyLow = nil
        return try lane.task.processHeld(lane.input, upTo: bound)
    }

    /// The lane with the oldest row of those that may go on, and the time up to which it may.
    private func next() throws -> (lane: Int, bound: Int64)? {
        var best: (lane: Int, bound: Int64, head: Int64)?
        for index in lanes.indices {
            guard let head = lanes[index].task.heldTime(lanes[index].input) else { continue }
            if let best, best.head <= head { continue }
            let bound = try bound(index)
            if head <= bound { best = (index, bound, head) }
        }
        return best.map { ($0.lane, $0.bound) }
    }

    private func bound(_ index: Int) throws -> Int64 {
        let lane = lanes[index]
        var bound = Int64.max
        for other in lanes.indices where other != index {
            if let slack = lane.joinSlack, lanes[other].task === lane.task {
                bound = min(bound, added(try low(other), slack))
            }
            if let slack = lane.feedSlack, lanes[other].feedSlack != nil {
                bound = min(bound, added(try lanes[other].unsentLow ?? low(other), slack))
            }
        }
        guard let slack = lane.feedSlack else { return bound }
        for (place, low) in lows where !own.contains(place) && ignored[place] != low {
            bound = min(bound, added(low, slack))
        }
        return bound
    }

    private func added(_ time: Int64, _ slack: Int64) -> Int64 {
        let (sum, overflow) = time.addingReportingOverflow(slack)
        // A lane of which nothing is known holds everything back.
        return time == .min ? .min : overflow ? .max : sum
    }

    /// No row of the lane that is older comes any more, as far as rows come in order.
    private func low(_ index: Int) throws -> Int64 {
        let lane = lanes[index]
        let latest = lane.task.latestTime(lane.input) ?? .min
        if let head = lane.task.heldTime(lane.input) { return max(latest, head) }
        if lane.isGivenUp { return .max }
        if let known = lane.emptyLow { return known }
        let end = try end(lane)
        var low = latest
        if (read[lane.input] ?? 0) >= end.offset {
            // Whatever comes yet over an internal topic is not older than what its sources have read.
            let upstream = (lane.feeders ?? []).filter { ignored[$0] == nil || ignored[$0] != end.lows[$0] }
            low = max(latest, upstream.map { end.lows[$0] ?? .max }.min() ?? .max)
        }
        lanes[index].emptyLow = low
        return low
    }

    private func end(_ lane: Lane) throws -> End {
        let now = broker.isRemote ? clock.monotonicMilliseconds() : 0
        if broker.isRemote, let end = ends[lane.input], now - end.askedAt < InputAlignment.askMilliseconds {
            return end
        }
        // First how far the sources are, then the end: what they sent lies before it.
        let lows = lane.feeders == nil ? [:] : plan.progress.all
        let end = End(offset: try broker.offsets(of: lane.input).upperBound, lows: lows, askedAt: now)
        ends[lane.input] = end
        return end
    }

    /// Sends on what was processed, so that lanes behind it may go on.
    private func send() throws -> Bool {
        var sent = false
        for index in lanes.indices where lanes[index].unsentLow != nil {
            try lanes[index].task.sendWaiting()
            lanes[index].unsentLow = nil
            sent = true
        }
        return sent
    }

    // MARK: Others

    /// Everything processed is committed: tells the other threads how far this one is.
    func committed() throws {
        for index in lanes.indices { lanes[index].unsentLow = nil }
        guard !own.isEmpty else { return }
        look()
        var news: [SourcePlace: Int64] = [:]
        // What is at its end stays there until something is read.
        for index in lanes.indices where lanes[index].feedSlack != nil && !lanes[index].isIdle {
            let low = try low(index)
            lanes[index].isIdle = low == .max
            if low != published[lanes[index].place] { news[lanes[index].place] = low }
        }
        if !news.isEmpty { publish(news) }
    }

    private func publish(_ news: [SourcePlace: Int64]) {
        published.merge(news) { $1 }
        plan.progress.publish(news)
    }

    /// Called when nothing could be read or processed: goes on without inputs that have delivered nothing for too long.
    func waited() {
        guard isBlocked else { return }
        let now = clock.monotonicMilliseconds()
        let others = plan.progress.all
        // As long as other threads go on there is something to wait for.
        if others != seen { blockedSince = nil }
        seen = others
        let since = blockedSince ?? now
        blockedSince = since
        guard now - since >= plan.waitMilliseconds else { return }
        blockedSince = nil
        for index in lanes.indices where lanes[index].task.heldTime(lanes[index].input) == nil {
            lanes[index].isGivenUp = true
        }
        for (place, low) in others where !own.contains(place) && low != .max { ignored[place] = low }
    }
}
