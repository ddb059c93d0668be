import Parser
import Runtime
import Values

extension Planning {
    func createSource(_ create: CreateSource) throws(PlanError) -> PlannedStatement {
        if let notice = try conflict(create.name, create.source, create.conflict) { return .nothing(notice: notice) }
        if create.isReadOnly, create.conflict == .replace || create.conflict == .replaceOrSkip {
            throw PlanError(
                SQLState.notInState,
                "OR REPLACE is not for a read-only SOURCE",
                at: create.name.position,
                hint: "DROP \(create.source.rawValue) \(quotedIdentifier(create.name.text)) and create it again"
            )
        }
        let columns = try SourceColumns(create.columns, catalog)
        let properties = try SourceProperties(create.properties, for: .create(create.source))
        try checkColumns(create, columns, properties)
        var source = try describe(create, columns, properties)
        source.isReadOnly = create.isReadOnly
        source.headers = columns.headers
        source.window = properties.window
        source.timestamp = try properties.timestamp.map { (column) throws(PlanError) in
            try checked(column, columns.key + columns.values, properties)
        }
        source.sql = sql
        if let old = catalog.source(source.name) { try checkReplacement(of: old, by: source, at: create.name.position) }
        let topic = try sourceTopic(source, properties)
        let query = create.isReadOnly && create.source == .table ? try sourceTableQuery(source) : nil
        source.createdBy = query?.id ?? catalog.source(source.name)?.createdBy
        return .createSource(
            CreateSourcePlan(
                source: source,
                topic: topic,
                replaces: catalog.source(source.name) != nil,
                query: query
            )
        )
    }

    /// What to answer when a source of that name exists and nothing is to be done.
    /// - Throws: when it exists and must not.
    func conflict(_ name: SourceName, _ kind: SourceKind, _ rule: NameConflict) throws(PlanError) -> String? {
        guard let old = catalog.source(name.text) else { return nil }
        switch rule {
        case .refuse: throw Catalog.exists(old, at: name.position)
        case .skip:
            return "nothing to do: there is already a \(old.kind.rawValue.lowercased()) named "
                + quotedIdentifier(old.name)
        case .replace, .replaceOrSkip:
            guard settings.allowsReplace else {
                throw PlanError(
                    SQLState.notInState,
                    "OR REPLACE is switched off",
                    at: name.position,
                    hint: "SET 'ksql.create.or.replace.enabled' = 'true'"
                )
            }
            return nil
        }
    }

    private func checkColumns(_ create: CreateSource, _ columns: SourceColumns, _ properties: SourceProperties)
        throws(PlanError)
    {
        let kind = create.source.rawValue
        if create.columns.isEmpty {
            throw PlanError(
                SQLState.invalidDefinition,
                "the \(kind.lowercased()) has no columns",
                at: create.name.position,
                hint: "CREATE \(kind) \(quotedIdentifier(create.name.text)) (ID BIGINT "
                    + (create.source == .table ? "PRIMARY KEY" : "KEY") + ", NAME STRING) WITH (…)"
            )
        }
        if create.source == .table, columns.key.isEmpty {
            throw PlanError(
                SQLState.invalidDefinition,
                "a table needs a PRIMARY KEY column",
                at: create.name.position,
                hint: "mark the column that identifies a row with PRIMARY KEY, or create a STREAM"
            )
        }
        if properties.window != nil, columns.key.isEmpty {
            throw PlanError(
                SQLState.invalidDefinition,
                "a windowed source needs a key column",
                at: properties.reader.position("WINDOW_TYPE"),
                hint: "mark the column that the windows are of with KEY, or leave WINDOW_TYPE out"
            )
        }
    }

    private func describe(_ create: CreateSource, _ columns: SourceColumns, _ properties: SourceProperties)
        throws(PlanError) -> SourceDescription
    {
        let place = create.name.position
        guard let topic = properties.topic else {
            throw PlanError(
                SQLState.invalidProperty,
                "WITH lacks KAFKA_TOPIC, the topic to read",
                at: place,
                hint: "add WITH (KAFKA_TOPIC = '\(create.name.text.lowercased())', …)"
            )
        }
        guard let valueFormat = properties.valueFormat ?? settings.valueFormat else {
            throw PlanError(
                SQLState.invalidProperty,
                "WITH lacks VALUE_FORMAT, the format of the records' values",
                at: place,
                hint: "the formats are \(planner.formats.names.joined(separator: ", "))"
            )
        }
        let formats = try SourceFormats(
            properties,
            keyFormat: settings.keyFormat,
            valueFormat: valueFormat,
            valueCount: columns.values.count,
            wrapsByDefault: settings.wrapsSingleValue
        )
        try formats.check(planner.formats, key: columns.key, values: columns.values, properties, at: place)
        var source = SourceDescription(
            name: create.name.text,
            kind: create.source,
            keyFields: columns.key,
            valueFields: columns.values,
            topic: topic,
            keyFormat: formats.keyFormat,
            valueFormat: formats.valueFormat
        )
        source.keyProperties = formats.keyProperties
        source.valueProperties = formats.valueProperties
        return source
    }

    /// The TIMESTAMP column, checked against the columns it can be.
    func checked(_ column: TimestampColumn, _ fields: [Schema.Field], _ properties: SourceProperties)
        throws(PlanError) -> TimestampColumn
    {
        let position = properties.reader.properties["TIMESTAMP"]?.valuePosition
        guard let field = fields.first(where: { $0.name == column.name }) else {
            throw PlanError(
                SQLState.unknownColumn,
                "the TIMESTAMP column \(quotedIdentifier(column.name)) does not exist",
                at: position,
                hint: didYouMean(column.name, among: fields.map(\.name)) ?? timeColumns(fields)
            )
        }
        switch (field.type, column.pattern) {
        case (.bigint, nil), (.timestamp, nil), (.string, _?): return column
        case (.string, nil):
            throw PlanError(
                SQLState.invalidProperty,
                "a STRING column as TIMESTAMP needs TIMESTAMP_FORMAT",
                at: position,
                hint: "e.g. TIMESTAMP_FORMAT = 'yyyy-MM-dd''T''HH:mm:ss.SSS'"
            )
        case (_, _?):
            throw PlanError(
                SQLState.invalidProperty,
                "TIMESTAMP_FORMAT is only for a STRING column, and \(quotedIdentifier(field.name)) is \(field.type)",
                at: properties.reader.position("TIMESTAMP_FORMAT"),
                hint: "leave TIMESTAMP_FORMAT out"
            )
        default:
            throw PlanError(
                SQLState.typeMismatch,
                "the TIMESTAMP column \(quotedIdentifier(field.name)) is \(field.type), not BIGINT, TIMESTAMP or STRING",
                at: position,
                hint: timeColumns(fields)
            )
        }
    }

    /// The hint which columns can be the TIMESTAMP; nil when none can.
    private func timeColumns(_ fields: [Schema.Field]) -> String? {
        let names = fields.filter { [.bigint, .timestamp, .string].contains($0.type) }.map { quotedIdentifier($0.name) }
        return names.isEmpty ? nil : "the columns that can be it are \(names.joined(separator: ", "))"
    }

    /// The topic to create for a source; nil when it exists.
    private func sourceTopic(_ source: SourceDescription, _ properties: SourceProperties) throws(PlanError)
        -> InternalTopic?
    {
        let position = properties.reader.properties["KAFKA_TOPIC"]?.valuePosition
        try checkRetention(properties, source.kind, isWindowed: source.window != nil)
        if let existing = try planner.describe(source.topic, at: position) {
            if let wanted = properties.partitions, wanted != existing.partitions {
                throw PlanError(
                    SQLState.invalidProperty,
                    "topic \(source.topic) exists with \(counted(existing.partitions, "partition")), not \(wanted)",
                    at: properties.reader.position("PARTITIONS"),
                    hint: "leave PARTITIONS out"
                )
            }
            return nil
        }
        guard let partitions = properties.partitions ?? settings.partitions else {
            throw PlanError(
                SQLState.invalidProperty,
                "topic \(source.topic) does not exist",
                at: position,
                hint: "add PARTITIONS = 1 (or more) to WITH to have it created"
            )
        }
        var topic = TopicSettings(partitions: partitions, replicas: properties.replicas ?? settings.replicas)
        topic.retentionMilliseconds = properties.retentionMilliseconds
        topic.isCompacted = source.kind == .table
        return InternalTopic(name: source.topic, settings: topic)
    }

    /// - Throws: for RETENTION_MS of a table, whose rows stay until they are deleted.
    func checkRetention(_ properties: SourceProperties, _ kind: SourceKind, isWindowed: Bool) throws(PlanError) {
        guard properties.retentionMilliseconds != nil, kind == .table, !isWindowed else { return }
        throw PlanError(
            SQLState.invalidProperty,
            "RETENTION_MS is only for streams and windowed tables",
            at: properties.reader.position("RETENTION_MS"),
            hint: "a table's topic keeps the last record of each key"
        )
    }
}
