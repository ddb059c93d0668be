/// The names of a connector's settings: which are there, which are taken from other programs and mean nothing here.
enum SettingNames {
    /// Settings that change what the sink does.
    static let known = [
        "connector.class", "connection.url", "connection.user", "connection.password", "topics", "table.name.format",
        "insert.mode", "pk.mode", "pk.fields", "delete.enabled", "auto.create", "auto.evolve", "batch.size",
        "retry.backoff.ms", "errors.tolerance", "fields.whitelist",
    ]

    /// Settings of Kafka Connect that say nothing to this sink, and why.
    static let ignored = [
        "name": "the statement names the connector",
        "tasks.max": "a connector is one thread",
        "max.retries": "the connector never gives up",
        "connection.attempts": "the connector never gives up",
        "connection.backoff.ms": "retry.backoff.ms counts for connections as well",
        "dialect.name": "there is only PostgreSQL",
        "quote.sql.identifiers": "names are always quoted",
        "db.timezone": "times are written in UTC",
    ]

    /// Beginnings of settings that are ignored: the stream's declaration says the formats.
    static let ignoredPrefixes = ["key.converter", "value.converter", "header.converter", "errors.log"]

    /// The reason why a setting is ignored; nil when it is not.
    static func reasonToIgnore(_ name: String) -> String? {
        if let reason = ignored[name] { return reason }
        return ignoredPrefixes.contains { name.hasPrefix($0) } ? "the source's declaration says the formats" : nil
    }

    /// The candidate that a person may have meant.
    static func nearest(_ word: String, among candidates: [String]) -> String? {
        let letters = Array(word.lowercased().utf8.prefix(64))
        let best = candidates.map { ($0, distance(letters, Array($0.lowercased().utf8))) }.min { $0.1 < $1.1 }
        guard let best, best.1 <= max(1, letters.count / 3) else { return nil }
        return best.0
    }

    /// How many letters must be inserted, removed or replaced.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
