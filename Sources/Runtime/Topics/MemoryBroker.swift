import Synchronization
import Values

/// A ``Broker`` that forgets everything when it is released, with the embedded log's semantics; for tests.
///
/// Input offsets lie in the sessions' database. Dropping a session without a commit loses its epoch, as a crash would.
public final class MemoryBroker: Broker {
    private struct Partition {
        /// Committed runs by their first offset, ascending and without gaps.
        var runs: [(start: Int64, run: OutgoingRun)] = []
        var end: Int64 = 0
    }

    private struct Topic {
        let settings: TopicSettings
        /// Counts creations.
        let number: Int
        var partitions: [Partition]
    }

    private struct State {
        var topics: [String: Topic] = [:]
        var subscribers: [Int: @Sendable () -> Void] = [:]
        var nextSubscriber = 0
        var topicsMade = 0
        var failure: (outcome: CommitOutcome, applied: Bool)?
    }

    private let state = Mutex(State())
    private let identity = UInt64.random(in: .min ... .max)

    public init() {}

    /// Makes the next commit of any session answer `outcome`; `applied` says whether it takes effect all the same,
    /// as it may when the outcome is unknown.
    public func failNextCommit(_ outcome: CommitOutcome, applied: Bool = false) {
        state.withLock { $0.failure = (outcome, applied) }
    }

    public func createTopic(_ name: String, _ settings: TopicSettings) throws {
        try state.withLock { state in
            if let topic = state.topics[name] {
                guard topic.settings.partitions != settings.partitions else { return }
                throw TopicError.partitionsDiffer(name, has: topic.settings.partitions, wanted: settings.partitions)
            }
            guard settings.partitions > 0 else { throw TopicError.withoutPartitions(name) }
            state.topicsMade += 1
            state.topics[name] = Topic(
                settings: settings,
                number: state.topicsMade,
                partitions: Array(repeating: Partition(), count: settings.partitions)
            )
        }
    }

    public func deleteTopic(_ name: String) throws {
        state.withLock { _ = $0.topics.removeValue(forKey: name) }
    }

    public func describe(_ name: String) throws -> TopicSettings? {
        state.withLock { $0.topics[name]?.settings }
    }

    public func incarnation(of topic: String) throws -> String? {
        state.withLock { $0.topics[topic]?.number }.map { "\(identity)/\($0)" }
    }

    public func topics() throws -> [String] {
        state.withLock { $0.topics.keys.sorted() }
    }

    public func offsets(of partition: TopicPartition) throws -> Range<Int64> {
        try state.withLock { 0..<(try Self.find(partition, in: $0)).end }
    }

    public func append(_ runs: [OutgoingRun]) throws {
        try state.withLock { try Self.append(runs, to: &$0) }
        notify()
    }

    public func read(
        _ partition: TopicPartition,
        from offset: Int64,
        rowsMax: Int,
        bytesMax: Int
    ) throws -> MessageRun {
        try state.withLock { state in
            let log = try Self.find(partition, in: state)
            var index = log.runs.partitioningIndex { $0.start + Int64($0.run.count) > offset }
            var parts: [OutgoingRun] = []
            var rows = 0
            var bytes = 0
            let start = max(offset, log.runs.first?.start ?? offset)
            while index < log.runs.count, rows < max(rowsMax, 1), bytes < bytesMax || rows == 0 {
                let (first, run) = log.runs[index]
                let skipped = Int(max(start - first, 0))
                let part = run.slice(skipped..<min(run.count, skipped + max(rowsMax, 1) - rows))
                parts.append(part)
                rows += part.count
                bytes += part.payloadBytes
                index += 1
            }
            guard !parts.isEmpty else { return MessageRun.empty(partition, at: offset) }
            return OutgoingRun.merged(parts).committed(at: start)
        }
    }

    public func onAppend(_ notify: @escaping @Sendable () -> Void) -> AppendSubscription {
        let id = state.withLock { state in
            state.nextSubscriber += 1
            state.subscribers[state.nextSubscriber] = notify
            return state.nextSubscriber
        }
        return AppendSubscription { [weak self] in
            self?.state.withLock { _ = $0.subscribers.removeValue(forKey: id) }
        }
    }

    public func makeSession(threadID: String, state: any StateDatabase) throws -> any BrokerSession {
        MemorySession(broker: self, database: state)
    }

    /// Throws unless the partition exists.
    func check(_ partition: TopicPartition) throws {
        try state.withLock { _ = try Self.find(partition, in: $0) }
    }

    /// All or nothing: the runs, and what `write` puts into the sessions' database.
    func commit(_ runs: [OutgoingRun], write: () throws -> Void) -> CommitOutcome {
        let outcome = state.withLock { state -> CommitOutcome in
            let failure = state.failure
            state.failure = nil
            if let failure, !failure.applied { return failure.outcome }
            do {
                for run in runs { _ = try Self.find(run.target, in: state) }
                try write()
                try Self.append(runs, to: &state)
                return failure?.outcome ?? .committed
            } catch {
                return .aborted(reason: "\(error)")
            }
        }
        notify()
        return outcome
    }

    private func notify() {
        for subscriber in state.withLock({ Array($0.subscribers.values) }) { subscriber() }
    }

    private static func find(_ partition: TopicPartition, in state: State) throws -> Partition {
        guard let topic = state.topics[partition.topic] else { throw TopicError.noTopic(partition.topic) }
        guard topic.partitions.indices.contains(Int(partition.partition)) else {
            throw TopicError.noPartition(partition, of: topic.settings.partitions)
        }
        return topic.partitions[Int(partition.partition)]
    }

    private static func append(_ runs: [OutgoingRun], to state: inout State) throws {
        for run in runs { _ = try find(run.target, in: state) }
        for run in runs where run.count > 0 {
            let index = Int(run.partition)
            guard var partition = state.topics[run.topic]?.partitions[index] else { continue }
            partition.runs.append((partition.end, run))
            partition.end += Int64(run.count)
            state.topics[run.topic]?.partitions[index] = partition
        }
    }
}

/// A session of a ``MemoryBroker``.
private final class MemorySession: BrokerSession {
    private let broker: MemoryBroker
    private let database: any StateDatabase
    private let signal: AppendSignal
    private let subscription: AppendSubscription
    private var positions = FairPositions()
    private var held: [OutgoingRun] = []

    let wakeUp: @Sendable () -> Void

    init(broker: MemoryBroker, database: any StateDatabase) {
        self.broker = broker
        self.database = database
        let signal = AppendSignal()
        self.signal = signal
        wakeUp = { signal.ring() }
        subscription = broker.onAppend { signal.ring() }
    }

    func assign(_ positions: [TopicPartition: Int64]) throws {
        for partition in positions.keys { try broker.check(partition) }
        self.positions.assign(positions)
    }

    func pause(_ partitions: Set<TopicPartition>) { positions.pause(partitions) }

    func poll(rowsMax: Int, timeoutMilliseconds: Int) throws -> MessageRun? {
        let seen = signal.count
        if let run = try next(rowsMax) { return run }
        signal.wait(after: seen, milliseconds: timeoutMilliseconds)
        return try next(rowsMax)
    }

    func append(_ run: OutgoingRun) throws {
        try broker.check(run.target)
        held.append(run)
    }

    func commit(_ epoch: Epoch) throws -> CommitOutcome {
        let runs = held
        held = []
        return broker.commit(runs) {
            try database.write(epoch.changes, CommittedOffsets.puts(epoch.offsets), sync: false)
        }
    }

    func abort() { held = [] }

    func restore(
        _ task: TaskCommitID,
        stores: [StoreID],
        inputs: [TopicPartition]
    ) throws -> [TopicPartition: Int64] {
        try CommittedOffsets.read(task, inputs: inputs, from: database)
    }

    private func next(_ rowsMax: Int) throws -> MessageRun? {
        try positions.next { position in
            let run = try broker.read(position.partition, from: position.next, rowsMax: rowsMax, bytesMax: 1 << 20)
            return run.count > 0 ? run : nil
        }
    }
}

extension Array {
    /// The first index whose element satisfies `predicate`, when all behind it do as well; `count` when none does.
    fileprivate func partitioningIndex(_ predicate: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
