import CRdKafka
import Runtime
import Values

extension KafkaProducer {
    /// Messages of one call.
    static let messagesMax = 512

    /// Hands the messages of a run without headers to librdkafka, which stamps them with the present time.
    ///
    /// Half as much work a message as ``append(_:)``: one call for many, which looks up the partition once. The order of
    /// messages is not kept when there is no room for all of them.
    func appendNow(_ run: OutgoingRun) throws {
        precondition(run.headers == nil, "this call of librdkafka knows no headers")
        let topic = try client.topic(run.topic)
        let isKept = loan.keep(run)
        for start in stride(from: 0, to: run.count, by: KafkaProducer.messagesMax) {
            let rows = start..<min(start + KafkaProducer.messagesMax, run.count)
            let longest = fill(run, rows)
            let flags = isKept && longest < largeBytesMin ? 0 : Int32(RD_KAFKA_MSG_F_COPY)
            let taken = rd_kafka_produce_batch(topic, run.partition, flags, messages, Int32(rows.count))
            if taken < Int32(rows.count) { try appendRest(of: run, rows) }
        }
    }

    /// - Returns: the length of the longest value.
    private func fill(_ run: OutgoingRun, _ rows: Range<Int>) -> Int {
        let keys = KafkaBytes(run.keys)
        let values = KafkaBytes(run.values)
        var longest = 0
        for row in rows {
            var message = rd_kafka_message_t()
            (message.key, message.key_len) = keys[row]
            (message.payload, message.len) = values[row]
            longest = max(longest, message.len)
            messages[row - rows.lowerBound] = message
        }
        return longest
    }

    /// The messages that the last call did not take, one by one, waiting for room.
    private func appendRest(of run: OutgoingRun, _ rows: Range<Int>) throws {
        for row in rows where messages[row - rows.lowerBound].err != RD_KAFKA_RESP_ERR_NO_ERROR {
            try append(run.slice(row..<row + 1))
        }
    }
}
