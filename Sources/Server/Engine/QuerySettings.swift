import Connectors
import Planner
import Runtime

/// The properties that queries read, with their defaults: what `SET 'name' = 'value'` can change.
struct QuerySettings: Sendable {
    /// A property as SHOW PROPERTIES lists it.
    struct Property: Sendable {
        let name: String
        /// Nil when there is none.
        let defaultValue: String?
        let meaning: String
    }

    /// Every property that the engine and the planner read.
    static let known: [Property] = [
        Property(
            name: "auto.offset.reset",
            defaultValue: "earliest",
            meaning: "where a new query starts to read its topics: earliest or latest"
        ),
        Property(
            name: "weir.emit",
            defaultValue: "batch",
            meaning: "what tables emit: every change (every), or the last change per key and batch (batch)"
        ),
        Property(
            name: "cache.max.bytes.buffering",
            defaultValue: "67108864",
            meaning: "bytes of decoded state that a query keeps in memory, over all its tasks"
        ),
        Property(
            name: "commit.interval.ms",
            defaultValue: "100",
            meaning:
                "the longest that processed rows wait for their commit, in milliseconds; on Kafka 500 while a query "
                + "is behind and nothing is set"
        ),
        Property(
            name: "weir.batch.rows",
            defaultValue: "4096",
            meaning: "rows that are processed together at the most, 1 to 4096"
        ),
        Property(
            name: "weir.time.skew.max.ms",
            defaultValue: nil,
            meaning:
                "how far ahead in time one input of a join or a window is read before the others, in milliseconds; "
                + "a quarter of the grace period where nothing is set, -1 for any"
        ),
        Property(
            name: "weir.time.wait.max.ms",
            defaultValue: "10000",
            meaning: "how long a row waits for an input that has older ones but delivers none, in milliseconds"
        ),
        flag("ksql.suppress.enabled", true, "whether EMIT FINAL is allowed"),
        flag("ksql.create.or.replace.enabled", true, "whether OR REPLACE is allowed"),
        flag("ksql.query.pull.table.scan.enabled", true, "whether pull queries may read all rows of a table"),
        flag("ksql.query.pull.stream.enabled", true, "whether pull queries may read streams"),
        flag("ksql.persistence.wrap.single.values", true, "whether a single value column is a JSON object"),
        flag("ksql.timestamp.throw.on.invalid", false, "whether a record whose time cannot be told ends its query"),
        flag("ksql.fail.on.deserialization.error", false, "whether a record that cannot be read ends its query"),
        Property(
            name: "ksql.persistence.default.format.key",
            defaultValue: "KAFKA",
            meaning: "the key format where WITH names none"
        ),
        Property(
            name: "ksql.persistence.default.format.value",
            defaultValue: nil,
            meaning: "the value format where WITH names none"
        ),
        Property(
            name: "ksql.output.topic.name.prefix",
            defaultValue: "",
            meaning: "stands before the names of the topics that CREATE … AS SELECT makes"
        ),
        Property(
            name: "ksql.functions.collect_list.limit",
            defaultValue: nil,
            meaning: "elements that COLLECT_LIST keeps, the first ones; negative for all"
        ),
        Property(
            name: "ksql.functions.collect_set.limit",
            defaultValue: nil,
            meaning: "elements that COLLECT_SET keeps, the first ones; negative for all"
        ),
    ]

    private static func flag(_ name: String, _ isOn: Bool, _ meaning: String) -> Property {
        Property(name: name, defaultValue: isOn ? "true" : "false", meaning: meaning)
    }

    private let properties: [String: String]

    /// - Parameter properties: of the session; names may carry ksqlDB's prefix `ksql.streams.`.
    init(_ properties: [String: String]) {
        var plain: [String: String] = [:]
        for (name, value) in properties { plain[QuerySettings.plainName(name)] = value }
        self.properties = plain
    }

    /// The name without ksqlDB's prefix for settings of its streams library.
    static func plainName(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasPrefix("ksql.streams.") ? String(lower.dropFirst("ksql.streams.".count)) : lower
    }

    /// Says what is wrong with a value of a property; nil when nothing is, or when nothing reads the property.
    static func problem(_ name: String, _ value: String) -> String? {
        switch plainName(name) {
        case "auto.offset.reset": oneOf(["earliest", "latest"], value)
        case "weir.emit": oneOf(["every", "batch"], value)
        case "weir.batch.rows":
            (Int(value).map { (1...4096).contains($0) } ?? false) ? nil : "expected 1 to 4096, found '\(value)'"
        case "weir.time.skew.max.ms":
            (Int64(value).map { $0 >= -1 } ?? false) ? nil : "expected milliseconds, 0 or more, or -1, found '\(value)'"
        case "cache.max.bytes.buffering", "commit.interval.ms", "weir.time.wait.max.ms":
            (Int64(value).map { $0 >= 0 } ?? false) ? nil : "expected a whole number, 0 or more, found '\(value)'"
        case "ksql.functions.collect_list.limit", "ksql.functions.collect_set.limit":
            Int(value) == nil ? "expected a whole number, found '\(value)'" : nil
        case "ksql.persistence.default.format.key", "ksql.persistence.default.format.value":
            // The planner says of a format that is not read yet that it is not supported.
            SourceFormats.unread.contains(value.uppercased()) ? nil : oneOf(Formats.all.map(\.name).sorted(), value)
        case let name where known.contains { $0.name == name && ["true", "false"].contains($0.defaultValue) }:
            oneOf(["true", "false"], value)
        default: nil
        }
    }

    private static func oneOf(_ values: [String], _ value: String) -> String? {
        guard !values.contains(where: { $0.lowercased() == value.lowercased() }) else { return nil }
        return "expected \(values.dropLast().joined(separator: ", ")) or \(values.last ?? ""), found '\(value)'"
    }

    /// Properties by their plain names.
    /// - Throws: ``ReplyError`` for a value that its property cannot have.
    static func checked(_ properties: [String: String]) throws(ReplyError) -> [String: String] {
        var checked: [String: String] = [:]
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            let plain = plainName(name)
            if let problem = problem(plain, value) { throw ReplyError("22023", "property '\(plain)': \(problem)") }
            checked[plain] = value
        }
        return checked
    }

    var start: StartPosition {
        StartPosition(rawValue: (properties["auto.offset.reset"] ?? "").lowercased()) ?? .earliest
    }

    /// Settings of each task, when the query's stateful tasks share its cache.
    func taskSettings(tasks: Int) -> TaskSettings {
        let bytes = properties["cache.max.bytes.buffering"].flatMap { Int($0) } ?? 64 << 20
        var settings = TaskSettings(
            emitsEveryChange: properties["weir.emit"]?.lowercased() == "every",
            cacheBytesMax: max(bytes / max(tasks, 1), 1 << 10),
            batchRowsMax: properties["weir.batch.rows"].flatMap { Int($0) } ?? 4096,
            emitsFinal: properties["ksql.suppress.enabled"]?.lowercased() != "false"
        )
        settings.failsOnBadTimestamps = properties["ksql.timestamp.throw.on.invalid"]?.lowercased() == "true"
        settings.failsOnBadRecords = properties["ksql.fail.on.deserialization.error"]?.lowercased() == "true"
        return settings
    }

    /// How far ahead in time an input is read; nil where nothing is set.
    var timeSkew: Int64? { properties["weir.time.skew.max.ms"].flatMap { Int64($0) } }

    /// How long a row waits for an input that delivers nothing, in milliseconds.
    var timeWait: Int64 { properties["weir.time.wait.max.ms"].flatMap { Int64($0) } ?? 10_000 }

    /// When queries commit, for topics in this process or remote ones.
    func commitPolicy(isRemote: Bool) -> CommitPolicy {
        var policy = isRemote ? CommitPolicy.remote : CommitPolicy()
        if let interval = properties["commit.interval.ms"].flatMap({ Int64($0) }) {
            policy.intervalMilliseconds = interval
            policy.behindMilliseconds = interval
            policy.idleMilliseconds = min(policy.idleMilliseconds, interval)
        }
        return policy
    }
}
