import CRdKafka
import Runtime

extension KafkaTopics {
    /// Removes the messages before an offset of each partition; topics that are gone do not matter.
    ///
    /// The broker's disk gets smaller a segment file at a time.
    func deleteRecords(before offsets: [TopicPartition: Int64]) throws {
        let list = KafkaPartitionList(capacity: offsets.count)
        for (partition, offset) in offsets { list.add(partition, offset: offset) }
        guard let records = list.withPointer({ rd_kafka_DeleteRecords_new($0) }) else { return }
        defer { rd_kafka_DeleteRecords_destroy(records) }
        let event = try request(RD_KAFKA_ADMIN_OP_DELETERECORDS, "remove records") { options, queue in
            var all: [OpaquePointer?] = [records]
            rd_kafka_DeleteRecords(client.handle, &all, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        guard
            let results = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))
        else { throw client.error(RD_KAFKA_RESP_ERR__BAD_MSG, "remove records") }
        for (partition, offset, code) in results.elements where code != RD_KAFKA_RESP_ERR_NO_ERROR {
            if code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { continue }
            throw client.error(code, "remove the records of \(partition) before \(offset)")
        }
    }
}
