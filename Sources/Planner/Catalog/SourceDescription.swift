import Parser
import Runtime
import Values

/// A stream or table: its columns and how they lie in the records of its topic.
public struct SourceDescription: Sendable, Hashable {
    /// The folded name.
    public var name: String
    /// Stream or table.
    public var kind: SourceKind
    /// The key columns in order; none for a stream without a key.
    public var keyFields: [Schema.Field]
    /// The value columns in order.
    public var valueFields: [Schema.Field]
    /// The columns filled from record headers, behind the value columns.
    public var headers: [HeaderColumn]
    /// The topic that holds the records.
    public var topic: String
    /// In upper case, such as `KAFKA`.
    public var keyFormat: String
    public var keyProperties: FormatProperties
    /// In upper case, such as `JSON`.
    public var valueFormat: String
    public var valueProperties: FormatProperties
    /// The column that ROWTIME comes from; nil for the record's own timestamp.
    public var timestamp: TimestampColumn?
    /// The window behind each key; nil when keys are plain.
    public var window: KeyWindow?
    /// True for `CREATE SOURCE …`, which nothing may write to.
    public var isReadOnly: Bool
    /// The query that was created together with it and fills it.
    public var createdBy: String?
    /// The statement that made it.
    public var sql: String

    /// A source with plain keys and no headers; set the rest afterwards.
    public init(
        name: String,
        kind: SourceKind,
        keyFields: [Schema.Field],
        valueFields: [Schema.Field],
        topic: String,
        keyFormat: String,
        valueFormat: String
    ) {
        self.name = name
        self.kind = kind
        self.keyFields = keyFields
        self.valueFields = valueFields
        self.topic = topic
        self.keyFormat = keyFormat
        self.valueFormat = valueFormat
        headers = []
        keyProperties = FormatProperties(wrapsSingle: false)
        valueProperties = FormatProperties()
        isReadOnly = false
        sql = ""
    }
}

extension SourceDescription {
    /// The columns as rows of the source have them: key, window bounds, values (headers are not among them).
    public var schema: Schema { Schema(key: keyFields, isWindowed: window != nil, values: valueFields) }

    /// The columns of `SELECT *`: key, window bounds, values, headers.
    public var columns: [Schema.Field] {
        schema.fields + headers.map { Schema.Field($0.name, $0.kind.type) }
    }

    /// The formats and columns of its records with the wanted value columns.
    public func layout(wanted: [Int], pseudoColumns: [PseudoColumn] = []) -> RecordLayout {
        RecordLayout(
            keyFormat: keyFormat,
            keyProperties: keyProperties,
            keyFields: keyFields,
            valueFormat: valueFormat,
            valueProperties: valueProperties,
            valueFields: valueFields,
            wanted: wanted,
            window: window?.runtimeKey,
            pseudoColumns: pseudoColumns
        )
    }
}

/// A column filled from record headers; it cannot be written.
public struct HeaderColumn: Sendable, Hashable {
    public let name: String
    public let kind: Kind

    /// Which headers.
    public enum Kind: Sendable, Hashable {
        /// All headers in order.
        case all
        /// The last header of that key.
        case named(String)

        /// The column's type.
        public var type: SQLType {
            switch self {
            case .all: .array(.structure([StructField("KEY", .string), StructField("VALUE", .bytes)]))
            case .named: .bytes
            }
        }
    }

    public init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// The column that ROWTIME comes from.
public struct TimestampColumn: Sendable, Hashable {
    public let name: String
    /// Java's date pattern for a STRING column; nil for BIGINT and TIMESTAMP.
    public let pattern: String?

    public init(name: String, pattern: String? = nil) {
        self.name = name
        self.pattern = pattern
    }
}

/// The window behind the keys of a windowed source.
public enum KeyWindow: Sendable, Hashable {
    case tumbling(sizeMilliseconds: Int64)
    case hopping(sizeMilliseconds: Int64)
    case session

    /// As WINDOW_TYPE says it.
    public var typeName: String {
        switch self {
        case .tumbling: "TUMBLING"
        case .hopping: "HOPPING"
        case .session: "SESSION"
        }
    }

    /// How the window lies behind the key's bytes.
    public var runtimeKey: WindowedKey {
        switch self {
        case .tumbling(let size), .hopping(let size): .time(sizeMilliseconds: size)
        case .session: .session
        }
    }
}
