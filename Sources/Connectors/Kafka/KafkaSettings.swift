/// How Weir talks to Kafka.
public struct KafkaSettings: Sendable {
    /// Which engine this is: part of the names of its consumer groups and transactional producers, so that two engines
    /// on one cluster do not fence each other.
    public var service = "default"
    /// Properties of librdkafka for every client, such as `security.protocol`; they win over Weir's own.
    public var properties: [String: String] = [:]
    /// `none`, `lz4`, `zstd`, `snappy` or `gzip`, for everything written.
    public var compression = "none"
    /// How long written messages may wait for others before they are sent; a commit never waits for it.
    public var lingerMilliseconds = 50
    /// The largest message written or read; internal topics are created with it as their `max.message.bytes`.
    public var messageBytesMax = 8 << 20
    /// Fetched and not yet polled bytes per partition.
    public var prefetchBytesMax = 4 << 20
    /// Written and not yet acknowledged bytes per thread, above which writing waits.
    public var unsentBytesMax = 256 << 20
    /// How long a request of the control plane may take before the cluster counts as unreachable.
    public var requestTimeoutMilliseconds = 10_000
    /// How long a commit may take before its outcome counts as unknown.
    public var commitTimeoutMilliseconds = 15_000
    /// After this time without a commit the broker aborts an open transaction: what a crash can hold up readers for
    /// when no engine with the same service starts again.
    public var transactionTimeoutMilliseconds = 60_000
    /// How often what was read of internal topics is removed from them.
    public var trimMilliseconds = 30_000
    /// How often subscribers of `onAppend` hear that other programs may have written.
    public var noticeMilliseconds = 100

    public init(service: String = "default") { self.service = service }
}

extension KafkaSettings {
    /// The consumer group under which the input offsets of a query's tasks are committed, like `weir-default-CTAS_T_3`.
    ///
    /// Tasks behind the first repartitioning have groups of their own, because two of them may read one partition.
    func group(_ task: String, subtopology: Int) -> String {
        let name = "weir-\(service)-\(task)"
        return subtopology == 0 ? name : "\(name)-\(subtopology)"
    }
}

/// A line of librdkafka's log: the syslog level (3 error, 4 warning, 6 notice, 7 debug) and the text.
public typealias KafkaLog = @Sendable (_ level: Int, _ text: String) -> Void
