import Parser
import Runtime
import Values

extension QueryAnalyzer {
    /// The rows that FROM describes.
    func relation(_ query: Query) throws(PlanError) -> Rows {
        let first = try scan(query.from.first, query)
        guard !query.from.joins.isEmpty else { return first }
        return try joined(first, query)
    }

    /// The source of that name.
    func source(_ name: SourceName) throws(PlanError) -> SourceDescription {
        if let source = catalog.source(name.text) { return source }
        throw catalog.unknownSource(name)
    }

    /// The rows of one source.
    func scan(_ aliased: AliasedSource, _ query: Query) throws(PlanError) -> Rows {
        let source = try source(aliased.name)
        if use == .persistent, source.kind == .table, source.window != nil {
            throw PlanError(
                SQLState.wrongKind,
                "a persistent query cannot read the windowed table \(quotedIdentifier(source.name))",
                at: aliased.name.position,
                hint: "CREATE STREAM … WITH (KAFKA_TOPIC = '\(source.topic)', WINDOW_TYPE = …) reads its changes"
            )
        }
        let scan = LogicalPlan.Scan(
            alias: aliased.reference.text,
            source: source,
            wanted: Array(source.valueFields.indices),
            pseudoColumns: pseudoColumns(source, query)
        )
        let plan = LogicalPlan.scan(scan)
        return Rows(plan, Scope(sources: [scopeSource(scan, isJoined: !query.from.joins.isEmpty)]), sources: [source])
    }

    private func pseudoColumns(_ source: SourceDescription, _ query: Query) -> [LogicalPlan.Scan.Pseudo] {
        var columns = source.headers.map { header in
            let column: PseudoColumn =
                switch header.kind {
                case .all: .headers
                case .named(let name): .header(name)
                }
            return LogicalPlan.Scan.Pseudo(field: Schema.Field(header.name, header.kind.type), column: column)
        }
        if query.mentions("ROWPARTITION") {
            columns.append(.init(field: Schema.Field("ROWPARTITION", .integer), column: .partition))
        }
        if query.mentions("ROWOFFSET") {
            columns.append(.init(field: Schema.Field("ROWOFFSET", .bigint), column: .offset))
        }
        return columns
    }

    /// The names of a source's columns; what a persistent query writes has its own window bounds, a join does not.
    private func scopeSource(_ scan: LogicalPlan.Scan, isJoined: Bool) -> Scope.Source {
        let output = scan.output
        let columns = output.fields.indices.map { index in
            let name = output.fields[index].name
            let isBound = output.isWindowed && (output.keyCount..<output.valueStart).contains(index)
            let isListed = isBound ? use != .persistent || isJoined : !Scope.pseudoColumns.contains(name)
            return Scope.Column(name, output.column(index), isListed: isListed)
        }
        return Scope.Source(name: scan.alias, columns: columns, rowTime: .rowTime)
    }
}

extension Catalog {
    /// The error for a source that does not exist.
    func unknownSource(_ name: SourceName) -> PlanError {
        PlanError(
            SQLState.unknownSource,
            "there is no stream or table named \(quotedIdentifier(name.text))",
            at: name.position,
            hint: didYouMean(name.text, among: sources.keys)
                ?? (sources.keys.contains(name.spelling)
                    ? "its name has lower case letters: write `\(name.spelling)`"
                    : sources.isEmpty ? "CREATE STREAM … makes one" : "SHOW STREAMS and SHOW TABLES list what there is")
        )
    }
}
