import CRdKafka
import Glibc
import Runtime

/// The control plane of a cluster: topics, watermarks, committed offsets.
///
/// Safe on any thread. Works through consumer clients, because those never create topics by asking for them.
final class KafkaTopics: Sendable {
    /// Sees committed messages only.
    ///
    /// It never fetches: a broker answers one request of a connection after the other, and
    /// would let the others wait behind a fetch that waits for messages.
    let client: KafkaClient
    /// For control-plane reads.
    let fetching: KafkaClient
    /// For restores.
    let restoring: KafkaClient
    /// Sees open transactions: what a restore has to wait for.
    private let uncommitted: KafkaClient
    private let groups: KafkaGroups
    private let timeout: Int
    private let messageBytesMax: Int
    private let servers: String

    init(_ target: KafkaTarget) throws {
        timeout = target.settings.requestTimeoutMilliseconds
        messageBytesMax = target.settings.messageBytesMax
        servers = target.servers
        groups = KafkaGroups(target)
        client = try KafkaClient(.consumer, ["isolation.level": "read_committed"], target)
        fetching = try KafkaClient.consumer(target, .read)
        restoring = try KafkaClient.consumer(target, .restore)
        uncommitted = try KafkaClient(.consumer, ["isolation.level": "read_uncommitted"], target)
    }

    // MARK: Topics

    /// Partitions and replicas of a topic; nil when it does not exist.
    func shape(_ name: String) throws -> (partitions: Int, replicas: Int)? {
        try withMetadata(of: try client.topic(name), "look for topic \(name)") { metadata in
            guard metadata.topic_cnt > 0 else { return nil }
            let topic = metadata.topics[0]
            switch topic.err {
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: return nil
            case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE: break
            default: throw client.error(topic.err, "look for topic \(name)")
            }
            let partitions = Int(topic.partition_cnt)
            guard partitions > 0 else { return nil }
            let hasLeaders = (0..<partitions).allSatisfy { topic.partitions[$0].leader >= 0 }
            guard hasLeaders else { throw client.error(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, "use topic \(name)") }
            return (partitions, Int(topic.partitions[0].replica_cnt))
        }
    }

    /// Makes sure that a partition exists before a producer, which would create the topic, hears of it; `known` remembers.
    func require(_ topic: String, _ partition: Int32, _ known: inout [String: Int]) throws {
        if let partitions = known[topic], partition < partitions { return }
        let partitions = try shape(topic)?.partitions ?? 0
        guard partition >= 0, partition < partitions else {
            known[topic] = nil
            throw client.error(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "write to \(topic)-\(partition)")
        }
        known[topic] = partitions
    }

    /// All topics but Kafka's own, sorted.
    func names() throws -> [String] {
        try withMetadata(of: nil, "list the topics") { metadata in
            (0..<Int(metadata.topic_cnt))
                .map { String(cString: metadata.topics[$0].topic) }
                .filter { !$0.hasPrefix("__") }
                .sorted()
        }
    }

    private func withMetadata<T>(
        of topic: OpaquePointer?,
        _ subject: String,
        _ body: (rd_kafka_metadata_t) throws -> T
    ) throws -> T {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(client.handle, topic == nil ? 1 : 0, topic, &metadata, Int32(timeout))
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { throw client.error(code, subject) }
        defer { rd_kafka_metadata_destroy(metadata) }
        return try body(metadata.pointee)
    }

    /// Creates a topic and waits until it can be used; false when it existed.
    func create(_ name: String, _ settings: TopicSettings) throws -> Bool {
        var text = [CChar](repeating: 0, count: 512)
        let partitions = Int32(settings.partitions)
        guard let topic = rd_kafka_NewTopic_new(name, partitions, Int32(settings.replicas), &text, text.count) else {
            throw TopicError(.refused, "cannot create topic \(name): \(text.asString)")
        }
        defer { rd_kafka_NewTopic_destroy(topic) }
        for (property, value) in configuration(settings) { rd_kafka_NewTopic_set_config(topic, property, value) }
        let event = try request(RD_KAFKA_ADMIN_OP_CREATETOPICS, "create topic \(name)") { options, queue in
            var topics: [OpaquePointer?] = [topic]
            rd_kafka_CreateTopics(client.handle, &topics, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count),
            count > 0, let result = results[0]
        else { throw client.error(RD_KAFKA_RESP_ERR__BAD_MSG, "create topic \(name)") }
        switch rd_kafka_topic_result_error(result) {
        case RD_KAFKA_RESP_ERR_NO_ERROR: break
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: return false
        case let code:
            let reason = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            throw KafkaFailure(code, reason).topicError("create topic \(name)", servers: servers)
        }
        try wait("create topic \(name)") { try shape(name)?.partitions == settings.partitions }
        return true
    }

    private func configuration(_ settings: TopicSettings) -> [(String, String)] {
        var policy = settings.isCompacted ? "compact" : "delete"
        // A window store's changelog forgets what no window can need.
        if settings.isCompacted, settings.retentionMilliseconds != nil { policy = "compact,delete" }
        var list = [
            ("cleanup.policy", policy),
            ("retention.ms", "\(settings.retentionMilliseconds ?? -1)"),
            ("message.timestamp.type", "CreateTime"),
        ]
        if settings.isInternal {
            list.append(("max.message.bytes", "\(messageBytesMax)"))
            // What was read of a repartition topic is removed a segment at a time.
            if !settings.isCompacted { list.append(("segment.bytes", "\(max(64 << 20, messageBytesMax))")) }
        }
        return list
    }

    /// Deletes a topic and waits until it is gone; does nothing when there is none.
    func delete(_ name: String) throws {
        guard let topic = rd_kafka_DeleteTopic_new(name) else { return }
        defer { rd_kafka_DeleteTopic_destroy(topic) }
        let event = try request(RD_KAFKA_ADMIN_OP_DELETETOPICS, "delete topic \(name)") { options, queue in
            var topics: [OpaquePointer?] = [topic]
            rd_kafka_DeleteTopics(client.handle, &topics, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count),
            count > 0, let result = results[0]
        else { throw client.error(RD_KAFKA_RESP_ERR__BAD_MSG, "delete topic \(name)") }
        let code = rd_kafka_topic_result_error(result)
        if code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { return }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, "delete topic \(name)") }
        try wait("delete topic \(name)") { try shape(name) == nil }
    }

    /// The topic's settings; nil when it does not exist.
    func describe(_ name: String) throws -> TopicSettings? {
        guard let shape = try shape(name) else { return nil }
        let properties = try properties(of: name)
        let retention = properties["retention.ms"].flatMap { Int64($0) } ?? -1
        return TopicSettings(
            partitions: shape.partitions,
            replicas: shape.replicas,
            retentionMilliseconds: retention < 0 ? nil : retention,
            isCompacted: properties["cleanup.policy"]?.contains("compact") ?? false,
            isInternal: KafkaTopics.isInternal(name)
        )
    }

    /// Kafka keeps no such mark with a topic, so the name says it.
    static func isInternal(_ name: String) -> Bool {
        name.hasPrefix("weir-") && (name.hasSuffix("-changelog") || name.contains("-repartition"))
    }

    private func properties(of topic: String) throws -> [String: String] {
        guard let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic) else { return [:] }
        defer { rd_kafka_ConfigResource_destroy(resource) }
        let event = try request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "describe topic \(topic)") { options, queue in
            var resources: [OpaquePointer?] = [resource]
            rd_kafka_DescribeConfigs(client.handle, &resources, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let result = rd_kafka_event_DescribeConfigs_result(event)
        guard let found = rd_kafka_DescribeConfigs_result_resources(result, &count), count > 0, let first = found[0]
        else { return [:] }
        let code = rd_kafka_ConfigResource_error(first)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, "describe topic \(topic)") }
        var entries = 0
        guard let list = rd_kafka_ConfigResource_configs(first, &entries) else { return [:] }
        var properties: [String: String] = [:]
        for index in 0..<entries {
            guard let entry = list[index], let name = rd_kafka_ConfigEntry_name(entry),
                let value = rd_kafka_ConfigEntry_value(entry)
            else { continue }
            properties[String(cString: name)] = String(cString: value)
        }
        return properties
    }

    // MARK: Offsets

    /// First available and next committed offset.
    func offsets(of partition: TopicPartition) throws -> Range<Int64> {
        guard let shape = try shape(partition.topic), partition.partition < shape.partitions else {
            throw client.error(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "read the offsets of \(partition)")
        }
        var found: Range<Int64> = 0..<0
        try wait("read the offsets of \(partition)") {
            found = try client.watermarks(of: partition, timeoutMilliseconds: timeout)
            return true
        }
        return found
    }

    /// The next offset of every partition, messages of open transactions counted; one request per broker.
    func ends(of partitions: [TopicPartition]) throws -> [TopicPartition: Int64] {
        try ends(of: partitions, uncommitted)
    }

    /// The next offset of every partition that a reader of committed messages can reach.
    func committedEnds(of partitions: [TopicPartition]) throws -> [TopicPartition: Int64] {
        try ends(of: partitions, client)
    }

    private func ends(of partitions: [TopicPartition], _ client: KafkaClient) throws -> [TopicPartition: Int64] {
        guard !partitions.isEmpty else { return [:] }
        var ends: [TopicPartition: Int64] = [:]
        // A partition may be without a leader for a moment.
        try wait("read the ends of partitions") {
            ends = try endsNow(of: partitions, client)
            return true
        }
        return ends
    }

    private func endsNow(of partitions: [TopicPartition], _ client: KafkaClient) throws -> [TopicPartition: Int64] {
        let list = KafkaPartitionList(capacity: partitions.count)
        for partition in partitions { list.add(partition, offset: Int64(RD_KAFKA_OFFSET_END)) }
        return try list.withPointer { list in
            let code = rd_kafka_offsets_for_times(client.handle, list, Int32(timeout))
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, "read the ends of partitions") }
            var ends: [TopicPartition: Int64] = [:]
            for element in UnsafePointer(list).elements {
                guard element.error == RD_KAFKA_RESP_ERR_NO_ERROR, element.offset >= 0 else {
                    throw client.error(element.error, "read the end of \(element.partition)")
                }
                ends[element.partition] = element.offset
            }
            return ends
        }
    }

    /// What a group committed for some partitions, after every open transaction that could change it has ended.
    func committed(group: String, _ partitions: [TopicPartition]) throws -> [TopicPartition: Int64] {
        guard let first = partitions.first else { return [:] }
        var found: [TopicPartition: Int64] = [:]
        // A new client may miss that it has found the group's broker, and would wait on; so it is asked again soon.
        var patience = 50
        // A dead producer's transaction ends when the broker's patience does.
        try wait("read the offsets of group \(group)", milliseconds: timeout * 12) {
            if let offsets = try groups.committed(group, partitions, timeoutMilliseconds: patience) {
                found = offsets
                return true
            }
            patience = min(patience * 2, timeout)
            // Does the cluster answer at all?
            _ = try shape(first.topic)
            return false
        }
        return found
    }

    // MARK: Requests

    /// Sends an admin request and waits for its event, to be destroyed by the caller.
    func request(
        _ operation: rd_kafka_admin_op_t,
        _ subject: String,
        _ send: (_ options: OpaquePointer, _ queue: OpaquePointer) -> Void
    ) throws -> OpaquePointer {
        do {
            return try event(operation, send)
        } catch {
            throw error.topicError(subject, servers: servers)
        }
    }

    private func event(
        _ operation: rd_kafka_admin_op_t,
        _ send: (_ options: OpaquePointer, _ queue: OpaquePointer) -> Void
    ) throws(KafkaFailure) -> OpaquePointer {
        guard let options = rd_kafka_AdminOptions_new(client.handle, operation),
            let queue = rd_kafka_queue_new(client.handle)
        else { throw KafkaFailure(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE) }
        defer {
            rd_kafka_AdminOptions_destroy(options)
            rd_kafka_queue_destroy(queue)
        }
        var text = [CChar](repeating: 0, count: 256)
        rd_kafka_AdminOptions_set_request_timeout(options, Int32(timeout), &text, text.count)
        send(options, queue)
        guard let event = rd_kafka_queue_poll(queue, Int32(timeout + 1000)) else {
            throw KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let failure = KafkaFailure(code, rd_kafka_event_error_string(event).map { String(cString: $0) })
            rd_kafka_event_destroy(event)
            throw failure
        }
        return event
    }

    /// Repeats `isDone` until it is true; a cluster that does not answer is waited for no longer than any request.
    private func wait(_ subject: String, milliseconds: Int? = nil, _ isDone: () throws -> Bool) throws {
        let start = monotonicMilliseconds()
        var pause: UInt32 = 2_000
        while true {
            do {
                if try isDone() { return }
            } catch let error as TopicError where error.kind == .unreachable {
                // No leader yet, or a broker that restarts.
                guard monotonicMilliseconds() - start < timeout else { throw error }
            }
            guard monotonicMilliseconds() - start < milliseconds ?? timeout else { throw client.timedOut(subject) }
            usleep(pause)
            pause = min(pause * 2, 100_000)
        }
    }
}

extension KafkaClient {
    /// What a consumer is for: how long a broker may hold back its answer to a fetch that finds nothing yet, and how
    /// much may be fetched ahead of the reading.
    enum Purpose {
        /// The data path.
        ///
        /// A partition that was full when a fetch began waits for the fetch's end, so this is short.
        case stream
        /// Control-plane reads.
        ///
        /// The end of a partition is reported by a fetch that found nothing.
        case read
        /// Restores, which stop fetching at the end of a partition and have many of them one after the other.
        case restore

        var waitMilliseconds: Int {
            switch self {
            case .stream: 100
            case .read: 25
            case .restore: 2
            }
        }
    }

    /// A consumer without a group that sees committed messages only.
    static func consumer(_ target: KafkaTarget, _ purpose: Purpose) throws -> KafkaClient {
        let settings = target.settings
        return try KafkaClient(
            .consumer,
            [
                "isolation.level": "read_committed",
                "enable.auto.commit": "false",
                "enable.auto.offset.store": "false",
                "enable.partition.eof": "true",
                // TCP has its own checksum, and so has every disk; verifying again costs a tenth of the reading.
                "check.crcs": "false",
                "fetch.message.max.bytes": "1048576",
                "fetch.max.bytes": "\(max(16 << 20, settings.messageBytesMax))",
                "receive.message.max.bytes": "\(max(16 << 20, settings.messageBytesMax) + (1 << 20))",
                // The bytes are the limit. With a limit of messages as well, small messages would leave the
                // partition idle for up to a second every time it is reached.
                "queued.min.messages": "10000000",
                "queued.max.messages.kbytes":
                    "\(max((purpose == .stream ? settings.prefetchBytesMax : 4 << 20) >> 10, 1))",
                "fetch.error.backoff.ms": "100",
                "fetch.wait.max.ms": "\(purpose.waitMilliseconds)",
            ],
            target
        )
    }
}
