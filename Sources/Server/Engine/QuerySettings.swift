import Planner
import Runtime

/// The properties that queries read, with their defaults: what `SET 'name' = 'value'` can change.
struct QuerySettings: Sendable {
    /// A property as SHOW PROPERTIES lists it.
    struct Property: Sendable {
        let name: String
        let defaultValue: String
        let meaning: String
    }

    /// Every property that the engine reads.
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
            meaning: "the longest that processed rows wait for their commit, in milliseconds"
        ),
        Property(
            name: "weir.batch.rows",
            defaultValue: "4096",
            meaning: "rows that are processed together at the most, 1 to 4096"
        ),
        Property(
            name: "ksql.suppress.enabled",
            defaultValue: "true",
            meaning: "whether EMIT FINAL is allowed"
        ),
    ]

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

    /// Says what is wrong with a value of a property; nil when nothing is, or when the property is not the engine's.
    static func problem(_ name: String, _ value: String) -> String? {
        switch plainName(name) {
        case "auto.offset.reset":
            ["earliest", "latest"].contains(value.lowercased()) ? nil : "expected earliest or latest, found '\(value)'"
        case "weir.emit":
            ["every", "batch"].contains(value.lowercased()) ? nil : "expected every or batch, found '\(value)'"
        case "weir.batch.rows":
            (Int(value).map { (1...4096).contains($0) } ?? false) ? nil : "expected 1 to 4096, found '\(value)'"
        case "cache.max.bytes.buffering", "commit.interval.ms":
            (Int64(value).map { $0 >= 0 } ?? false) ? nil : "expected a whole number, 0 or more, found '\(value)'"
        default: nil
        }
    }

    var start: StartPosition {
        StartPosition(rawValue: (properties["auto.offset.reset"] ?? "").lowercased()) ?? .earliest
    }

    /// Settings of each task, when the query's stateful tasks share its cache.
    func taskSettings(tasks: Int) -> TaskSettings {
        let bytes = properties["cache.max.bytes.buffering"].flatMap { Int($0) } ?? 64 << 20
        return TaskSettings(
            emitsEveryChange: properties["weir.emit"]?.lowercased() == "every",
            cacheBytesMax: max(bytes / max(tasks, 1), 1 << 10),
            batchRowsMax: properties["weir.batch.rows"].flatMap { Int($0) } ?? 4096,
            emitsFinal: properties["ksql.suppress.enabled"]?.lowercased() != "false"
        )
    }

    var commitPolicy: CommitPolicy {
        var policy = CommitPolicy()
        if let interval = properties["commit.interval.ms"].flatMap({ Int64($0) }) {
            policy.intervalMilliseconds = interval
            policy.idleMilliseconds = min(policy.idleMilliseconds, interval)
        }
        return policy
    }
}
