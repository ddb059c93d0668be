import Runtime
import Values

/// What is written for a topic: its columns under the target's names, and how a row of the target is found.
struct TableLayout: Sendable {
    let topic: ConnectorTopic
    let table: TableName
    let insertMode: PostgresSettings.InsertMode
    let keyMode: PostgresSettings.KeyMode
    /// True when a null value deletes the row of its key.
    let deletes: Bool
    /// The columns to write, the key first.
    let columns: [LayoutColumn]
    /// How many leading columns are the key.
    let keyCount: Int

    var key: ArraySlice<LayoutColumn> { columns[..<keyCount] }
    var values: ArraySlice<LayoutColumn> { columns[keyCount...] }
    /// True when only the last change of each key is written.
    var folds: Bool { insertMode != .insert }

    init(_ topic: ConnectorTopic, _ settings: PostgresSettings) throws(PostgresError) {
        self.topic = topic
        table = try TableName(format: settings.tableNameFormat, topic: topic.topic)
        insertMode = settings.insertMode ?? (topic.isTable ? .upsert : .insert)
        keyMode = settings.keyMode ?? (insertMode == .insert ? .none : .recordKey)
        let deletesByDefault = topic.isTable && insertMode == .upsert && keyMode == .recordKey
        deletes = settings.deletes ?? deletesByDefault
        let (key, values) = try LayoutColumn.all(topic, keyMode, settings)
        columns = key + values
        keyCount = key.count
        try check()
    }

    private func check() throws(PostgresError) {
        if deletes, keyMode != .recordKey || insertMode == .insert {
            throw PostgresError(
                .settings,
                "setting 'delete.enabled' is 'true', but rows of topic '\(topic.topic)' are not found by the record's key",
                hint: "'insert.mode' = 'upsert', 'pk.mode' = 'record_key'"
            )
        }
        if insertMode == .update, keyCount == columns.count {
            throw PostgresError(
                .settings,
                "setting 'insert.mode' is 'update', but topic '\(topic.topic)' has no column besides the key",
                hint: "'insert.mode' = 'upsert'"
            )
        }
        var names = Set<String>()
        for column in columns where !names.insert(column.name).inserted {
            throw PostgresError(
                .settings,
                "two columns of topic '\(topic.topic)' would be column \(column.name) of the table",
                hint: "leave one out with 'fields.whitelist', or rename it with a query"
            )
        }
    }
}

/// A column that is written.
struct LayoutColumn: Sendable {
    /// Where its values come from.
    enum Origin: Equatable, Sendable {
        /// A column of the source.
        case field(Int)
        case topic, partition, offset
    }

    let name: String
    let origin: Origin
    let type: WireType
    /// The bounds of a window are BIGINT in the source and times in the target.
    var isWindowBound = false

    /// Key and value columns for a topic.
    fileprivate static func all(
        _ topic: ConnectorTopic,
        _ mode: PostgresSettings.KeyMode,
        _ settings: PostgresSettings
    ) throws(PostgresError) -> (key: [LayoutColumn], values: [LayoutColumn]) {
        let schema = topic.schema
        var fields = schema.fields.indices.map { LayoutColumn(schema, $0) }
        try keep(settings.fields, of: topic, in: &fields)
        switch mode {
        case .none: return ([], fields)
        case .kafka:
            let given = settings.keyFields
            let names = given.isEmpty ? ["__connect_topic", "__connect_partition", "__connect_offset"] : given
            let key = [
                LayoutColumn(name: names[0], origin: .topic, type: .text),
                LayoutColumn(name: names[1], origin: .partition, type: .int4),
                LayoutColumn(name: names[2], origin: .offset, type: .int8),
            ]
            return (key, fields)
        case .recordKey:
            guard schema.keyCount > 0 else { throw noKey(topic) }
            let names = try keyNames(settings.keyFields, topic)
            let key = (0..<schema.valueStart).map { index in
                var column = LayoutColumn(schema, index)
                if index < names.count {
                    column = LayoutColumn(name: names[index], origin: column.origin, type: column.type)
                }
                return column
            }
            return (key, fields.filter { !$0.isOf(0..<schema.valueStart) })
        case .recordValue:
            var key: [LayoutColumn] = []
            for name in settings.keyFields {
                guard let index = fields.firstIndex(where: { isSame(schema, $0, name) }) else {
                    throw unknown("pk.fields", name, topic)
                }
                key.append(fields.remove(at: index))
            }
            return (key, fields)
        }
    }

    private init(_ schema: Schema, _ index: Int) {
        let field = schema.fields[index]
        let isBound = schema.isWindowed && (schema.keyCount..<schema.valueStart).contains(index)
        let boundName = index == schema.keyCount ? "window_start" : "window_end"
        self.init(
            name: isBound ? boundName : TableName.folded(field.name),
            origin: .field(index),
            type: isBound ? .timestamptz : WireType(field.type),
            isWindowBound: isBound
        )
    }

    private init(name: String, origin: Origin, type: WireType, isWindowBound: Bool = false) {
        self.name = name
        self.origin = origin
        self.type = type
        self.isWindowBound = isWindowBound
    }

    private func isOf(_ range: Range<Int>) -> Bool {
        guard case .field(let index) = origin else { return false }
        return range.contains(index)
    }

    private static func isSame(_ schema: Schema, _ column: LayoutColumn, _ name: String) -> Bool {
        guard case .field(let index) = column.origin else { return false }
        let wanted = name.lowercased()
        return schema.fields[index].name.lowercased() == wanted || column.name.lowercased() == wanted
    }

    /// Keeps the value columns that `fields.whitelist` names.
    private static func keep(
        _ names: [String],
        of topic: ConnectorTopic,
        in fields: inout [LayoutColumn]
    ) throws(PostgresError) {
        guard !names.isEmpty else { return }
        let schema = topic.schema
        for name in names where !fields.contains(where: { isSame(schema, $0, name) }) {
            throw unknown("fields.whitelist", name, topic)
        }
        fields = fields.filter { column in
            column.isOf(0..<schema.valueStart) || names.contains { isSame(schema, column, $0) }
        }
    }

    /// The target's names of the key columns: those of `pk.fields`, which may only rename them.
    private static func keyNames(_ given: [String], _ topic: ConnectorTopic) throws(PostgresError) -> [String] {
        let schema = topic.schema
        let names = schema.key.map { TableName.folded($0.name) }
        let bounds = ["window_start", "window_end", "windowstart", "windowend"]
        let wanted = schema.isWindowed ? given.filter { !bounds.contains($0.lowercased()) } : given
        guard !wanted.isEmpty else { return names }
        if Set(wanted.map { $0.lowercased() }) == Set(names.map { $0.lowercased() }) { return names }
        let isUnknown = wanted.allSatisfy { name in !names.contains { $0.lowercased() == name.lowercased() } }
        guard wanted.count == names.count, isUnknown else {
            throw PostgresError(
                .settings,
                "setting 'pk.fields' is '\(given.joined(separator: ","))', "
                    + "but the key of topic '\(topic.topic)' is \(names.joined(separator: ", "))",
                hint: "leave 'pk.fields' out, or give each key column a name"
            )
        }
        return wanted
    }

    private static func noKey(_ topic: ConnectorTopic) -> PostgresError {
        PostgresError(
            .settings,
            "the source of topic '\(topic.topic)' has no key column, so that rows cannot be found by the record's key",
            hint: "'insert.mode' = 'insert', 'pk.mode' = 'none'; or 'pk.mode' = 'record_value' with 'pk.fields'"
        )
    }

    private static func unknown(_ setting: String, _ name: String, _ topic: ConnectorTopic) -> PostgresError {
        let names = topic.schema.fields.map(\.name)
        return PostgresError(
            .settings,
            "setting '\(setting)' names '\(name)', which is no column of topic '\(topic.topic)'",
            hint: SettingNames.nearest(name, among: names).map { "did you mean '\($0)'?" }
                ?? "the columns are \(names.joined(separator: ", "))"
        )
    }
}
