import Parser
import Runtime
import Values

/// The WITH clause of CREATE STREAM or TABLE, with or without AS, and of INSERT INTO … SELECT.
struct SourceProperties {
    let reader: PropertyReader
    /// Case kept.
    let topic: String?
    let partitions: Int?
    let replicas: Int?
    let retentionMilliseconds: Int64?
    let keyFormat: String?
    let valueFormat: String?
    let keyDelimiter: UInt8?
    let valueDelimiter: UInt8?
    let timestamp: TimestampColumn?
    let wrapsSingle: Bool?
    let window: KeyWindow?
    let queryID: String?

    /// The statements that have such a clause.
    enum Use {
        case create(SourceKind)
        case createAs(SourceKind)
        case insert

        /// Names of the dialect that are refused, or kept without a meaning.
        fileprivate var idleNames: [String] {
            let shared = [
                "CLEANUP_POLICY", "KEY_SCHEMA_ID", "VALUE_SCHEMA_ID", "KEY_SCHEMA_FULL_NAME",
                "VALUE_SCHEMA_FULL_NAME", "VALUE_AVRO_SCHEMA_FULL_NAME", "KEY_PROTOBUF_NULLABLE_REPRESENTATION",
                "VALUE_PROTOBUF_NULLABLE_REPRESENTATION",
            ]
            return switch self {
            case .create: shared + ["SOURCED_BY_CONNECTOR"]
            case .createAs: shared
            case .insert: []
            }
        }

        fileprivate var names: [String] {
            let shared = [
                "KAFKA_TOPIC", "PARTITIONS", "REPLICAS", "RETENTION_MS", "FORMAT", "KEY_FORMAT", "VALUE_FORMAT",
                "KEY_DELIMITER", "VALUE_DELIMITER", "TIMESTAMP", "TIMESTAMP_FORMAT", "WRAP_SINGLE_VALUE",
            ]
            return switch self {
            case .create: shared + ["WINDOW_TYPE", "WINDOW_SIZE"]
            case .createAs: shared
            case .insert: ["QUERY_ID"]
            }
        }

        fileprivate var statement: String {
            switch self {
            case .create(let kind): "CREATE \(kind.rawValue)"
            case .createAs(let kind): "CREATE \(kind.rawValue) AS SELECT"
            case .insert: "INSERT INTO"
            }
        }
    }

    init(_ properties: Properties, for use: Use) throws(PlanError) {
        reader = try PropertyReader(properties, known: use.names, idle: use.idleNames, statement: use.statement)
        topic = try reader.text("KAFKA_TOPIC")
        partitions = try reader.whole("PARTITIONS", in: 1...100_000).map(Int.init)
        replicas = try reader.whole("REPLICAS", in: 1...100).map(Int.init)
        retentionMilliseconds = try reader.whole("RETENTION_MS", in: 1...Int64.max)
        let both = try reader.word("FORMAT")
        keyFormat = try reader.word("KEY_FORMAT") ?? both
        valueFormat = try reader.word("VALUE_FORMAT") ?? both
        keyDelimiter = try reader.delimiter("KEY_DELIMITER")
        valueDelimiter = try reader.delimiter("VALUE_DELIMITER")
        let pattern = try reader.text("TIMESTAMP_FORMAT")
        timestamp = try reader.column("TIMESTAMP").map { TimestampColumn(name: $0, pattern: pattern) }
        wrapsSingle = try reader.boolean("WRAP_SINGLE_VALUE")
        window = try SourceProperties.window(reader)
        queryID = try reader.text("QUERY_ID")
        try checkTogether(formatForBoth: both != nil, hasPattern: pattern != nil)
    }

    private func checkTogether(formatForBoth: Bool, hasPattern: Bool) throws(PlanError) {
        if formatForBoth {
            for name in ["KEY_FORMAT", "VALUE_FORMAT"] where reader.position(name) != nil {
                throw PlanError(
                    SQLState.invalidProperty,
                    "FORMAT cannot be combined with \(name)",
                    at: reader.position(name),
                    hint: "write KEY_FORMAT = '…' and VALUE_FORMAT = '…' in place of FORMAT"
                )
            }
        }
        if hasPattern, timestamp == nil {
            throw PlanError(
                SQLState.invalidProperty,
                "TIMESTAMP_FORMAT needs TIMESTAMP, the column it is the format of",
                at: reader.position("TIMESTAMP_FORMAT"),
                hint: "add TIMESTAMP = 'column'"
            )
        }
        if let topic, topic.isEmpty || topic.utf8.count > 249 || !topic.utf8.allSatisfy(\.isTopicCharacter) {
            throw PlanError(
                SQLState.invalidProperty,
                "'\(topic)' cannot be the name of a topic",
                at: reader.properties["KAFKA_TOPIC"]?.valuePosition,
                hint: "use up to 249 letters, digits, '.', '_' and '-'"
            )
        }
        if reader.position("CLEANUP_POLICY") != nil {
            throw PlanError(
                SQLState.invalidProperty,
                "CLEANUP_POLICY cannot be set",
                at: reader.position("CLEANUP_POLICY"),
                hint: "a stream's topic deletes old records, a table's keeps the last one of each key"
            )
        }
        for property in reader.properties.list {
            let name = property.name.text.uppercased()
            guard name.contains("SCHEMA") || name.contains("PROTOBUF") else { continue }
            throw PlanError(
                SQLState.notSupported,
                "property \(name) is not supported: no schema registry is asked, no Protobuf is read",
                at: property.name.position,
                hint: "leave \(name) out"
            )
        }
    }

    private static func window(_ reader: PropertyReader) throws(PlanError) -> KeyWindow? {
        let size = try reader.duration("WINDOW_SIZE")
        guard let type = try reader.word("WINDOW_TYPE") else {
            guard size == nil else {
                throw PlanError(
                    SQLState.invalidProperty,
                    "WINDOW_SIZE needs WINDOW_TYPE",
                    at: reader.position("WINDOW_SIZE"),
                    hint: "add WINDOW_TYPE = 'TUMBLING' or 'HOPPING'"
                )
            }
            return nil
        }
        switch (type, size) {
        case ("SESSION", nil): return .session
        case ("SESSION", _?):
            throw PlanError(
                SQLState.invalidProperty,
                "a SESSION window has no WINDOW_SIZE",
                at: reader.position("WINDOW_SIZE"),
                hint: "leave WINDOW_SIZE out"
            )
        case ("TUMBLING", let size?): return .tumbling(sizeMilliseconds: size)
        case ("HOPPING", let size?): return .hopping(sizeMilliseconds: size)
        case ("TUMBLING", nil), ("HOPPING", nil):
            throw PlanError(
                SQLState.invalidProperty,
                "a \(type) window needs WINDOW_SIZE",
                at: reader.position("WINDOW_TYPE"),
                hint: "e.g. WINDOW_SIZE = '30 SECONDS'"
            )
        default:
            throw PlanError(
                SQLState.invalidProperty,
                "WINDOW_TYPE must be TUMBLING, HOPPING or SESSION, not \(type)",
                at: reader.properties["WINDOW_TYPE"]?.valuePosition,
                hint: didYouMean(type, among: ["TUMBLING", "HOPPING", "SESSION"])
            )
        }
    }
}

extension UInt8 {
    fileprivate var isTopicCharacter: Bool {
        (65...90).contains(self) || (97...122).contains(self) || (48...57).contains(self)
            || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(self)
    }
}
