import CRdKafka
import Runtime
import Synchronization

/// One librdkafka instance and its topic handles.
///
/// Safe on any thread: librdkafka is, and the handles are kept behind a lock.
final class KafkaClient: @unchecked Sendable {
    let handle: OpaquePointer
    let servers: String
    let reminder = KafkaReminder()
    private let context: KafkaContext
    /// Memory that librdkafka may read until the handle is destroyed.
    private let memory: AnyObject?
    private let topics = Mutex<[String: UInt]>([:])

    enum Kind { case consumer, producer }

    /// - Throws: ``TopicError`` when a property is unknown or its value is not allowed; nothing is connected yet.
    init(
        _ kind: Kind,
        _ properties: KeyValuePairs<String, String>,
        _ target: KafkaTarget,
        keeping memory: AnyObject? = nil
    ) throws {
        servers = target.servers
        self.memory = memory
        context = KafkaContext(log: target.log)
        var text = [CChar](repeating: 0, count: 512)
        let configuration: OpaquePointer = rd_kafka_conf_new()
        func set(_ name: String, _ value: String) throws {
            guard rd_kafka_conf_set(configuration, name, value, &text, text.count) != RD_KAFKA_CONF_OK else { return }
            rd_kafka_conf_destroy(configuration)
            throw TopicError(.refused, "Kafka property \(name)=\(value): \(text.asString)")
        }
        try set("bootstrap.servers", target.servers)
        try set("client.id", "weir-\(target.settings.service)")
        try set("log.connection.close", "false")
        try set("socket.keepalive.enable", "true")
        try set("socket.nagle.disable", "true")
        try set("reconnect.backoff.max.ms", "1000")
        for (name, value) in properties { try set(name, value) }
        for (name, value) in target.settings.properties { try set(name, value) }
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(context).toOpaque())
        rd_kafka_conf_set_log_cb(configuration, routeLog)
        rd_kafka_conf_set_error_cb(configuration, routeError)
        if kind == .producer { rd_kafka_conf_set_dr_msg_cb(configuration, noteDelivery) }
        // Only a success takes the configuration over.
        let type = kind == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER
        guard let created = rd_kafka_new(type, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            throw TopicError(.refused, "cannot make a Kafka client: \(text.asString)")
        }
        handle = created
    }

    deinit {
        topics.withLock { handles in
            for address in handles.values { rd_kafka_topic_destroy(OpaquePointer(bitPattern: address)) }
        }
        // Without the flag a consumer would try to leave a group that it never joined.
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    /// The handle of a topic, which lives as long as the client.
    func topic(_ name: String) throws -> OpaquePointer {
        let address = topics.withLock { handles -> UInt? in
            if let known = handles[name] { return known }
            let configuration = rd_kafka_topic_conf_new()
            // An offset out of range must be seen: silently reading on from elsewhere would lose or repeat messages.
            rd_kafka_topic_conf_set(configuration, "auto.offset.reset", "error", nil, 0)
            guard let created = rd_kafka_topic_new(handle, name, configuration) else { return nil }
            handles[name] = UInt(bitPattern: created)
            return UInt(bitPattern: created)
        }
        guard let address, let topic = OpaquePointer(bitPattern: address) else {
            throw error(rd_kafka_last_error(), "use topic \(name)")
        }
        return topic
    }

    /// The value of a property as it is in force; nil when librdkafka knows no such property.
    func property(_ name: String) -> String? {
        var text = [CChar](repeating: 0, count: 512)
        var size = text.count
        guard rd_kafka_conf_get(rd_kafka_conf(handle), name, &text, &size) == RD_KAFKA_CONF_OK else { return nil }
        return text.asString
    }

    /// Forgets delivery failures and returns the first one since the last call.
    func takeDeliveryFailure() -> KafkaFailure? { context.takeFailure() }

    /// Runs the callbacks that wait: errors of the connection, failed deliveries.
    func serveCallbacks(waitingMilliseconds: Int = 0) { rd_kafka_poll(handle, Int32(waitingMilliseconds)) }

    func error(_ code: rd_kafka_resp_err_t, _ subject: String) -> TopicError {
        KafkaFailure(code).topicError(subject, servers: servers)
    }

    func timedOut(_ subject: String) -> TopicError { error(RD_KAFKA_RESP_ERR__TIMED_OUT, subject) }
}

/// Where clients connect and how: what every client of one broker shares.
struct KafkaTarget: Sendable {
    let servers: String
    let settings: KafkaSettings
    let log: KafkaLog
}

/// What the C callbacks of a client reach.
private final class KafkaContext: Sendable {
    let log: KafkaLog
    private let failure = Mutex<KafkaFailure?>(nil)

    init(log: @escaping KafkaLog) { self.log = log }

    func note(_ found: KafkaFailure) { failure.withLock { if $0 == nil { $0 = found } } }

    func takeFailure() -> KafkaFailure? {
        failure.withLock { current in
            defer { current = nil }
            return current
        }
    }
}

private func routeLog(
    _ client: OpaquePointer?,
    _ level: Int32,
    _ facility: UnsafePointer<CChar>?,
    _ text: UnsafePointer<CChar>?
) {
    guard let client, let text, let opaque = rd_kafka_opaque(client) else { return }
    Unmanaged<KafkaContext>.fromOpaque(opaque).takeUnretainedValue().log(Int(level), String(cString: text))
}

private func routeError(
    _ client: OpaquePointer?,
    _ code: Int32,
    _ reason: UnsafePointer<CChar>?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let opaque, let reason else { return }
    Unmanaged<KafkaContext>.fromOpaque(opaque).takeUnretainedValue().log(4, String(cString: reason))
}

private func noteDelivery(
    _ client: OpaquePointer?,
    _ message: UnsafePointer<rd_kafka_message_t>?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let message, message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR, let opaque else { return }
    let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? "?"
    let reason = String(cString: rd_kafka_err2str(message.pointee.err))
    let text = "\(reason) (topic \(topic), partition \(message.pointee.partition), \(message.pointee.len) bytes)"
    Unmanaged<KafkaContext>.fromOpaque(opaque).takeUnretainedValue().note(KafkaFailure(message.pointee.err, text))
}

extension [CChar] {
    /// The text up to the terminating zero.
    var asString: String {
        String(decoding: prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
