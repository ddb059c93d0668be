import Runtime
import Values

/// The topics of a Kafka cluster.
///
/// Nothing is connected by making one: ``check()`` says whether the cluster answers.
public final class KafkaBroker: Broker {
    let target: KafkaTarget
    let cluster: KafkaTopics
    let notices: KafkaNotices
    private let readers: KafkaReaders
    private let inserts: KafkaInserts

    /// - Parameters:
    ///   - bootstrapServers: `HOST:PORT`, several separated by commas.
    ///   - log: gets the lines of librdkafka's log from its threads, equal ones once in half a minute.
    /// - Throws: `TopicError` when a property is unknown or has a value that librdkafka does not allow.
    public init(
        bootstrapServers: String,
        settings: KafkaSettings = KafkaSettings(),
        log: @escaping KafkaLog = { _, _ in }
    ) throws {
        let filter = KafkaLogFilter()
        target = KafkaTarget(servers: bootstrapServers, settings: settings) { level, text in
            if filter.passes(text) { log(level, text) }
        }
        cluster = try KafkaTopics(target)
        notices = KafkaNotices(intervalMilliseconds: settings.noticeMilliseconds)
        readers = KafkaReaders(cluster, target)
        inserts = KafkaInserts(cluster, target)
    }

    /// Asks the cluster for its topics.
    /// - Throws: `TopicError` of kind `unreachable` after the request timeout.
    public func check() throws { _ = try cluster.names() }

    public func createTopic(_ name: String, _ settings: TopicSettings) throws {
        if let shape = try cluster.shape(name) {
            try KafkaBroker.compare(name, shape.partitions, settings.partitions)
        } else if try !cluster.create(name, settings), let shape = try cluster.shape(name) {
            try KafkaBroker.compare(name, shape.partitions, settings.partitions)
        }
    }

    private static func compare(_ name: String, _ found: Int, _ wanted: Int) throws {
        guard found != wanted else { return }
        throw TopicError(
            .partitionsDiffer,
            "topic \(name) exists with \(found) partitions, not \(wanted)",
            hint: "Use PARTITIONS=\(found), or another topic."
        )
    }

    public func deleteTopic(_ name: String) throws {
        readers.forget(name)
        try cluster.delete(name)
    }

    public func describe(_ name: String) throws -> TopicSettings? { try cluster.describe(name) }

    public func topics() throws -> [String] { try cluster.names() }

    public var isRemote: Bool { true }

    public func offsets(of partition: TopicPartition) throws -> Range<Int64> { try cluster.offsets(of: partition) }

    public func append(_ runs: [OutgoingRun]) throws {
        try inserts.append(runs)
        notices.announce()
    }

    /// Ends an append that a killed process of the same service left open and that hides what is behind it; blocks until
    /// Kafka answers.
    /// - Throws: `TopicError` when it does not; the first append does the same.
    public func endOpenAppend() throws { try inserts.endOpenTransaction() }

    public func read(
        _ partition: TopicPartition,
        from offset: Int64,
        rowsMax: Int,
        bytesMax: Int
    ) throws -> MessageRun {
        try readers.read(partition, from: offset, rowsMax: rowsMax, bytesMax: bytesMax)
    }

    public func onAppend(_ notify: @escaping @Sendable () -> Void) -> AppendSubscription {
        AppendSubscription(cancel: notices.subscribe(notify))
    }

    public var keepsChangelogs: Bool { true }

    public var announcesCommits: Bool { false }

    public func makeSession(threadID: String, state: any StateDatabase) throws -> any BrokerSession {
        try KafkaSession(self, threadID: threadID, state)
    }
}
