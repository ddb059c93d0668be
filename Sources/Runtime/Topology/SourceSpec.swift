import Values

/// How a task reads a topic into batches.
public struct SourceSpec: Sendable {
    public let topic: String
    public let payload: Payload
    /// The columns that come out: the key columns, the window bounds of a windowed key, the wanted value columns, then
    /// ROWPARTITION, ROWOFFSET where asked for.
    public let output: Schema
    public let timestamp: TimestampSource
    /// True when batches carry record headers.
    public let readsHeaders: Bool
    /// True when the topic is a table's: a null payload deletes, and a null key drops the record.
    public let isTable: Bool

    public init(
        topic: String,
        payload: Payload,
        output: Schema,
        timestamp: TimestampSource = .record,
        readsHeaders: Bool = false,
        isTable: Bool = false
    ) {
        self.topic = topic
        self.payload = payload
        self.output = output
        self.timestamp = timestamp
        self.readsHeaders = readsHeaders
        self.isTable = isTable
    }

    /// What the messages hold.
    public enum Payload: Sendable {
        /// Whole batches of ``output``, as ``BatchCodec`` writes them.
        case batches
        /// A record a message.
        case records(RecordLayout)
    }

    /// Where a row's ROWTIME comes from.
    public enum TimestampSource: Hashable, Sendable {
        case record
        /// A column of ``output``: BIGINT or TIMESTAMP, or STRING with a pattern. Bad or negative values drop the row.
        case column(Int, pattern: String?)
    }
}

/// The formats and columns of a topic's records, as its source was declared.
public struct RecordLayout: Sendable {
    public let keyFormat: String
    public let keyProperties: FormatProperties
    public let keyFields: [Schema.Field]
    public let valueFormat: String
    public let valueProperties: FormatProperties
    public let valueFields: [Schema.Field]
    /// The value fields to decode, in the order of the output's value columns.
    public let wanted: [Int]
    /// The kind and size of a windowed key.
    public let window: WindowedKey?
    /// Pseudo columns behind the wanted ones.
    public let pseudoColumns: [PseudoColumn]

    public init(
        keyFormat: String,
        keyProperties: FormatProperties = FormatProperties(),
        keyFields: [Schema.Field],
        valueFormat: String,
        valueProperties: FormatProperties = FormatProperties(),
        valueFields: [Schema.Field],
        wanted: [Int],
        window: WindowedKey? = nil,
        pseudoColumns: [PseudoColumn] = []
    ) {
        self.keyFormat = keyFormat
        self.keyProperties = keyProperties
        self.keyFields = keyFields
        self.valueFormat = valueFormat
        self.valueProperties = valueProperties
        self.valueFields = valueFields
        self.wanted = wanted
        self.window = window
        self.pseudoColumns = pseudoColumns
    }
}

/// Pseudo columns that a source can append to its rows.
public enum PseudoColumn: Hashable, Sendable {
    /// ROWPARTITION INTEGER.
    case partition
    /// ROWOFFSET BIGINT.
    case offset
    /// All record headers, ARRAY<STRUCT<KEY STRING, VALUE BYTES>>.
    case headers
    /// The last header of that key, BYTES.
    case header(String)
}

/// How a window lies behind the key's bytes.
public enum WindowedKey: Hashable, Sendable {
    /// Key ‖ int64 start; the end is start plus this size in milliseconds.
    case time(sizeMilliseconds: Int64)
    /// Key ‖ int64 end ‖ int64 start.
    case session
}
