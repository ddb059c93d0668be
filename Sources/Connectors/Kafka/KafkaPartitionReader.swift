import CRdKafka
import Runtime
import Values

/// Reads one partition through a queue of its own, so that a paused partition keeps what was fetched for it and a run
/// never mixes partitions.
///
/// Used by one thread at a time. It stands on librdkafka's consumer without group membership: positions are the engine's business.
final class KafkaPartitionReader {
    let partition: TopicPartition
    /// The offset of the next message to hand out.
    private(set) var position: Int64
    private let client: KafkaClient
    private let topic: OpaquePointer
    private let queue: OpaquePointer
    private let arena: UnsafeMutablePointer<KafkaRunArena>
    private let wakeUp: KafkaWakeUp?
    private var isReading = false
    /// What librdkafka fetches ahead at most.
    private let prefetchBytesMax: Int
    /// The last run, by which the size of what waits is judged.
    private var last = (bytes: 0, count: 1)
    /// Taken since the queue was last seen full; nil when it was not, so that librdkafka fetches on anyway.
    private var takenBytes: Int?

    /// Starts to fetch from `offset` on; `wakeUp` is signalled when messages came.
    init(_ partition: TopicPartition, from offset: Int64, _ client: KafkaClient, wakeUp: KafkaWakeUp? = nil) throws {
        self.partition = partition
        self.client = client
        self.wakeUp = wakeUp
        position = offset
        topic = try client.topic(partition.topic)
        prefetchBytesMax = Int(client.property("queued.max.messages.kbytes") ?? "").map { $0 << 10 } ?? .max
        guard let queue = rd_kafka_queue_new(client.handle) else {
            throw client.error(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, "read \(partition)")
        }
        self.queue = queue
        arena = .allocate(capacity: 1)
        arena.initialize(to: KafkaRunArena(client: client.handle))
        if let wakeUp {
            var one: UInt64 = 1
            rd_kafka_queue_io_event_enable(queue, wakeUp.descriptor, &one, 8)
        }
        try start()
    }

    deinit {
        close()
        if wakeUp != nil { rd_kafka_queue_io_event_enable(queue, -1, nil, 0) }
        rd_kafka_queue_destroy(queue)
        arena.deinitialize(count: 1)
        arena.deallocate()
    }

    /// Stops fetching; nothing may be read any more.
    func close() {
        if isReading { rd_kafka_consume_stop(topic, partition.partition) }
        isReading = false
    }

    private func start() throws {
        guard rd_kafka_consume_start_queue(topic, partition.partition, position, queue) == 0 else {
            throw client.error(rd_kafka_last_error(), "read \(partition) from offset \(position)")
        }
        isReading = true
    }

    /// Where the partition ended (behind the last committed message or marker) when the fetching last came to its end;
    /// nil before.
    var end: Int64? { arena.pointee.end }

    /// Goes on to an offset that has no messages before it, as behind the marker of a commit.
    func skip(to offset: Int64) { position = max(position, offset) }

    /// The next messages; nil when none came in time, or when the end was reached.
    /// - Throws: ``TopicError`` when the partition is gone or the offset lies behind its end.
    func next(rowsMax: Int, bytesMax: Int, timeoutMilliseconds: Int) throws -> MessageRun? {
        let queuedBytes = rd_kafka_queue_length(queue) * last.bytes / last.count
        if takenBytes == nil, queuedBytes >= prefetchBytesMax / 4 * 3 { takenBytes = 0 }
        arena.pointee.begin(rowsMax: rowsMax, bytesMax: bytesMax)
        rd_kafka_consume_callback_queue(queue, Int32(clamping: timeoutMilliseconds), KafkaRunArena.collect, arena)
        if arena.pointee.count == 0 {
            if let failure = arena.pointee.failure { try recover(failure) }
            return nil
        }
        let run = arena.pointee.finish(partition)
        position = run.nextOffset
        last = (Int(run.keys.offsets[run.count]) + Int(run.values.offsets[run.count]), run.count)
        keepFetching()
        return run
    }

    /// Has librdkafka fetch on while there is still something to take.
    private func keepFetching() {
        guard let taken = takenBytes else { return }
        takenBytes = taken + last.bytes
        guard taken + last.bytes >= prefetchBytesMax / 2 else { return }
        takenBytes = nil
        client.reminder.remind(client, of: partition)
    }

    /// Restarts a partition whose first messages were removed by retention; gives up where going on would lose messages.
    private func recover(_ failure: KafkaFailure) throws {
        switch failure.code {
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            let available = try client.watermarks(
                of: partition,
                timeoutMilliseconds: KafkaPartitionReader.watermarkTimeoutMilliseconds
            )
            guard position < available.lowerBound else {
                if position == available.upperBound { return try restart(at: position) }
                throw TopicError(
                    .corrupt,
                    "\(partition) ends at offset \(available.upperBound), but reading should go on at \(position)",
                    hint: "The topic was deleted and created again, or lost messages."
                )
            }
            try restart(at: available.lowerBound)
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
            throw failure.topicError("read \(partition) at offset \(position)", servers: client.servers)
        default:
            // The connection: librdkafka tries again by itself, and has logged it.
            return
        }
    }

    private func restart(at offset: Int64) throws {
        close()
        position = offset
        try start()
    }

    private static let watermarkTimeoutMilliseconds = 10_000
}

extension KafkaClient {
    /// First available and next offset; whether the latter counts open transactions is a property of the client.
    func watermarks(of partition: TopicPartition, timeoutMilliseconds: Int) throws -> Range<Int64> {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_query_watermark_offsets(
            handle,
            partition.topic,
            partition.partition,
            &low,
            &high,
            Int32(timeoutMilliseconds)
        )
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw error(code, "read the offsets of \(partition)") }
        return low..<max(low, high)
    }
}
