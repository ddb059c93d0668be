import Parser
import Values

/// The columns of a column list, by what they come from.
struct SourceColumns {
    private(set) var key: [Schema.Field] = []
    private(set) var values: [Schema.Field] = []
    private(set) var headers: [HeaderColumn] = []
    private var names: Set<String> = []

    init(_ definitions: [ColumnDefinition], _ catalog: Catalog) throws(PlanError) {
        for definition in definitions {
            try checkName(definition.name)
            let field = Schema.Field(definition.name.text, try catalog.resolve(definition.type))
            switch definition.role {
            case .value: values.append(field)
            case .key, .primaryKey:
                try checkKey(definition, field)
                key.append(field)
            case .headers: try addHeader(definition, field, .all)
            case .header(let name): try addHeader(definition, field, .named(name))
            }
        }
    }

    private mutating func checkName(_ name: Identifier) throws(PlanError) {
        guard names.insert(name.text).inserted else {
            throw PlanError(
                SQLState.duplicateColumn,
                "column \(quotedIdentifier(name.text)) is defined twice",
                at: name.position,
                hint: "names that differ in case only are one; in backquotes they are two"
            )
        }
        guard !Scope.pseudoColumns.contains(name.text) else {
            throw PlanError(
                SQLState.invalidDefinition,
                "\(name.text) is a reserved column name",
                at: name.position,
                hint: "choose another name, e.g. \(name.text)_1"
            )
        }
    }

    // Whether the key is marked KEY or PRIMARY KEY as the kind of source wants, the parser has checked.
    private func checkKey(_ definition: ColumnDefinition, _ field: Schema.Field) throws(PlanError) {
        guard !field.type.containsMap else {
            throw PlanError(
                SQLState.invalidDefinition,
                "a MAP cannot be a key: its entries have no fixed order",
                at: definition.type.position,
                hint: "use STRING, or a STRUCT with the fields that the key has"
            )
        }
    }

    private mutating func addHeader(
        _ definition: ColumnDefinition,
        _ field: Schema.Field,
        _ kind: HeaderColumn.Kind
    ) throws(PlanError) {
        guard field.type == kind.type else {
            throw PlanError(
                SQLState.typeMismatch,
                "the header column \(quotedIdentifier(field.name)) must be \(kind.type), not \(field.type)",
                at: definition.type.position,
                hint: "write \(quotedIdentifier(field.name)) \(kind.type) \(kind.role)"
            )
        }
        if headers.contains(where: { $0.kind == .all }) || kind == .all && !headers.isEmpty {
            throw PlanError(
                SQLState.invalidDefinition,
                "there can be one HEADERS column, or several HEADER('…') columns",
                at: definition.name.position,
                hint: "leave \(quotedIdentifier(field.name)) out"
            )
        }
        guard !headers.contains(where: { $0.kind == kind }) else {
            throw PlanError(
                SQLState.duplicateColumn,
                "two columns read the same header",
                at: definition.name.position,
                detail: "another one with \(kind.role) stands before \(quotedIdentifier(field.name))"
            )
        }
        headers.append(HeaderColumn(field.name, kind))
    }
}

extension HeaderColumn.Kind {
    /// As a column list has it.
    fileprivate var role: String {
        switch self {
        case .all: "HEADERS"
        case .named(let name): "HEADER('\(name)')"
        }
    }
}

extension SQLType {
    /// True for a MAP and for what contains one.
    var containsMap: Bool {
        if case .map = self { return true }
        return childTypes.contains(where: \.containsMap)
    }
}
