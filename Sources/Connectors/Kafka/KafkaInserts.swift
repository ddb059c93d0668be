import Glibc
import Runtime
import Synchronization

/// Appends outside of epochs: one message through an idempotent producer, more in a transaction.
///
/// Safe on any thread.
final class KafkaInserts: @unchecked Sendable {
    // Unchecked: the producers are used under the lock only.
    private let topics: KafkaTopics
    private let target: KafkaTarget
    private let lock = Mutex<Void>(())
    private var single: KafkaProducer?
    private var transactional: KafkaProducer?
    private var known: [String: Int] = [:]

    init(_ topics: KafkaTopics, _ target: KafkaTarget) {
        self.topics = topics
        self.target = target
    }

    /// See `Broker.append`.
    func append(_ runs: [OutgoingRun]) throws {
        let count = runs.reduce(0) { $0 + $1.count }
        guard count > 0 else { return }
        try lock.withLock { _ in
            for run in runs where run.count > 0 { try topics.require(run.topic, run.partition, &known) }
            do {
                if count == 1 { try appendOne(runs) } else { try appendAll(runs) }
            } catch let failure as KafkaFailure {
                throw failure.topicError("append \(count) messages", servers: target.servers)
            }
        }
    }

    /// Ends the transaction that an earlier process of this service left open: until its end, or its timeout, nothing
    /// behind it in its topics can be read.
    func endOpenTransaction() throws {
        try lock.withLock { _ in
            if transactional == nil { transactional = try KafkaProducer(transactionalID: insertID, target) }
        }
    }

    private func appendOne(_ runs: [OutgoingRun]) throws {
        let producer = try single ?? KafkaProducer(idempotent: target)
        single = producer
        do {
            for run in runs { try producer.append(run) }
            try producer.flush(until: monotonicMilliseconds() + target.settings.requestTimeoutMilliseconds)
        } catch {
            // The message may still be under way; nothing of it must be sent when the caller thinks it failed.
            single = nil
            throw error
        }
    }

    private func appendAll(_ runs: [OutgoingRun]) throws {
        let producer = try transactional ?? KafkaProducer(transactionalID: insertID, target)
        transactional = producer
        let deadline = monotonicMilliseconds() + target.settings.commitTimeoutMilliseconds
        do {
            try producer.begin()
            for run in runs { try producer.append(run) }
            try producer.flush(until: deadline)
        } catch {
            do { try producer.abort(until: deadline) } catch { transactional = nil }
            if (error as? KafkaFailure)?.isFatal ?? false { transactional = nil }
            throw error
        }
        let ends = try? topics.ends(of: Set(runs.map { TopicPartition($0.topic, $0.partition) }).sorted())
        do {
            try producer.commit(until: deadline)
            if let ends { waitUntilVisible(ends) }
        } catch let failure as KafkaFailure {
            transactional = nil
            throw TopicError(
                .unreachable,
                "it is not known whether the messages were written: \(failure.text)",
                hint: "All of them are there, or none: read the topic before you write them again."
            )
        }
    }

    /// A commit returns before its markers are written, some milliseconds; who inserts and then reads should not see a gap.
    private func waitUntilVisible(_ ends: [TopicPartition: Int64]) {
        let deadline = monotonicMilliseconds() + KafkaInserts.visibilityMillisecondsMax
        while monotonicMilliseconds() < deadline {
            guard let visible = try? topics.committedEnds(of: ends.keys.sorted()) else { return }
            if ends.allSatisfy({ visible[$0.key, default: 0] >= $0.value }) { return }
            usleep(1_000)
        }
    }

    /// An open transaction of somebody else before the messages holds them up for as long as it likes.
    private static let visibilityMillisecondsMax = 200

    /// The same for every process of the service, so that the next one can end what the last one left open.
    private var insertID: String { "weir-\(target.settings.service)-insert" }
}
