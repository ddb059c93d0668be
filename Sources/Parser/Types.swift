extension StatementParser {
    /// A type, such as `INT`, `ARRAY<STRING>`, `STRING ARRAY` or `STRUCT<a INT>`.
    func type() throws(Diagnostic) -> TypeName {
        try enter()
        defer { leave() }
        let type = try simpleType()
        return at(.array) ? try arrays(of: type) : type
    }

    /// The type followed by any number of ARRAY.
    private func arrays(of element: TypeName) throws(Diagnostic) -> TypeName {
        var type = element
        while at(.array), ahead(1).kind != .less {
            advance()
            type = try made(.array(type), at: type.position)
        }
        return type
    }

    private func simpleType() throws(Diagnostic) -> TypeName {
        if at(.decimal) { return try decimalType() }
        guard atCompoundType else { return try namedType() }
        try enter()
        defer { leave() }
        if at(.array) { return try arrayType() }
        if at(.map) { return try mapType() }
        return try structType()
    }

    private var atCompoundType: Bool {
        switch keyword {
        case .array, .map: ahead(1).kind == .less
        case .struct: ahead(1).kind == .less || ahead(1).kind == .notEqual
        default: false
        }
    }

    private func arrayType() throws(Diagnostic) -> TypeName {
        let position = advance().position
        advance()
        let element = try type()
        try expect(.greater)
        return try made(.array(element), at: position)
    }

    private func mapType() throws(Diagnostic) -> TypeName {
        let position = advance().position
        advance()
        let key = try type()
        try expect(.comma)
        let value = try type()
        try expect(.greater)
        return try made(.map(key: key, value: value), at: position)
    }

    private func structType() throws(Diagnostic) -> TypeName {
        let position = advance().position
        // `<>` without a space between is read as the comparison.
        if eat(.notEqual) { return try made(.structure([]), at: position) }
        advance()
        return try made(.structure(try structFields()), at: position)
    }

    private func structFields() throws(Diagnostic) -> [FieldDefinition] {
        try list(upTo: .greater) { (parser) throws(Diagnostic) in
            let name = try parser.name("the name of a field")
            return FieldDefinition(name: name, type: try parser.type())
        }
    }

    private func decimalType() throws(Diagnostic) -> TypeName {
        let word = advance()
        guard at(.leftParenthesis) else {
            throw complaint("DECIMAL needs its precision and scale", hint: "DECIMAL(10, 2)")
        }
        advance()
        let precision = try count("the precision")
        try expect(.comma)
        let scale = try count("the scale")
        try expect(.rightParenthesis)
        guard precision >= 1, scale <= precision, precision <= Int64(Int32.max) else {
            throw Diagnostic(
                "22023",
                at: word.position,
                width: word.width,
                "DECIMAL(\(precision), \(scale)) is no type",
                detail: "the precision is 1 or more, the scale 0 up to the precision"
            )
        }
        return try made(.decimal(precision: Int(precision), scale: Int(scale)), at: word.position)
    }

    private func namedType() throws(Diagnostic) -> TypeName {
        guard atName else {
            note("a type")
            throw unexpected()
        }
        let name = identifier(from: advance())
        if !name.isQuoted, let kind = StatementParser.scalarTypes[name.text] {
            if kind == .string, at(.leftParenthesis) {
                // The parameter of VARCHAR(n) and VARCHAR(STRING) is read and means nothing.
                advance()
                if at(.string) { advance() } else { _ = try count("a length") }
                try expect(.rightParenthesis)
            }
            return try made(kind, at: name.position)
        }
        return try made(.named(name), at: name.position)
    }

    /// The scalar types that need no parameters, by upper-case name.
    static let scalarTypes: [String: TypeName.Kind] = [
        "BOOLEAN": .boolean, "INT": .integer, "INTEGER": .integer, "BIGINT": .bigint, "DOUBLE": .double,
        "STRING": .string, "VARCHAR": .string, "BYTES": .bytes, "DATE": .date, "TIME": .time, "TIMESTAMP": .timestamp,
    ]

    private func made(_ kind: TypeName.Kind, at position: SourcePosition) throws(Diagnostic) -> TypeName {
        let type = TypeName(kind, position: position)
        // `T ARRAY` may not stand deeper than `ARRAY<T>`, each of which counts twice.
        guard 2 * type.height <= options.nestingMax else { throw tooDeep(at: position) }
        return type
    }

    // MARK: - Columns

    /// `(name type [KEY | PRIMARY KEY | HEADERS | HEADER('k')], …)`.
    func columnList() throws(Diagnostic) -> [ColumnDefinition] {
        try expect(.leftParenthesis)
        let columns = try list { (parser) throws(Diagnostic) in try parser.columnDefinition() }
        try expect(.rightParenthesis)
        return columns
    }

    /// The columns of a stream, whose key is marked KEY, or of a table, whose key is marked PRIMARY KEY.
    func columnList(of source: SourceKind) throws(Diagnostic) -> [ColumnDefinition] {
        let columns = try columnList()
        let wrong: ColumnDefinition.Role = source == .stream ? .primaryKey : .key
        if let column = columns.first(where: { $0.role == wrong }) {
            let right = source == .stream ? "KEY" : "PRIMARY KEY"
            throw Diagnostic(
                "42601",
                at: column.name.position,
                width: column.name.spelling.unicodeScalars.count,
                "the key column \(column.name.text) of a \(source.rawValue.lowercased()) is marked \(right)",
                hint: "\(column.name.spelling) … \(right)"
            )
        }
        return columns
    }

    /// `name type [role]`.
    func columnDefinition() throws(Diagnostic) -> ColumnDefinition {
        let name = try name("the name of a column")
        let type = try type()
        return ColumnDefinition(name: name, type: type, role: try columnRole())
    }

    private func columnRole() throws(Diagnostic) -> ColumnDefinition.Role {
        if eat(.primary) {
            try expect(.key)
            return .primaryKey
        }
        if eat(.key) { return .key }
        if eat(.headers) { return .headers }
        if eat(.header) {
            try expect(.leftParenthesis)
            let key = try string("the name of a header in quotes")
            try expect(.rightParenthesis)
            return .header(key)
        }
        return .value
    }

    /// `(name, …)`.
    func nameList(_ what: String) throws(Diagnostic) -> [Identifier] {
        try expect(.leftParenthesis)
        let names = try list { (parser) throws(Diagnostic) in try parser.name(what) }
        try expect(.rightParenthesis)
        return names
    }
}
