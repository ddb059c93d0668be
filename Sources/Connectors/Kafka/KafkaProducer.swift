import CRdKafka
import Runtime
import Values

/// One librdkafka producer, transactional or idempotent.
///
/// Used by one thread at a time.
final class KafkaProducer {
    let client: KafkaClient
    private(set) var isTransactionOpen = false
    /// When the open transaction began, in monotonic milliseconds.
    private(set) var openedAt = 0
    /// The arguments of one produce call, filled in place for every message.
    private let fields: UnsafeMutablePointer<rd_kafka_vu_t>
    let loan = KafkaLoan()
    private let settings: KafkaSettings
    /// The arguments of one call for many messages, see ``appendNow(_:)``.
    let messages = UnsafeMutablePointer<rd_kafka_message_t>.allocate(capacity: KafkaProducer.messagesMax)

    /// A transactional producer; whatever an older one with the same id left open is settled when this returns.
    init(transactionalID: String, _ target: KafkaTarget) throws {
        settings = target.settings
        client = try KafkaClient(
            .producer,
            [
                "transactional.id": transactionalID,
                "transaction.timeout.ms": "\(settings.transactionTimeoutMilliseconds)",
                "message.timeout.ms": "\(settings.transactionTimeoutMilliseconds)",
                "linger.ms": "\(settings.lingerMilliseconds)",
                "batch.size": "1000000",
                "batch.num.messages": "100000",
                "queue.buffering.max.messages": "0",
                "queue.buffering.max.kbytes": "\(max(settings.unsentBytesMax >> 10, 1024))",
                "message.max.bytes": "\(settings.messageBytesMax)",
                "compression.type": settings.compression,
                "delivery.report.only.error": "true",
            ],
            target,
            keeping: loan
        )
        fields = KafkaProducer.makeFields()
        let subject = "start the transactional producer \(transactionalID)"
        do {
            try repeating(until: monotonicMilliseconds() + settings.commitTimeoutMilliseconds) {
                rd_kafka_init_transactions(client.handle, $0)
            }
        } catch let failure as KafkaFailure {
            throw failure.topicError(subject, servers: target.servers)
        }
    }

    /// An idempotent producer that sends at once.
    init(idempotent target: KafkaTarget) throws {
        settings = target.settings
        client = try KafkaClient(
            .producer,
            [
                "enable.idempotence": "true",
                "message.timeout.ms": "\(settings.requestTimeoutMilliseconds)",
                "linger.ms": "0",
                "message.max.bytes": "\(settings.messageBytesMax)",
                "compression.type": settings.compression,
            ],
            target,
            keeping: loan
        )
        fields = KafkaProducer.makeFields()
    }

    deinit {
        fields.deallocate()
        messages.deallocate()
    }

    // MARK: Messages

    /// Values of this size librdkafka does not even copy into its requests, which may outlive their messages.
    private(set) lazy var largeBytesMin = Int(client.property("message.copy.max.bytes") ?? "") ?? 0

    private enum Field { static let topic = 0, partition = 1, flags = 2, time = 3, key = 4, value = 5, headers = 6 }

    private static func makeFields() -> UnsafeMutablePointer<rd_kafka_vu_t> {
        let fields = UnsafeMutablePointer<rd_kafka_vu_t>.allocate(capacity: 7)
        fields.initialize(repeating: rd_kafka_vu_t(), count: 7)
        fields[Field.topic].vtype = RD_KAFKA_VTYPE_RKT
        fields[Field.partition].vtype = RD_KAFKA_VTYPE_PARTITION
        fields[Field.flags].vtype = RD_KAFKA_VTYPE_MSGFLAGS
        fields[Field.time].vtype = RD_KAFKA_VTYPE_TIMESTAMP
        fields[Field.key].vtype = RD_KAFKA_VTYPE_KEY
        fields[Field.value].vtype = RD_KAFKA_VTYPE_VALUE
        fields[Field.headers].vtype = RD_KAFKA_VTYPE_HEADERS
        return fields
    }

    /// Hands the messages of a run to librdkafka, which sends them in the background.
    func append(_ run: OutgoingRun) throws {
        let fields = fields
        let client = client.handle
        fields[Field.topic].u.rkt = try self.client.topic(run.topic)
        fields[Field.partition].u.i32 = run.partition
        let timestamps = run.timestamps.values(as: Int64.self)
        let copiedBytesMin = loan.keep(run) ? largeBytesMin : 0
        let keys = KafkaBytes(run.keys)
        let values = KafkaBytes(run.values)
        for row in 0..<run.count {
            // Zero means "now" to librdkafka; a millisecond later is nearer to what was meant.
            let time = timestamps[row]
            fields[Field.time].u.i64 = time == 0 ? 1 : time
            (fields[Field.key].u.mem.ptr, fields[Field.key].u.mem.size) = keys[row]
            let value = values[row]
            (fields[Field.value].u.mem.ptr, fields[Field.value].u.mem.size) = value
            fields[Field.flags].u.i = value.1 >= copiedBytesMin ? Int32(RD_KAFKA_MSG_F_COPY) : 0
            let headers = run.headers.flatMap { KafkaHeaders.list($0, row) }
            fields[Field.headers].u.headers = headers
            if let error = rd_kafka_produceva(client, fields, headers == nil ? 6 : 7) {
                try append(again: error, headers, run.topic)
            }
        }
    }

    /// Repeats the produce call that `fields` hold until there is room for it.
    private func append(again first: OpaquePointer, _ headers: OpaquePointer?, _ topic: String) throws {
        let deadline = monotonicMilliseconds() + settings.commitTimeoutMilliseconds
        var error: OpaquePointer? = first
        while let failure = KafkaFailure(taking: error) {
            guard failure.code == RD_KAFKA_RESP_ERR__QUEUE_FULL, monotonicMilliseconds() < deadline else {
                // Only a success takes the headers over.
                if let headers { rd_kafka_headers_destroy(headers) }
                throw refined(failure)
            }
            client.serveCallbacks(waitingMilliseconds: 5)
            error = rd_kafka_produceva(client.handle, fields, headers == nil ? 6 : 7)
        }
    }

    /// Waits until every message is acknowledged.
    func flush(until deadline: Int) throws {
        // Without reports of success librdkafka looks every 10 ms whether it is done, or when the time it was given ends.
        var code = rd_kafka_flush(client.handle, 2)
        while code == RD_KAFKA_RESP_ERR__TIMED_OUT, monotonicMilliseconds() < deadline {
            code = rd_kafka_flush(client.handle, 2)
        }
        if let failure = client.takeDeliveryFailure() { throw refined(failure) }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaFailure(code, "messages were not acknowledged in time") }
        loan.release()
    }

    // MARK: Transactions

    func begin() throws {
        guard !isTransactionOpen else { return }
        _ = client.takeDeliveryFailure()
        if let failure = KafkaFailure(taking: rd_kafka_begin_transaction(client.handle)) { throw refined(failure) }
        isTransactionOpen = true
        openedAt = monotonicMilliseconds()
    }

    /// Makes input offsets part of the transaction.
    func sendOffsets(_ offsets: [TopicPartition: Int64], group: String, until deadline: Int) throws {
        let list = KafkaPartitionList(capacity: offsets.count)
        for (partition, offset) in offsets { list.add(partition, offset: offset) }
        let metadata = rd_kafka_consumer_group_metadata_new(group)
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        try list.withPointer { list in
            try repeating(until: deadline) {
                rd_kafka_send_offsets_to_transaction(client.handle, list, metadata, $0)
            }
        }
    }

    /// Commits the open transaction; after any error its outcome is unknown, because the request may have been sent.
    func commit(until deadline: Int) throws {
        defer { isTransactionOpen = false }
        try repeating(until: deadline) { rd_kafka_commit_transaction(client.handle, $0) }
    }

    /// Aborts the open transaction; after an error the producer must be thrown away.
    func abort(until deadline: Int) throws {
        guard isTransactionOpen else { return }
        defer { isTransactionOpen = false }
        try repeating(until: deadline) { rd_kafka_abort_transaction(client.handle, $0) }
        loan.release()
        _ = client.takeDeliveryFailure()
    }

    /// True when the broker has had reason to abort the open transaction for its age; being fenced then says nothing
    /// about another owner.
    var isOverdue: Bool {
        monotonicMilliseconds() - openedAt >= settings.transactionTimeoutMilliseconds * 9 / 10
    }

    /// Repeats a call as long as its error says that this may help and there is time.
    private func repeating(until deadline: Int, _ call: (_ timeoutMilliseconds: Int32) -> OpaquePointer?) throws {
        while true {
            let remaining = max(deadline - monotonicMilliseconds(), 1)
            guard let failure = KafkaFailure(taking: call(Int32(clamping: remaining))) else { return }
            guard failure.isRetriable, monotonicMilliseconds() < deadline else { throw refined(failure) }
            client.serveCallbacks(waitingMilliseconds: 20)
        }
    }

    /// The failure, with the client's fatal error in the place of errors that only point to it.
    private func refined(_ failure: KafkaFailure) -> KafkaFailure {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(client.handle, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR, !failure.isFenced else { return failure }
        return KafkaFailure(fatal: code, text.asString)
    }
}

/// A BYTES column as librdkafka wants it: no address is NULL, an empty value has one.
struct KafkaBytes {
    private let offsets: UnsafeMutablePointer<Int32>
    private let arena: UnsafeMutablePointer<UInt8>
    private let validity: UnsafeMutablePointer<UInt64>?

    init(_ column: Column) {
        offsets = column.offsets
        arena = column.arena
        validity = column.validityWords
    }

    subscript(row: Int) -> (UnsafeMutableRawPointer?, Int) {
        if let validity, !Bitmap.get(validity, row) { return (nil, 0) }
        let start = Int(offsets[row])
        return (UnsafeMutableRawPointer(arena + start), Int(offsets[row + 1]) - start)
    }
}
