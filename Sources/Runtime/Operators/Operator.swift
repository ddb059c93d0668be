import Values

/// What an operator is, as plain data: the planner makes it, EXPLAIN prints it, each task makes an operator of it.
public protocol OperatorSpec: Sendable {
    /// One line for EXPLAIN, e.g. `Filter (PRICE > 100)`.
    var summary: String { get }
    /// The columns of the rows that come out.
    var output: Schema { get }
    /// The state that each task of the operator needs; names are unique in a query.
    var stores: [StoreSpec] { get }
    /// How late rows may come in time of the stream before they are dropped; nil when none are.
    var graceMilliseconds: Int64? { get }
    /// The operator for one task.
    func makeOperator(_ context: TaskContext) throws -> any Operator
}

extension OperatorSpec {
    public var stores: [StoreSpec] { [] }
    public var graceMilliseconds: Int64? { nil }
}

/// A step of a task.
///
/// Synchronous and used by one thread: no locks, no clock, no I/O but through its context.
public protocol Operator: AnyObject {
    /// Takes the rows that came in on input number `input` (0 for all but joins) and emits what follows from them.
    func process(_ batch: Batch, input: Int, into output: Emitter) throws
    /// Called after each run of input with the task's stream time (the largest ROWTIME seen), e.g. to close windows.
    func advance(to streamTime: Int64, into output: Emitter) throws
    /// Called at a commit: appends the state that changed since the last one.
    func flush(into changes: inout [StateChange]) throws
    /// Hands rows that wait to be sent in larger messages to the session now; they stay part of the epoch.
    func sendWaiting() throws
    /// Called once the commit is known to have succeeded.
    func committed()
    /// True when the operator holds so much uncommitted state that its task should commit before it reads on.
    var wantsCommit: Bool { get }
}

extension Operator {
    public func advance(to _: Int64, into _: Emitter) throws {}
    public func flush(into _: inout [StateChange]) throws {}
    public func sendWaiting() throws {}
    public func committed() {}
    public var wantsCommit: Bool { false }
}

/// Collects the batches that an operator emits; the task passes them on in order.
public final class Emitter {
    public private(set) var batches: [Batch] = []

    public init() {}

    /// Passes a batch on; empty ones are dropped.
    @inlinable
    public func emit(_ batch: Batch) {
        if batch.count > 0 { append(batch) }
    }

    @usableFromInline
    func append(_ batch: Batch) { batches.append(batch) }

    /// Hands over what was emitted so far.
    public func take() -> [Batch] {
        let taken = batches
        batches.removeAll(keepingCapacity: true)
        return taken
    }
}

/// A state store that an operator declares.
public struct StoreSpec: Hashable, Sendable {
    /// Unique in the query and stable over restarts, such as `aggregate-2`.
    public let name: String

    public init(name: String) { self.name = name }
}

/// What a task gives its operators; one per task and operator.
public struct TaskContext {
    public let query: String
    public let partition: Int32
    public let database: any StateDatabase
    public let session: any BrokerSession
    public let formats: FormatRegistry
    public let settings: TaskSettings
    public let log: any ProcessingLog
    /// Of the operator that the context is handed to.
    public var metrics: OperatorMetrics
    /// Where a push query's rows go.
    public let results: (any ResultReceiver)?
    private let stores: [String: StoreID]
    private let partitionCounts: [String: Int]

    /// - Parameters:
    ///   - stores: the ids of the stores that the task's operators declare.
    ///   - partitionCounts: of every topic that the task's sinks write.
    public init(
        query: String,
        partition: Int32,
        database: any StateDatabase,
        session: any BrokerSession,
        formats: FormatRegistry,
        settings: TaskSettings,
        log: any ProcessingLog,
        metrics: OperatorMetrics,
        results: (any ResultReceiver)? = nil,
        stores: [String: StoreID],
        partitionCounts: [String: Int]
    ) {
        self.query = query
        self.partition = partition
        self.database = database
        self.session = session
        self.formats = formats
        self.settings = settings
        self.log = log
        self.metrics = metrics
        self.results = results
        self.stores = stores
        self.partitionCounts = partitionCounts
    }

    /// The id of a store that the operator declared.
    public func store(_ name: String) -> StoreID {
        guard let id = stores[name] else { preconditionFailure("store \(name) is not declared by the operator's spec") }
        return id
    }

    /// How many partitions a topic that the task writes has.
    public func partitionCount(of topic: String) -> Int {
        guard let count = partitionCounts[topic] else {
            preconditionFailure("topic \(topic) is not among the task's sinks")
        }
        return count
    }
}

/// Settings of a query that its operators read.
public struct TaskSettings: Hashable, Sendable {
    /// True: emit every change; false: the last change per key and batch.
    public var emitsEveryChange: Bool
    /// Bytes of decoded state that one store of one task may keep in memory.
    public var cacheBytesMax: Int
    /// Rows per batch at the most, 1 to 4096.
    public var batchRowsMax: Int
    /// True where the planner's EMIT FINAL is to be honoured.
    public var emitsFinal: Bool
    /// How far apart in time the rows of one message between tasks may be; a message is always read whole.
    public var messageMilliseconds: Int64
    /// Whether a record whose time cannot be told ends the query; otherwise it is skipped and noted.
    public var failsOnBadTimestamps = false
    /// Whether a record that cannot be read ends the query; otherwise it is skipped and noted.
    public var failsOnBadRecords = false

    public init(
        emitsEveryChange: Bool = false,
        cacheBytesMax: Int = 16 << 20,
        batchRowsMax: Int = 4096,
        emitsFinal: Bool = true,
        messageMilliseconds: Int64 = .max
    ) {
        self.emitsEveryChange = emitsEveryChange
        self.cacheBytesMax = cacheBytesMax
        self.batchRowsMax = batchRowsMax
        self.emitsFinal = emitsFinal
        self.messageMilliseconds = messageMilliseconds
    }
}
