import Runtime
import Values

/// Carries the records of topics into another system, on a thread of its own, until it is stopped.
///
/// A connector never gives up: when its target is gone or refuses a row it waits, says why in ``status``, and goes on when
/// the cause is gone. It reads through ``Broker/read(_:from:rowsMax:bytesMax:)`` and keeps its positions in the target,
/// in the transaction of the rows.
public protocol SinkConnector: AnyObject, Sendable {
    /// Starts the connector's thread.
    func start()
    /// Ends it; returns when nothing of it runs any more. Nothing is lost: the target has the positions.
    func stop()
    /// Reads again soon, because messages were appended or the settings of the target changed.
    func wake()
    var status: ConnectorStatus { get }
}

/// What SHOW CONNECTORS and DESCRIBE CONNECTOR tell.
public struct ConnectorStatus: Sendable {
    public enum State: String, Sendable {
        case starting = "STARTING"
        case running = "RUNNING"
        /// It cannot write and tries again; ``ConnectorStatus/reason`` says why.
        case waiting = "WAITING"
        /// Another owner took over, or the settings can never work; it will not try again by itself.
        case failed = "FAILED"
        case stopped = "STOPPED"
    }

    public var state: State
    /// Why it waits or failed: SQLSTATE, row and statement where there are some.
    public var reason: String?
    /// Rows written and deleted since the start.
    public var rowsWritten: Int64
    public var rowsDeleted: Int64
    /// Records that lie between the connector and the end of its topics.
    public var lag: Int64
    /// How often it looked into its topics and found that all of it was written.
    public var looksAtEnd: Int64 = 0
    /// Facts worth a line in DESCRIBE CONNECTOR, such as the target table, the last committed offsets.
    public var details: [(name: String, value: String)]

    public init(
        state: State,
        reason: String? = nil,
        rowsWritten: Int64 = 0,
        rowsDeleted: Int64 = 0,
        lag: Int64 = 0,
        details: [(name: String, value: String)] = []
    ) {
        self.state = state
        self.reason = reason
        self.rowsWritten = rowsWritten
        self.rowsDeleted = rowsDeleted
        self.lag = lag
        self.details = details
    }
}

/// What a connector needs to know about a topic that it reads: the source declared over it.
public struct ConnectorTopic: Sendable {
    public let topic: String
    public let layout: RecordLayout
    /// Columns of the decoded rows: key, window bounds, values.
    public let schema: Schema
    /// True when the source is a table, so that a null value deletes.
    public let isTable: Bool

    public init(topic: String, layout: RecordLayout, schema: Schema, isTable: Bool) {
        self.topic = topic
        self.layout = layout
        self.schema = schema
        self.isTable = isTable
    }
}
