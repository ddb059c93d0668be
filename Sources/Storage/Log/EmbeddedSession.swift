import Glibc
import Runtime
import Synchronization

/// What one stream thread reads from and writes to the embedded log.
final class EmbeddedSession: BrokerSession {
    private let log: EmbeddedLog
    /// Where the tasks keep state and offsets: the log's database, or another for queries that end with the process.
    private let state: any StateDatabase
    private let signal: AppendSignal
    private let woken: WakeFlag
    private let subscription: AppendSubscription
    private var positions = FairPositions()
    private var cursors: [TopicPartition: PartitionCursor] = [:]
    private var held: [OutgoingRun] = []

    let wakeUp: @Sendable () -> Void

    /// A poll returns about that many bytes at most.
    private static let pollBytesMax = 1 << 20

    init(_ log: EmbeddedLog, state: any StateDatabase) {
        self.log = log
        self.state = state
        let signal = AppendSignal()
        let woken = WakeFlag()
        self.signal = signal
        self.woken = woken
        wakeUp = {
            woken.isSet.store(true, ordering: .releasing)
            signal.ring()
        }
        subscription = log.onAppend { signal.ring() }
    }

    func assign(_ positions: [TopicPartition: Int64]) throws {
        var kept: [TopicPartition: PartitionCursor] = [:]
        for partition in positions.keys {
            let found = try log.find(partition)
            kept[partition] = cursors[partition].flatMap { $0.reads(found) ? $0 : nil } ?? PartitionCursor(found)
        }
        cursors = kept
        self.positions.assign(positions)
    }

    func pause(_ partitions: Set<TopicPartition>) { positions.pause(partitions) }

    func poll(rowsMax: Int, timeoutMilliseconds: Int) throws -> MessageRun? {
        var deadline: Int?
        while true {
            let seen = signal.count
            if let run = try next(rowsMax) { return run }
            if woken.isSet.exchange(false, ordering: .acquiring) { return nil }
            let now = Self.milliseconds()
            let end = deadline ?? now + timeoutMilliseconds
            deadline = end
            guard now < end else { return nil }
            signal.wait(after: seen, milliseconds: end - now)
        }
    }

    func append(_ run: OutgoingRun) throws {
        _ = try log.find(run.target)
        if run.count > 0 { held.append(run) }
    }

    func commit(_ epoch: Epoch) throws -> CommitOutcome {
        let runs = held
        held = []
        let appends: [(PartitionLog, [EncodedBatch])]
        do {
            appends = try log.batches(of: runs)
        } catch let error as TopicError {
            return .aborted(reason: error.message)
        }
        switch try log.commit(appends, epoch, state: state) {
        case .committed: return .committed
        case .aborted(let error): return .aborted(reason: error.description)
        case .unknown(let error): return .unknown(reason: error.description)
        }
    }

    func abort() { held = [] }

    func restore(
        _ task: TaskCommitID,
        stores: [StoreID],
        inputs: [TopicPartition]
    ) throws -> [TopicPartition: Int64] {
        try translated {
            try log.commits.withLock { commits in
                try log.settle(&commits)
                let offsets = try CommittedOffsets.read(task, inputs: inputs, from: state)
                log.register(task, inputs, offsets, &commits)
                return offsets
            }
        }
    }

    private func next(_ rowsMax: Int) throws -> MessageRun? {
        try translated {
            try positions.next { position in
                try cursors[position.partition]?.read(
                    from: position.next,
                    rowsMax: rowsMax,
                    bytesMax: Self.pollBytesMax
                )
            }
        }
    }

    private static func milliseconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }
}

/// Tells a waiting poll that it was woken on purpose, not by an append somewhere.
private final class WakeFlag: Sendable {
    let isSet = Atomic<Bool>(false)
}
