import CRdKafka
import Dispatch
import Runtime
import Synchronization

/// Makes librdkafka look again whether it may fetch.
///
/// When every partition of a broker has as much fetched as allowed, librdkafka's thread for that broker sleeps for up to
/// a second, however soon the messages are taken (before its version 2.2 that is not a setting). A question about the
/// partitions goes through the same thread and wakes it; the answer is not needed.
final class KafkaReminder: Sendable {
    private let client: KafkaClient
    private let isAsking = Atomic(false)

    private static let timeoutMilliseconds: Int32 = 1000

    init(_ client: KafkaClient) { self.client = client }

    /// Wakes the brokers' threads of some partitions, without waiting; does nothing while an earlier call is under way.
    func remind(_ partitions: [TopicPartition]) {
        guard !partitions.isEmpty, !isAsking.exchange(true, ordering: .acquiringAndReleasing) else { return }
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            let list = KafkaPartitionList(capacity: partitions.count)
            for partition in partitions { list.add(partition, offset: Int64(RD_KAFKA_OFFSET_END)) }
            // Of the possible errors the fetching itself tells.
            _ = list.withPointer {
                rd_kafka_offsets_for_times(client.handle, $0, KafkaReminder.timeoutMilliseconds)
            }
            isAsking.store(false, ordering: .releasing)
        }
    }
}
