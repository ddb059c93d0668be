import Parser
import Runtime
import Values

extension Planning {
    func dropSource(_ drop: DropSource) throws(PlanError) -> PlannedStatement {
        guard let source = catalog.source(drop.name.text) else {
            if drop.ifExists {
                return .nothing(notice: "nothing to do: there is no source named \(quotedIdentifier(drop.name.text))")
            }
            throw catalog.unknownSource(drop.name)
        }
        guard source.kind == drop.source else {
            throw PlanError(
                SQLState.wrongKind,
                "\(quotedIdentifier(source.name)) is a \(source.kind.rawValue.lowercased())",
                at: drop.name.position,
                hint: "DROP \(source.kind.rawValue) \(quotedIdentifier(source.name))"
            )
        }
        try catalog.checkDrop(source.name, at: drop.name.position)
        if source.isReadOnly, drop.deletesTopic {
            throw PlanError(
                SQLState.readOnly,
                "the topic of the read-only source \(quotedIdentifier(source.name)) cannot be deleted",
                at: drop.name.position,
                hint: "leave DELETE TOPIC out"
            )
        }
        if drop.deletesTopic { try catalog.checkDeleteTopic(of: source.name, at: drop.name.position) }
        return .dropSource(DropSourcePlan(source: source, query: source.createdBy, deletesTopic: drop.deletesTopic))
    }

    func alterSource(_ alter: AlterSource) throws(PlanError) -> SourceDescription {
        guard var source = catalog.source(alter.name.text) else { throw catalog.unknownSource(alter.name) }
        let name = quotedIdentifier(source.name)
        guard source.kind == alter.source else {
            throw PlanError(
                SQLState.wrongKind,
                "\(name) is a \(source.kind.rawValue.lowercased())",
                at: alter.name.position,
                hint: "ALTER \(source.kind.rawValue) \(name)"
            )
        }
        guard source.createdBy == nil, !source.isReadOnly else {
            throw PlanError(
                SQLState.wrongKind,
                source.isReadOnly ? "the read-only source \(name) cannot be altered" : "\(name) is made by a query",
                at: alter.name.position,
                hint: source.isReadOnly
                    ? "DROP \(source.kind.rawValue) \(name) and create it again"
                    : "CREATE OR REPLACE \(source.kind.rawValue) \(name) AS SELECT …"
            )
        }
        // ADD COLUMN has no place for KEY or HEADERS: these are value columns.
        let added = try SourceColumns(alter.added, catalog)
        for (field, definition) in zip(added.values, alter.added)
        where source.columns.contains(where: { $0.name == field.name }) {
            throw PlanError(
                SQLState.duplicateColumn,
                "\(name) already has a column \(quotedIdentifier(field.name))",
                at: definition.name.position,
                hint: "a column's type cannot be changed; choose another name, or DROP \(source.kind.rawValue) \(name)"
            )
        }
        source.valueFields += added.values
        try check(source, at: alter.name.position)
        return source
    }

    /// - Throws: when the source's formats cannot hold its columns.
    private func check(_ source: SourceDescription, at position: SourcePosition) throws(PlanError) {
        do {
            try planner.formats[source.valueFormat]?.check(
                source.valueFields,
                isKey: false,
                properties: source.valueProperties
            )
        } catch {
            let reason = error as? FormatError
            throw PlanError(
                SQLState.invalidDefinition,
                "the value format \(source.valueFormat) cannot hold the columns: \(reason?.message ?? "\(error)")",
                at: position,
                hint: reason?.hint
            )
        }
    }

    func createType(_ create: CreateType) throws(PlanError) -> PlannedStatement {
        let name = create.name.text
        if let old = catalog.types[name] {
            let isSame = try catalog.resolve(create.type) == old
            let notice = "there is already a type named \(quotedIdentifier(name))"
            // The same type again is no mistake; another one is.
            if create.ifNotExists || isSame {
                return .nothing(notice: "nothing to do: \(notice)")
            }
            throw PlanError(
                SQLState.duplicateObject,
                notice + ", and it is another one",
                at: create.name.position,
                hint: "DROP TYPE \(quotedIdentifier(name)) first; sources made with it keep their columns"
            )
        }
        return .createType(name: name, type: try catalog.resolve(create.type))
    }

    func dropType(_ drop: DropType) throws(PlanError) -> PlannedStatement {
        let name = drop.name.text
        guard catalog.types[name] != nil else {
            let notice = "there is no type named \(quotedIdentifier(name))"
            if drop.ifExists { return .nothing(notice: "nothing to do: \(notice)") }
            throw PlanError(
                SQLState.unknownObject,
                notice,
                at: drop.name.position,
                hint: didYouMean(name, among: catalog.types.keys) ?? "SHOW TYPES lists what there is"
            )
        }
        return .dropType(name: name)
    }

    func createConnector(_ create: CreateConnector) throws(PlanError) -> PlannedStatement {
        let name = create.name.text
        if catalog.connectors[name] != nil {
            let notice = "there is already a connector named \(quotedIdentifier(name))"
            if create.ifNotExists { return .nothing(notice: "nothing to do: \(notice)") }
            throw PlanError(
                SQLState.duplicateObject,
                notice,
                at: create.name.position,
                hint: "DROP CONNECTOR \(quotedIdentifier(name)); first, or CREATE … IF NOT EXISTS"
            )
        }
        let properties = create.properties.list.map { ($0.name.text.uppercased(), $0.value.text) }
        return .createConnector(
            ConnectorDescription(
                name: name,
                isSink: create.connector == .sink,
                properties: Dictionary(properties, uniquingKeysWith: { _, last in last }),
                sql: sql
            )
        )
    }

    func dropConnector(_ drop: DropConnector) throws(PlanError) -> PlannedStatement {
        let name = drop.name.text
        guard catalog.connectors[name] != nil else {
            let notice = "there is no connector named \(quotedIdentifier(name))"
            if drop.ifExists { return .nothing(notice: "nothing to do: \(notice)") }
            throw PlanError(
                SQLState.unknownObject,
                notice,
                at: drop.name.position,
                hint: didYouMean(name, among: catalog.connectors.keys) ?? "SHOW CONNECTORS lists what there is"
            )
        }
        return .dropConnector(name: name)
    }

    /// The ids that TERMINATE, PAUSE or RESUME mean.
    func queries(_ target: QueryTarget) throws(PlanError) -> [String] {
        switch target {
        case .all: return catalog.queries.keys.sorted()
        case .query(let identifier):
            let id = identifier.text.uppercased()
            guard catalog.queries[id] != nil else {
                throw PlanError(
                    SQLState.unknownObject,
                    "there is no query \(id)",
                    at: identifier.position,
                    hint: didYouMean(id, among: catalog.queries.keys) ?? "SHOW QUERIES lists what is running"
                )
            }
            return [id]
        }
    }
}

extension Literal {
    /// The value as plain text.
    fileprivate var text: String {
        switch self {
        case .null: ""
        case .boolean(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        case .bigint(let number): "\(number)"
        case .decimal(let text): text
        case .double(let number): "\(number)"
        case .string(let text): text
        }
    }
}
