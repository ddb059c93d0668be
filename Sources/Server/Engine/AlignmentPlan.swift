import Runtime
import Synchronization

/// In which order the inputs of a query are processed where that matters: not too far from that of the rows' times.
///
/// Two things are told. The streams of a join take turns within each task. And all partitions that rows with a window or
/// a join behind them come from go on together, since a repartition mixes their rows.
struct AlignmentPlan: Sendable {
    /// How far ahead the streams of a task may be, by subtopology; absent where a task has one.
    let joins: [Int: Int64]
    /// How far ahead a partition may be, by subtopology; absent where no other task drops late rows of its.
    let feeding: [Int: Int64]
    /// By internal topic: the subtopologies whose rows get there, over any number of topics.
    let feeders: [String: Set<Int>]
    let progress: TimeProgress
    /// How long a row waits for an input that has older ones but delivers none, in milliseconds.
    let waitMilliseconds: Int64
    /// How far apart the rows of one message between tasks may be.
    let messageMilliseconds: Int64

    /// Rows in a join that show which side was read first may be so far out of order.
    private static let visibleMilliseconds: Int64 = 100

    /// - Parameters:
    ///   - tasks: all tasks of the query.
    ///   - skew: how far ahead an input may be; nil for a quarter of the shortest grace period, negative for any.
    /// - Returns: nil when the order of the inputs does not matter.
    init?(_ topology: Topology, tasks: [TaskPlace], skew: Int64?, wait: Int64) {
        if let skew, skew < 0 { return nil }
        let internalTopics = Set(topology.internalTopics.map(\.name))
        let feeders = AlignmentPlan.feeders(topology)
        var joins: [Int: Int64] = [:]
        var feeding: [Int: Int64] = [:]
        var message = Int64.max
        for (number, subtopology) in topology.subtopologies.enumerated() {
            guard let grace = subtopology.nodes.compactMap(\.spec.graceMilliseconds).min() else { continue }
            // A quarter each for the order of partitions, of inputs, within a message, and for what the topics bring.
            let allowed = skew ?? grace / 4
            let streams = subtopology.sources.filter { !$0.isTable }
            let isInternal = streams.contains { internalTopics.contains($0.topic) }
            if streams.count > 1 {
                let isVisible = subtopology.nodes.contains { ($0.spec as? StreamStreamJoin)?.showsOrder ?? false }
                joins[number] = isVisible && skew == nil ? min(allowed, AlignmentPlan.visibleMilliseconds) : allowed
                if isInternal { message = min(message, allowed) }
            }
            for source in streams {
                for feeder in feeders[source.topic] ?? [] { feeding[feeder] = min(feeding[feeder] ?? .max, allowed) }
            }
        }
        let least = feeding.values.min() ?? .max
        feeding = feeding.mapValues { _ in least }
        var places: [SourcePlace] = []
        for task in tasks where feeding[task.subtopology] != nil {
            let sources = topology.subtopologies[task.subtopology].sources
            for (index, source) in sources.enumerated()
            where !source.isTable && !internalTopics.contains(source.topic)
                && sources.firstIndex(where: { $0.topic == source.topic }) == index
            {
                places.append(SourcePlace(subtopology: task.subtopology, partition: task.partition, source: index))
            }
        }
        // A single partition has nothing to wait for, unless a join wants to know how far it is.
        if joins.isEmpty, places.count < 2 { return nil }
        self.joins = joins
        self.feeding = feeding
        self.feeders = feeders
        progress = TimeProgress(places)
        waitMilliseconds = wait
        messageMilliseconds = message
    }

    /// Tasks end, pause or failed: nobody waits for them.
    func leave(_ tasks: [TaskPlace]) {
        let gone = Set(tasks)
        let places = progress.all.keys.filter {
            gone.contains(TaskPlace(subtopology: $0.subtopology, partition: $0.partition))
        }
        progress.publish(places.reduce(into: [:]) { $0[$1] = .max })
    }

    private static func feeders(_ topology: Topology) -> [String: Set<Int>] {
        var writers: [String: Set<Int>] = [:]
        for (number, subtopology) in topology.subtopologies.enumerated() {
            for node in subtopology.nodes {
                if let spec = node.spec as? Repartition { writers[spec.topic, default: []].insert(number) }
            }
        }
        var feeders = writers
        for topic in writers.keys {
            var open = Array(writers[topic] ?? [])
            while let next = open.popLast() {
                for source in topology.subtopologies[next].sources {
                    for writer in writers[source.topic] ?? []
                    where feeders[topic, default: []].insert(writer).inserted { open.append(writer) }
                }
            }
        }
        return feeders
    }
}

/// A source of a task.
struct SourcePlace: Hashable, Sendable {
    let subtopology: Int
    let partition: Int32
    let source: Int
}

/// How far the sources of a query that feed others are: no row that is older comes any more from what each has read.
///
/// Shared by the threads of the query; they look at it once a turn.
final class TimeProgress: Sendable {
    private let lows: Mutex<[SourcePlace: Int64]>

    /// What is not started yet holds the others back.
    init(_ places: [SourcePlace]) {
        lows = Mutex(Dictionary(places.map { ($0, Int64.min) }) { first, _ in first })
    }

    /// Milliseconds by source, committed rows only; the largest number where all was read.
    var all: [SourcePlace: Int64] { lows.withLock { $0 } }

    func publish(_ news: [SourcePlace: Int64]) {
        lows.withLock { lows in
            for (place, low) in news where lows[place] != nil { lows[place] = low }
        }
    }
}
