import CRdKafka
import Dispatch
import Runtime
import Synchronization

/// Reads what consumer groups have committed, each through a client of its own.
///
/// librdkafka's admin request for the offsets of any group would need no such clients, but it ends the process when the
/// connection breaks at the wrong moment: an assertion of it reads freed memory.
///
/// Safe on any thread. Clients are kept for some seconds, because the tasks of a query ask one after the other.
final class KafkaGroups: Sendable {
    private struct Entry {
        let client: KafkaClient
        var usedAt: Int
    }

    private let target: KafkaTarget
    private let entries = Mutex<[String: Entry]>([:])

    private static let idleMilliseconds = 3000

    init(_ target: KafkaTarget) { self.target = target }

    /// The committed offsets of a group, absent where there are none; nil when there is no answer in time, as long as a
    /// transaction that commits some of them is open.
    func committed(
        _ group: String,
        _ partitions: [TopicPartition],
        timeoutMilliseconds: Int
    ) throws -> [TopicPartition: Int64]? {
        let client = try client(of: group)
        let list = KafkaPartitionList(capacity: partitions.count)
        for partition in partitions { list.add(partition, offset: Int64(RD_KAFKA_OFFSET_INVALID)) }
        return try list.withPointer { list in
            let subject = "read the offsets of group \(group)"
            let code = rd_kafka_committed(client.handle, list, Int32(clamping: timeoutMilliseconds))
            if KafkaGroups.isPassing(code) { return nil }
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, subject) }
            var offsets: [TopicPartition: Int64] = [:]
            for element in UnsafePointer(list).elements {
                if KafkaGroups.isPassing(element.error) { return nil }
                guard element.error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(element.error, subject) }
                if element.offset >= 0 { offsets[element.partition] = element.offset }
            }
            return offsets
        }
    }

    private func client(of group: String) throws -> KafkaClient {
        let now = monotonicMilliseconds()
        let client = try entries.withLock { entries in
            if let entry = entries[group] {
                entries[group]?.usedAt = now
                return entry.client
            }
            // Seeing committed messages only means for offsets to wait for open transactions.
            let client = try KafkaClient(
                .consumer,
                ["group.id": group, "isolation.level": "read_committed", "enable.auto.commit": "false"],
                target
            )
            entries[group] = Entry(client: client, usedAt: now)
            return client
        }
        let delay = DispatchTimeInterval.milliseconds(KafkaGroups.idleMilliseconds + 100)
        DispatchQueue.global().asyncAfter(deadline: .now() + delay) { [weak self] in self?.dropIdle() }
        return client
    }

    private func dropIdle() {
        let limit = monotonicMilliseconds() - KafkaGroups.idleMilliseconds
        // The clients end behind the lock.
        let dropped = entries.withLock { entries in
            let old = entries.filter { $0.value.usedAt < limit }
            for group in old.keys { entries[group] = nil }
            return old
        }
        withExtendedLifetime(dropped) {}
    }

    private static func isPassing(_ code: rd_kafka_resp_err_t) -> Bool {
        switch code {
        case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__TRANSPORT,
            RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
            true
        default:
            false
        }
    }
}
