import CRdKafka
import Runtime
import Values

/// One stream thread's consumer and transactional producer.
///
/// An epoch is one Kafka transaction: messages, changelog and input offsets; the local state follows it, never leads. Every
/// error before the commit request aborts the epoch; every error after it leaves the outcome unknown, and the session can
/// then only be thrown away: the producer of the next one, having the same transactional id, settles what happened.
final class KafkaSession: BrokerSession {
    private let broker: KafkaBroker
    private let database: any StateDatabase
    private let transactionalID: String
    private let fetcher: KafkaFetcher
    private let trimming: KafkaTrimming
    private var producer: KafkaProducer?
    private var known: [String: Int] = [:]
    private var lastOffsets: [TaskCommitID: [TopicPartition: Int64]] = [:]
    /// Why nothing can be done with the session any more.
    private var end: TopicError?

    init(_ broker: KafkaBroker, threadID: String, _ database: any StateDatabase) throws {
        self.broker = broker
        self.database = database
        transactionalID = "weir-\(broker.target.settings.service)-\(threadID)"
        // First the producer: it fences an older owner and settles its last transaction.
        producer = try KafkaProducer(transactionalID: transactionalID, broker.target)
        fetcher = try KafkaFetcher(broker.target)
        trimming = KafkaTrimming(broker.cluster, broker.target)
    }

    // MARK: Reading

    func assign(_ positions: [TopicPartition: Int64]) throws { try fetcher.assign(positions, topics: broker.cluster) }

    func pause(_ partitions: Set<TopicPartition>) { fetcher.pause(partitions) }

    func poll(rowsMax: Int, timeoutMilliseconds: Int) throws -> MessageRun? {
        try fetcher.poll(rowsMax: rowsMax, timeoutMilliseconds: timeoutMilliseconds)
    }

    var wakeUp: @Sendable () -> Void {
        let wakeUp = fetcher.wakeUp
        return { wakeUp.signal() }
    }

    // MARK: Writing

    func append(_ run: OutgoingRun) throws {
        do {
            try write(run, to: openProducer())
        } catch let failure as KafkaFailure {
            throw ended(failure, "append to \(run.topic)-\(run.partition)")
        }
    }

    private func write(_ run: OutgoingRun, to producer: KafkaProducer) throws {
        guard run.count > 0 else { return }
        try broker.cluster.require(run.topic, run.partition, &known)
        try producer.append(run)
    }

    /// The producer with an open transaction.
    private func openProducer() throws -> KafkaProducer {
        if let end { throw end }
        let producer: KafkaProducer
        if let current = self.producer {
            producer = current
        } else {
            producer = try KafkaProducer(transactionalID: transactionalID, broker.target)
            self.producer = producer
        }
        try producer.begin()
        return producer
    }

    func abort() {
        guard let producer, producer.isTransactionOpen else { return }
        do {
            try producer.abort(until: monotonicMilliseconds() + KafkaSession.abortMillisecondsMax)
        } catch {
            // Its successor's start aborts what it left open.
            self.producer = nil
            let reason = (error as? KafkaFailure)?.text ?? "\(error)"
            broker.target.log(4, "transaction of \(transactionalID) not aborted, its producer is replaced: \(reason)")
        }
    }

    /// A broker that runs takes some milliseconds, and for one that does not the next producer does the same.
    private static let abortMillisecondsMax = 2000

    // MARK: Commit

    func commit(_ epoch: Epoch) throws -> CommitOutcome {
        if let end { throw end }
        let offsets = changed(epoch.offsets)
        let isOpen = producer?.isTransactionOpen ?? false
        guard isOpen || !offsets.isEmpty || !epoch.changes.isEmpty else { return .committed }
        let deadline = monotonicMilliseconds() + broker.target.settings.commitTimeoutMilliseconds
        let producer: KafkaProducer
        let positions: [TopicPartition: Int64]
        do {
            producer = try openProducer()
            positions = try prepare(epoch.changes, offsets, producer, deadline)
        } catch let failure as KafkaFailure {
            // No commit was asked for, so there is none.
            let error = ended(failure, "commit")
            abort()
            if error.kind == .fenced { throw error }
            return .aborted(reason: error.message)
        } catch let error as TopicError where error.kind == .unreachable {
            abort()
            return .aborted(reason: error.message)
        } catch {
            abort()
            throw error
        }
        do {
            try producer.commit(until: deadline)
        } catch let failure as KafkaFailure {
            return try unknown(failure, producer)
        }
        for (task, partitions) in offsets { lastOffsets[task, default: [:]].merge(partitions) { $1 } }
        broker.notices.announce()
        return keep(epoch.changes, positions, offsets)
    }

    /// Offsets that differ from those of the last commit.
    private func changed(_ offsets: [TaskCommitID: [TopicPartition: Int64]]) -> [TaskCommitID: [TopicPartition: Int64]]
    {
        var changed: [TaskCommitID: [TopicPartition: Int64]] = [:]
        for (task, partitions) in offsets {
            let last = lastOffsets[task]
            let moved = partitions.filter { last?[$0.key] != $0.value }
            if !moved.isEmpty { changed[task] = moved }
        }
        return changed
    }

    /// Everything of a transaction but its commit.
    /// - Returns: the ends of the changelog partitions behind the written messages.
    private func prepare(
        _ changes: [StateChange],
        _ offsets: [TaskCommitID: [TopicPartition: Int64]],
        _ producer: KafkaProducer,
        _ deadline: Int
    ) throws -> [TopicPartition: Int64] {
        let now = wallClockMilliseconds()
        var written: Set<TopicPartition> = []
        for change in changes {
            for run in KafkaChangelog.runs(of: change, now: now) where run.count > 0 {
                try broker.cluster.require(run.topic, run.partition, &known)
                if run.headers == nil { try producer.appendNow(run) } else { try producer.append(run) }
                written.insert(TopicPartition(run.topic, run.partition))
            }
        }
        // After this an error can no longer be that of a message, so errors of the commit are those of its request.
        try producer.flush(until: deadline)
        if KafkaFault.commitsOffsetsLast { try KafkaFault.commitWithoutOffsets(producer, until: deadline) }
        var groups: [String: [TopicPartition: Int64]] = [:]
        for (task, partitions) in offsets {
            groups[broker.target.settings.group(task.query, subtopology: task.subtopology), default: [:]]
                .merge(partitions) { max($0, $1) }
        }
        for (group, partitions) in groups { try producer.sendOffsets(partitions, group: group, until: deadline) }
        // Acknowledged messages lie below the end, and nobody else writes to the partition, so the end is a position up
        // to which the store holds the changelog. One request a commit and broker; delivery reports would say the same
        // for some tens of nanoseconds per message, also for all those that are not of a changelog.
        var ends = try broker.cluster.ends(of: written.sorted())
        // Next in these partitions comes the marker of the commit. Counting it in spares a start after a clean stop the
        // reading of every changelog for one marker.
        for partition in written { ends[partition, default: 0] += 1 }
        return ends
    }

    /// Writes the epoch to the local database, behind the commit.
    private func keep(
        _ changes: [StateChange],
        _ positions: [TopicPartition: Int64],
        _ offsets: [TaskCommitID: [TopicPartition: Int64]]
    ) -> CommitOutcome {
        let now = wallClockMilliseconds()
        var puts: [RawPut] = []
        for store in Set(changes.map(\.store)) {
            guard let offset = positions[TopicPartition(store.changelog, store.partition)] else { continue }
            puts.append(KafkaStamp.put(KafkaStamp.Position(offset: offset, time: now), of: store))
        }
        for (task, partitions) in offsets {
            for (partition, offset) in partitions { puts.append(KafkaStamp.put(offset, task, partition)) }
        }
        do {
            // Not synced: what a power cut takes from the local state, the changelog gives back.
            try database.write(changes, puts, sync: false)
            return .committed
        } catch {
            let reason = "committed in Kafka, but the local state was not written: \(error)"
            end = TopicError(.refused, reason)
            return .unknown(reason: reason)
        }
    }

    private func unknown(_ failure: KafkaFailure, _ producer: KafkaProducer) throws -> CommitOutcome {
        let error = failure.topicError("commit", servers: broker.target.servers)
        self.producer = nil
        end = error
        if failure.isFenced && !producer.isOverdue {
            let fenced = KafkaSession.fenced(transactionalID, failure.text)
            end = fenced
            throw fenced
        }
        return .unknown(reason: error.message)
    }

    /// The error for a failure before the commit; drops a producer that cannot go on.
    private func ended(_ failure: KafkaFailure, _ subject: String) -> TopicError {
        guard failure.isFatal || failure.isFenced else {
            return failure.topicError(subject, servers: broker.target.servers)
        }
        let isOverdue = producer?.isOverdue ?? false
        producer = nil
        if failure.isFenced && !isOverdue {
            let error = KafkaSession.fenced(transactionalID, failure.text)
            end = error
            return error
        }
        // The broker gave up waiting for the transaction, or lost the producer: a new producer may go on.
        return TopicError(.unreachable, "cannot \(subject): \(failure.text)")
    }

    private static func fenced(_ transactionalID: String, _ reason: String) -> TopicError {
        TopicError(
            .fenced,
            "another engine took over as \(transactionalID): \(reason)",
            hint: "Two engines with the same service id use this cluster; give each its own."
        )
    }

    func release(before offsets: [TopicPartition: Int64]) { trimming.release(before: offsets) }

    // MARK: Restore

    func restore(
        _ task: TaskCommitID,
        stores: [StoreID],
        inputs: [TopicPartition]
    ) throws -> [TopicPartition: Int64] {
        let group = broker.target.settings.group(task.query, subtopology: task.subtopology)
        var offsets = try broker.cluster.committed(group: group, inputs)
        for partition in inputs where offsets[partition] == nil {
            offsets[partition] = try KafkaStamp.offset(task, partition, in: database)
        }
        try KafkaRestore(broker.cluster, broker.target, database).restore(stores)
        lastOffsets[task] = offsets
        return offsets
    }
}
