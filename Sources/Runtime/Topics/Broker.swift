import Values

/// The topics of an engine: the embedded log, Kafka, or memory in tests.
///
/// Safe to use from any thread.
///
/// Everything here is control plane, except ``read(_:from:rowsMax:bytesMax:)``, which push queries, connectors and PRINT use.
/// Stream threads read and write through their own ``BrokerSession``.
public protocol Broker: AnyObject, Sendable {
    /// Creates a topic; does nothing when it exists with the same number of partitions.
    /// - Throws: ``TopicError``.
    func createTopic(_ name: String, _ settings: TopicSettings) throws
    /// Removes a topic and its messages; does nothing when there is none.
    func deleteTopic(_ name: String) throws
    /// The topic's settings; nil when it does not exist.
    func describe(_ name: String) throws -> TopicSettings?
    /// What tells the topic from every other one that has or had its name, here or elsewhere, and stays the same over
    /// restarts; nil where that is not known, or when there is no such topic.
    func incarnation(of topic: String) throws -> String?
    /// The names of all topics, internal ones included, sorted.
    func topics() throws -> [String]
    /// First available and next offset of a partition, committed messages only.
    func offsets(of partition: TopicPartition) throws -> Range<Int64>
    /// Appends outside of any epoch (INSERT VALUES, bulk insert): when it returns, the messages are as durable as the
    /// durability setting says, all or none of them.
    func append(_ runs: [OutgoingRun]) throws
    /// Committed messages from `offset` on, at most about `rowsMax` messages and `bytesMax` bytes, at least one message
    /// when there is any; an empty run at the end of the partition. An offset before the first available one reads from that.
    func read(_ partition: TopicPartition, from offset: Int64, rowsMax: Int, bytesMax: Int) throws -> MessageRun
    /// Calls `notify` (from any thread, cheaply, possibly too often) after new messages were committed anywhere,
    /// until the returned token is released.
    func onAppend(_ notify: @escaping @Sendable () -> Void) -> AppendSubscription
    /// A session for one stream thread; `threadID` is stable over restarts (it names the transactional producer).
    func makeSession(threadID: String, state: any StateDatabase) throws -> any BrokerSession
    /// True when state is also kept in changelog topics, which the engine then creates with the query.
    var keepsChangelogs: Bool { get }
    /// True when ``offsets(of:)`` asks another machine.
    var isRemote: Bool { get }
    /// What the topics count about themselves, for the metrics of the engine.
    var metrics: [BrokerMetric] { get }
    /// True when ``onAppend(_:)`` tells of every commit at once, so that nobody has to look whether there was one.
    var announcesCommits: Bool { get }
}

extension Broker {
    public var keepsChangelogs: Bool { false }
    public var isRemote: Bool { false }
    public var metrics: [BrokerMetric] { [] }
    public var announcesCommits: Bool { true }

    /// Unknown: as in Kafka, whose topic ids the client library does not tell.
    public func incarnation(of topic: String) throws -> String? { nil }
}

/// A number that topics count up.
public struct BrokerMetric: Sendable {
    /// As Prometheus has it, such as `weir_log_compactions_total`.
    public let name: String
    /// One sentence.
    public let help: String
    public let value: Double

    public init(_ name: String, _ help: String, _ value: Double) {
        self.name = name
        self.help = help
        self.value = value
    }
}

/// Keeps an ``Broker/onAppend(_:)`` subscription alive; releasing it ends the subscription.
public final class AppendSubscription: Sendable {
    private let cancel: @Sendable () -> Void

    public init(cancel: @escaping @Sendable () -> Void) { self.cancel = cancel }

    deinit { cancel() }
}

/// What one stream thread reads and writes, and its commits.
///
/// Used by that thread alone.
public protocol BrokerSession: AnyObject {
    /// Replaces the set of partitions that ``poll(rowsMax:timeoutMilliseconds:)`` reads, each from the given offset on.
    /// A partition that stays with the same `offset` value as its current position is not disturbed.
    func assign(_ positions: [TopicPartition: Int64]) throws
    /// Stops reading some partitions for a while (back-pressure) and resumes the others.
    func pause(_ partitions: Set<TopicPartition>)
    /// The next run of committed messages of any assigned partition, in fair turns; nil when none came in time.
    ///
    /// A run without messages says that its partition holds none before `nextOffset`, behind the marks of transactions.
    func poll(rowsMax: Int, timeoutMilliseconds: Int) throws -> MessageRun?
    /// Wakes a ``poll(rowsMax:timeoutMilliseconds:)`` that waits; callable from any thread.
    var wakeUp: @Sendable () -> Void { get }
    /// Holds messages until the epoch is committed; nobody sees them before, or if it is not.
    func append(_ run: OutgoingRun) throws
    /// Commits everything appended since the last commit, `epoch.offsets` and `epoch.changes`: all or nothing.
    func commit(_ epoch: Epoch) throws -> CommitOutcome
    /// Forgets everything appended since the last commit.
    func abort()
    /// Brings the local state of a task up to the last committed epoch (replays a changelog where there is one) and
    /// returns its committed input offsets; partitions never committed are absent.
    func restore(_ task: TaskCommitID, stores: [StoreID], inputs: [TopicPartition]) throws -> [TopicPartition: Int64]
    /// Says that nobody needs the messages before these committed offsets any more; they may be removed, now or later.
    func release(before offsets: [TopicPartition: Int64])
}

extension BrokerSession {
    public func release(before _: [TopicPartition: Int64]) {}
}

/// How a commit ended.
///
/// `unknown` is a real answer: the session must be thrown away and ``BrokerSession/restore`` tells what happened.
public enum CommitOutcome: Equatable, Sendable {
    case committed
    case aborted(reason: String)
    case unknown(reason: String)
}

/// One epoch of one stream thread, apart from the appended messages.
public struct Epoch: Sendable {
    /// Next input offset per task and partition.
    public var offsets: [TaskCommitID: [TopicPartition: Int64]] = [:]
    /// State changes of all tasks of the thread.
    public var changes: [StateChange] = []

    public init() {}
}

/// Identity under which a task's input offsets are committed; stable over restarts.
public struct TaskCommitID: Hashable, Sendable, CustomStringConvertible {
    /// The query's id, such as `CTAS_TOTALS_3`, used as the consumer group's suffix in Kafka.
    public let query: String
    public let subtopology: Int
    public let partition: Int32

    public init(query: String, subtopology: Int, partition: Int32) {
        self.query = query
        self.subtopology = subtopology
        self.partition = partition
    }

    public var description: String { "\(query)/\(subtopology)_\(partition)" }
}

/// How a topic was created.
public struct TopicSettings: Hashable, Sendable {
    public var partitions: Int
    public var replicas: Int
    /// Messages older than this may be removed; nil keeps them for ever.
    public var retentionMilliseconds: Int64?
    /// True for topics that keep the last message of each key.
    public var isCompacted: Bool
    /// True for repartition and changelog topics: their messages carry whole columnar batches or state.
    public var isInternal: Bool

    public init(
        partitions: Int,
        replicas: Int = 1,
        retentionMilliseconds: Int64? = nil,
        isCompacted: Bool = false,
        isInternal: Bool = false
    ) {
        self.partitions = partitions
        self.replicas = replicas
        self.retentionMilliseconds = retentionMilliseconds
        self.isCompacted = isCompacted
        self.isInternal = isInternal
    }
}

/// Why the topics could not be reached or changed.
public struct TopicError: Error, CustomStringConvertible {
    public enum Kind: Sendable { case notFound, partitionsDiffer, full, unreachable, corrupt, refused, fenced }

    public let kind: Kind
    /// One sentence with topic, partition and cause.
    public let message: String
    public let hint: String?

    public init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    public var description: String { message }
}
