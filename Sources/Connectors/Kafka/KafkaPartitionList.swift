import CRdKafka
import Runtime

/// Owns a `rd_kafka_topic_partition_list_t`.
struct KafkaPartitionList: ~Copyable {
    private let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) { list = rd_kafka_topic_partition_list_new(Int32(capacity)) }

    deinit { rd_kafka_topic_partition_list_destroy(list) }

    func add(_ partition: TopicPartition, offset: Int64) {
        rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition).pointee.offset = offset
    }

    borrowing func withPointer<T>(
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) throws -> T
    ) rethrows -> T {
        try body(list)
    }
}

extension UnsafePointer<rd_kafka_topic_partition_list_t> {
    /// Partition, offset and error of every element.
    var elements: [(partition: TopicPartition, offset: Int64, error: rd_kafka_resp_err_t)] {
        (0..<Int(pointee.cnt)).map { index in
            let element = pointee.elems[index]
            return (TopicPartition(String(cString: element.topic), element.partition), element.offset, element.err)
        }
    }
}
