/// The settings of a sink connector, with the names that Kafka Connect's JDBC sinks have.
struct PostgresSettings: Sendable {
    /// What a row does to the target table.
    enum InsertMode: String, CaseIterable, Sendable { case insert, upsert, update }

    /// Where the target's key comes from.
    enum KeyMode: String, CaseIterable, Sendable {
        case none, kafka
        case recordKey = "record_key"
        case recordValue = "record_value"
    }

    let parameters: ConnectionParameters
    let topics: [String]
    let tableNameFormat: String
    /// nil: upsert for tables, insert for streams.
    let insertMode: InsertMode?
    /// nil: record_key where rows are found by key, otherwise none.
    let keyMode: KeyMode?
    let keyFields: [String]
    /// nil: true for tables that are upserted by their key.
    let deletes: Bool?
    let createsTables: Bool
    let addsColumns: Bool
    /// Rows of one transaction, at most.
    let batchRowsMax: Int
    /// The longest wait between two tries.
    let backoffMilliseconds: Int
    /// True when rows that the target can never take are logged and left out.
    let skipsBadRows: Bool
    /// The value columns to write; empty: all.
    let fields: [String]
    /// Settings without a meaning here, each with the reason.
    let notices: [String]

    init(_ given: [String: String], connector: String) throws(PostgresError) {
        let reader = try SettingReader(given, connector: connector)
        notices = reader.notices
        let kind = reader.text("connector.class") ?? "postgresql"
        guard PostgresSettings.accepts(connectorClass: kind) else {
            throw reader.wrong("connector.class", kind, expected: "'postgresql' or the class of a JDBC sink")
        }
        parameters = try ConnectionParameters(
            url: try reader.required("connection.url"),
            user: reader.text("connection.user"),
            password: reader.text("connection.password"),
            connector: connector
        )
        topics = try PostgresSettings.topicNames(in: given)
        tableNameFormat = reader.text("table.name.format") ?? "${topic}"
        insertMode = try reader.oneOf("insert.mode", InsertMode.self)
        keyMode = try reader.oneOf("pk.mode", KeyMode.self)
        keyFields = reader.list("pk.fields")
        deletes = try reader.flag("delete.enabled")
        createsTables = try reader.flag("auto.create") ?? false
        addsColumns = try reader.flag("auto.evolve") ?? false
        batchRowsMax = try reader.number("batch.size", 1...1_000_000) ?? 20_000
        backoffMilliseconds = try reader.number("retry.backoff.ms", 1...3_600_000) ?? 3_000
        fields = reader.list("fields.whitelist")
        switch reader.text("errors.tolerance") ?? "none" {
        case "none": skipsBadRows = false
        case "all": skipsBadRows = true
        case let other: throw reader.wrong("errors.tolerance", other, expected: "'none' or 'all'")
        }
        try checkTables()
        try checkContradictions()
    }

    /// The topics that the settings name.
    static func topicNames(in settings: [String: String]) throws(PostgresError) -> [String] {
        let text = settings.first { $0.key.lowercased() == "topics" }?.value ?? ""
        let names = SettingReader.list(text)
        guard !names.isEmpty else {
            throw PostgresError(.settings, "setting 'topics' is missing", hint: "'topics' = 'TOPIC, …'")
        }
        guard Set(names).count == names.count else {
            throw PostgresError(.settings, "setting 'topics' names a topic twice: '\(text)'")
        }
        return names
    }

    /// True for the classes of the JDBC sinks in use, and for `postgresql`.
    static func accepts(connectorClass name: String) -> Bool {
        let lower = name.lowercased()
        return ["postgresql", "postgres"].contains(lower) || lower.hasSuffix("jdbcsinkconnector")
    }

    private func checkTables() throws(PostgresError) {
        guard topics.count == 1 || tableNameFormat.contains("${topic}") else {
            throw PostgresError(
                .settings,
                "setting 'table.name.format' is '\(tableNameFormat)', but \(topics.count) topics need a table each",
                hint: "'table.name.format' = '\(tableNameFormat)_${topic}'"
            )
        }
    }

    private func checkContradictions() throws(PostgresError) {
        if let insertMode, insertMode != .insert, keyMode == PostgresSettings.KeyMode.none {
            throw PostgresError(
                .settings,
                "setting 'insert.mode' is '\(insertMode.rawValue)', which needs a key, but 'pk.mode' is 'none'",
                hint: "'pk.mode' = 'record_key'"
            )
        }
        if deletes == true, let keyMode, keyMode != .recordKey {
            throw PostgresError(
                .settings,
                "setting 'delete.enabled' is 'true', but 'pk.mode' is '\(keyMode.rawValue)': "
                    + "a deletion has nothing but the record's key",
                hint: "'pk.mode' = 'record_key'"
            )
        }
        if keyMode == PostgresSettings.KeyMode.none, !keyFields.isEmpty {
            throw PostgresError(
                .settings,
                "setting 'pk.fields' names columns, but 'pk.mode' is 'none'",
                hint: "'pk.mode' = 'record_key' or 'record_value', or leave 'pk.fields' out"
            )
        }
        if keyMode == .recordValue, keyFields.isEmpty {
            throw PostgresError(
                .settings,
                "setting 'pk.fields' is missing: 'pk.mode' is 'record_value'",
                hint: "'pk.fields' = 'COLUMN, …'"
            )
        }
        if keyMode == .kafka, !keyFields.isEmpty, keyFields.count != 3 {
            throw PostgresError(
                .settings,
                "setting 'pk.fields' has \(keyFields.count) names, "
                    + "'pk.mode' = 'kafka' needs three: for topic, partition and offset"
            )
        }
    }
}
