import CRdKafka
import Dispatch
import Runtime
import Synchronization

/// Makes librdkafka look again whether it may fetch.
///
/// When every partition of a broker has as much fetched as allowed, librdkafka's thread for that broker sleeps for up to
/// a second, however soon the messages are taken (before its version 2.2 that is not a setting). A question about a
/// partition goes through the same thread and wakes it; the answer is not needed.
final class KafkaReminder: Sendable {
    private let isAsking = Atomic(false)

    private static let timeoutMilliseconds: Int32 = 1000

    /// Wakes the thread of a partition's broker, without waiting; does nothing while an earlier call is under way.
    func remind(_ client: KafkaClient, of partition: TopicPartition) {
        guard !isAsking.exchange(true, ordering: .acquiringAndReleasing) else { return }
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            let list = KafkaPartitionList(capacity: 1)
            list.add(partition, offset: Int64(RD_KAFKA_OFFSET_END))
            // Of errors the fetching itself tells.
            _ = list.withPointer {
                rd_kafka_offsets_for_times(client.handle, $0, KafkaReminder.timeoutMilliseconds)
            }
            isAsking.store(false, ordering: .releasing)
        }
    }
}
