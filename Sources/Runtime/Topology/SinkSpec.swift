import Values

/// The end of a persistent query: rows become records of a topic.
public struct SinkSpec: Sendable {
    public let topic: String
    public let layout: RecordLayout
    /// The input's columns, key first.
    public let input: Schema
    /// A column of the input that becomes the record's timestamp; see WITH (TIMESTAMP = …).
    public let timestampColumn: Int?
    /// True when the rows are a table's: a deleted row is written as a tombstone.
    ///
    /// False: the same, as a null value.
    public let isTable: Bool
    /// Whether a key of several columns that are all NULL is written.
    ///
    /// False: it is no key, as it was in the record that the row came from.
    public let writesNullKeys: Bool

    public init(
        topic: String,
        layout: RecordLayout,
        input: Schema,
        timestampColumn: Int? = nil,
        isTable: Bool,
        writesNullKeys: Bool = false
    ) {
        self.topic = topic
        self.layout = layout
        self.input = input
        self.timestampColumn = timestampColumn
        self.isTable = isTable
        self.writesNullKeys = writesNullKeys
    }
}

/// The end of a push query: batches go to the client, see ``TaskContext/results``.
public struct ResultSink: OperatorSpec {
    public let output: Schema

    public init(input: Schema) { output = input }

    public var summary: String { "Result" }

    public func makeOperator(_ context: TaskContext) -> any Operator { ResultOperator(context) }
}

private final class ResultOperator: Operator {
    private let context: TaskContext

    init(_ context: TaskContext) { self.context = context }

    func process(_ batch: Batch, input _: Int, into _: Emitter) {
        context.metrics.rowsIn.add(batch.count)
        context.metrics.rowsOut.add(batch.count)
        context.results?.receive(batch)
    }
}

/// Receives the rows of a push query on the stream thread; it must not block.
public protocol ResultReceiver: AnyObject, Sendable {
    func receive(_ batch: Batch)
    /// False while the query should not read on, because its client takes no more.
    var isReady: Bool { get }
}
