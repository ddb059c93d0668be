extension StatementParser {
    // MARK: - CREATE

    func create() throws(Diagnostic) -> Statement.Kind {
        advance()
        let replaces = eat(.or)
        if replaces { try expect(.replace) }
        if !replaces {
            if at(.source, .connector) || at(.sink) { return try createConnector() }
            if at(.type) { return try createType() }
        }
        let readOnly = token
        let isReadOnly = eat(.source)
        let source = try sourceKind()
        let skips = try eatIfNotExists()
        let conflict: NameConflict =
            replaces ? (skips ? .replaceOrSkip : .replace) : (skips ? .skip : .refuse)
        let name = try sourceName("the name of the new \(source.rawValue.lowercased())")
        let columns = at(.leftParenthesis) ? try columnList(of: source) : []
        let properties = try optionalProperties()
        guard eat(.as) else {
            return .createSource(
                CreateSource(
                    source,
                    name: name,
                    isReadOnly: isReadOnly,
                    conflict: conflict,
                    columns: columns,
                    properties: properties
                )
            )
        }
        if !columns.isEmpty {
            throw Diagnostic(
                "42601",
                at: columns[0].name.position,
                "a column list cannot stand before AS SELECT",
                hint: "the query names the columns: SELECT expression AS name"
            )
        }
        if isReadOnly {
            throw Diagnostic(
                "42601",
                at: readOnly.position,
                width: readOnly.width,
                "a SOURCE \(source.rawValue) cannot be filled by a query",
                hint: "CREATE \(source.rawValue) \(name.spelling) AS SELECT …"
            )
        }
        return .createAsSelect(
            CreateAsSelect(source, name: name, conflict: conflict, properties: properties, query: try query())
        )
    }

    private func createConnector() throws(Diagnostic) -> Statement.Kind {
        let kind: ConnectorKind = advance().keyword == .sink ? .sink : .source
        try expect(.connector)
        let ifNotExists = try eatIfNotExists()
        let name = try name("the name of the new connector")
        try expect(.with)
        let properties = try propertyList()
        return .createConnector(CreateConnector(kind, name: name, ifNotExists: ifNotExists, properties: properties))
    }

    private func createType() throws(Diagnostic) -> Statement.Kind {
        advance()
        let ifNotExists = try eatIfNotExists()
        let name = try name("the name of the new type")
        try expect(.as)
        return .createType(CreateType(name: name, type: try type(), ifNotExists: ifNotExists))
    }

    /// `STREAM` or `TABLE`.
    func sourceKind() throws(Diagnostic) -> SourceKind {
        if eat(.stream) { return .stream }
        try expect(.table)
        return .table
    }

    private func eatIfNotExists() throws(Diagnostic) -> Bool {
        guard at(.if, .not) else { return false }
        advance()
        advance()
        try expect(.exists)
        return true
    }

    // MARK: - DROP, ALTER

    private func eatIfExists() -> Bool { at(.if, .exists) && eat(.if, .exists) }

    func drop() throws(Diagnostic) -> Statement.Kind {
        advance()
        if eat(.type) {
            let ifExists = eatIfExists()
            return .dropType(DropType(name: try name("the name of a type"), ifExists: ifExists))
        }
        if eat(.connector) {
            let ifExists = eatIfExists()
            return .dropConnector(DropConnector(name: try name("the name of a connector"), ifExists: ifExists))
        }
        let source = try sourceKind()
        let ifExists = eatIfExists()
        let name = try sourceName()
        let deletesTopic = eat(.delete)
        if deletesTopic { try expect(.topic) }
        return .dropSource(DropSource(source, name: name, ifExists: ifExists, deletesTopic: deletesTopic))
    }

    func alter() throws(Diagnostic) -> Statement.Kind {
        advance()
        if eat(.system) {
            let name = try settingName()
            try expect(.equal)
            return .alterSystem(name: name, value: try string("a value in quotes"))
        }
        let source = try sourceKind()
        let name = try sourceName()
        let added = try list { (parser) throws(Diagnostic) in try parser.addedColumn() }
        return .alterSource(AlterSource(source, name: name, added: added))
    }

    private func addedColumn() throws(Diagnostic) -> ColumnDefinition {
        try expect(.add)
        // COLUMN can be the column's own name: then its type follows, and nothing else.
        if at(.column), ![.comma, .semicolon, .endOfText, .less, .leftParenthesis].contains(ahead(2).kind) {
            advance()
        }
        let name = try name("the name of the new column")
        return ColumnDefinition(name: name, type: try type())
    }

    // MARK: - INSERT and DELETE

    func insert() throws(Diagnostic) -> Statement.Kind {
        advance()
        try expect(.into)
        let target = try sourceName()
        if at(.select) || at(.with) {
            let properties = try optionalProperties()
            return .insertSelect(InsertSelect(target: target, properties: properties, query: try query()))
        }
        if token.kind == .word, text(of: token).uppercased() == "FORMAT" { return try insertRecords(into: target) }
        let columns = at(.leftParenthesis) ? try nameList("the name of a column") : []
        guard eat(.values) else {
            if columns.isEmpty {
                note("SELECT")
                note("FORMAT")
            }
            throw unexpected()
        }
        let start = token
        let values = try valueList()
        if at(.comma) {
            throw complaint("INSERT takes one row", hint: "INSERT INTO \(target.spelling) FORMAT JSON takes many")
        }
        if !columns.isEmpty, columns.count != values.count {
            throw Diagnostic(
                "42601",
                at: start.position,
                "expected \(columns.count) values for the columns named, found \(values.count)",
                detail: "the columns are \(columns.map(\.text).joined(separator: ", "))"
            )
        }
        return .insertValues(InsertValues(target: target, columns: columns, values: values))
    }

    func delete() throws(Diagnostic) -> Statement.Kind {
        advance()
        try expect(.from)
        let target = try sourceName()
        try expect(.where)
        return .deleteRow(DeleteRow(target: target, condition: try expression()))
    }

    /// `(expression, …)`.
    func valueList() throws(Diagnostic) -> [Expression] {
        try expect(.leftParenthesis)
        let values = try list { (parser) throws(Diagnostic) in try parser.expression() }
        try expect(.rightParenthesis)
        return values
    }

    private func insertRecords(into target: SourceName) throws(Diagnostic) -> Statement.Kind {
        advance()
        guard token.kind == .word, let format = InsertRecords.Format(rawValue: text(of: token).uppercased()) else {
            note("JSON")
            note("CSV")
            throw unexpected()
        }
        advance()
        let isStrict = token.kind == .word && text(of: token).uppercased() == "STRICT"
        if isStrict { advance() } else { note("STRICT") }
        return .insertRecords(InsertRecords(target: target, format: format, isStrict: isStrict))
    }
}
