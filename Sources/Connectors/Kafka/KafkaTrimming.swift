import Dispatch
import Runtime
import Synchronization

/// Removes from internal topics what their only reader is done with: of repartition topics everything before the
/// committed offsets, which Kafka would keep for ever.
///
/// Now and then and one request at a time, away from the data path; a failure costs disk until the next time, nothing
/// else. Used by one thread.
final class KafkaTrimming {
    private let cluster: KafkaTopics
    private let target: KafkaTarget
    /// What was asked for last.
    private var removed: [TopicPartition: Int64] = [:]
    private var askedAt = monotonicMilliseconds()
    private let isUnderWay = IsUnderWay()

    private final class IsUnderWay: Sendable { let flag = Atomic(false) }

    init(_ cluster: KafkaTopics, _ target: KafkaTarget) {
        self.cluster = cluster
        self.target = target
    }

    /// Nobody needs the messages before these offsets.
    func release(before offsets: [TopicPartition: Int64]) {
        let now = monotonicMilliseconds()
        guard now - askedAt >= target.settings.trimMilliseconds else { return }
        let moved = offsets.filter { removed[$0.key] != $0.value }
        guard !moved.isEmpty, !isUnderWay.flag.exchange(true, ordering: .acquiring) else { return }
        askedAt = now
        removed.merge(moved) { $1 }
        DispatchQueue.global(qos: .utility).async { [cluster, target, isUnderWay] in
            defer { isUnderWay.flag.store(false, ordering: .releasing) }
            do {
                try cluster.deleteRecords(before: moved)
            } catch {
                target.log(4, "what was read of internal topics is kept: \(error)")
            }
        }
    }
}
