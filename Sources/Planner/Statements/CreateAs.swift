import Parser
import Runtime
import Values

extension Planning {
    func createAs(_ create: CreateAsSelect) throws(PlanError) -> PlannedStatement {
        if let notice = try conflict(create.name, create.source, create.conflict) { return .nothing(notice: notice) }
        try checkEmit(create.query.emit)
        let analysis = try analyzer(.persistent).analyze(create.query)
        try checkKind(create, analysis)
        try checkKey(analysis, create)
        let properties = try SourceProperties(create.properties, for: .createAs(create.source))
        var sink = try sink(create, analysis, properties)
        let old = catalog.source(sink.name)
        if let old { try checkReplacement(of: old, by: sink, at: create.name.position) }
        let kind = create.source == .stream ? QueryKind.createStreamAs : .createTableAs
        let replaced = try replacedQuery(old, at: create.name.position)
        let id = replaced?.id ?? "\(kind.rawValue)_\(sink.name)_\(queryNumber)"
        sink.createdBy = id
        sink.sql = sql
        let query = try persistent(
            analysis,
            id: id,
            kind: kind,
            into: sink,
            topic: try sinkTopic(sink, analysis, properties)
        )
        if let replaced { try checkUpgrade(from: replaced, to: query, at: create.name.position) }
        return .createAs(CreateAsPlan(source: sink, query: query, replaces: replaced?.id))
    }

    private func checkKind(_ create: CreateAsSelect, _ analysis: QueryAnalysis) throws(PlanError) {
        let kind = analysis.plan.kind
        guard kind != create.source else { return }
        throw PlanError(
            SQLState.wrongKind,
            "the query's result is a \(kind.rawValue.lowercased()), not a \(create.source.rawValue.lowercased())",
            at: create.name.position,
            hint: kind == .table
                ? "use CREATE TABLE \(quotedIdentifier(create.name.text)) AS SELECT …"
                : "use CREATE STREAM, or GROUP BY a column to make a table"
        )
    }

    /// - Throws: when SELECT lacks a key column.
    private func checkKey(_ analysis: QueryAnalysis, _ create: CreateAsSelect) throws(PlanError) {
        let missing = analysis.missingKeys.compactMap { $0 }
        guard !missing.isEmpty else { return }
        throw PlanError(
            SQLState.invalidDefinition,
            "SELECT lacks the key of \(quotedIdentifier(create.name.text)): the "
                + missing.joined(separator: " and the "),
            at: create.query.select.first?.position,
            hint: "add it to SELECT; AS gives it another name"
        )
    }

    /// The stream or table that the query's result becomes.
    private func sink(_ create: CreateAsSelect, _ analysis: QueryAnalysis, _ properties: SourceProperties)
        throws(PlanError) -> SourceDescription
    {
        let output = analysis.plan.output
        let origin = analysis.leftmost
        let key = Array(output.key)
        let values = Array(output.values)
        if analysis.dropsKey, let position = properties.reader.position("KEY_FORMAT"), properties.keyFormat != "NONE" {
            throw PlanError(
                SQLState.invalidProperty,
                "KEY_FORMAT is given for a stream without key columns",
                at: position,
                hint: "PARTITION BY NULL takes the key away; leave KEY_FORMAT out"
            )
        }
        let inherited = origin.keyFormat == "NONE" && !key.isEmpty ? settings.keyFormat : origin.keyFormat
        let formats = try SourceFormats(
            properties,
            keyFormat: analysis.dropsKey ? "NONE" : inherited,
            valueFormat: origin.valueFormat,
            inherited: (origin.keyProperties, origin.valueProperties),
            valueCount: values.count,
            wrapsByDefault: settings.wrapsSingleValue
        )
        try formats.check(planner.formats, key: key, values: values, properties, at: create.name.position)
        var sink = SourceDescription(
            name: create.name.text,
            kind: create.source,
            keyFields: key,
            valueFields: values,
            topic: properties.topic ?? settings.topicPrefix + create.name.text,
            keyFormat: formats.keyFormat,
            valueFormat: formats.valueFormat
        )
        sink.keyProperties = formats.keyProperties
        sink.valueProperties = formats.valueProperties
        sink.window = analysis.window
        sink.timestamp = try properties.timestamp.map { (column) throws(PlanError) in
            try checked(column, key + values, properties)
        }
        return sink
    }

    /// The sink's topic: a given number of partitions, or as many as the left-most source has.
    private func sinkTopic(_ sink: SourceDescription, _ analysis: QueryAnalysis, _ properties: SourceProperties)
        throws(PlanError) -> InternalTopic
    {
        let position = properties.reader.properties["KAFKA_TOPIC"]?.valuePosition
        try checkRetention(properties, sink.kind, isWindowed: sink.window != nil)
        if let existing = try planner.describe(sink.topic, at: position) {
            if let wanted = properties.partitions, wanted != existing.partitions {
                throw PlanError(
                    SQLState.invalidProperty,
                    "topic \(sink.topic) exists with \(counted(existing.partitions, "partition")), not \(wanted)",
                    at: properties.reader.position("PARTITIONS"),
                    hint: "leave PARTITIONS out, or name another KAFKA_TOPIC"
                )
            }
            return InternalTopic(name: sink.topic, settings: existing)
        }
        let origin = try topic(of: analysis.leftmost)
        var topic = TopicSettings(
            partitions: properties.partitions ?? origin.partitions,
            replicas: properties.replicas ?? origin.replicas
        )
        topic.isCompacted = sink.kind == .table
        topic.retentionMilliseconds = properties.retentionMilliseconds ?? analysis.windowRetention
        if sink.kind == .stream, topic.retentionMilliseconds == nil {
            topic.retentionMilliseconds = origin.retentionMilliseconds
        }
        return InternalTopic(name: sink.topic, settings: topic)
    }
}
