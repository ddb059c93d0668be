extension SQLWriter {
    mutating func write(_ type: TypeName) {
        switch type.kind {
        case .boolean: write("BOOLEAN")
        case .integer: write("INTEGER")
        case .bigint: write("BIGINT")
        case .double: write("DOUBLE")
        case .decimal(let precision, let scale): write("DECIMAL(\(precision), \(scale))")
        case .string: write("STRING")
        case .bytes: write("BYTES")
        case .date: write("DATE")
        case .time: write("TIME")
        case .timestamp: write("TIMESTAMP")
        case .array(let element):
            write("ARRAY<")
            write(element)
            write(">")
        case .map(let key, let value):
            write("MAP<")
            write(key)
            write(", ")
            write(value)
            write(">")
        case .structure(let fields):
            write("STRUCT<")
            writeList(fields) { writer, field in
                writer.write(field.name)
                writer.write(" ")
                writer.write(field.type)
            }
            write(">")
        case .named(let name): writeTypeName(name)
        }
    }

    /// The name of a type of the user; in quotes if it would read as a type of the language.
    private mutating func writeTypeName(_ name: Identifier) {
        if StatementParser.scalarTypes[name.text] == nil {
            write(name)
        } else {
            write("`\(name.text)`")
        }
    }

    mutating func write(_ columns: [ColumnDefinition]) {
        write("(")
        writeList(columns) { $0.write($1) }
        write(")")
    }

    mutating func write(_ column: ColumnDefinition) {
        write(column.name)
        write(" ")
        write(column.type)
        switch column.role {
        case .value: break
        case .key: write(" KEY")
        case .primaryKey: write(" PRIMARY KEY")
        case .headers: write(" HEADERS")
        case .header(let key):
            write(" HEADER(")
            writeQuoted(key)
            write(")")
        }
    }

    /// ` WITH (…)`, or nothing if there are no properties.
    mutating func write(_ properties: Properties) {
        if properties.isEmpty { return }
        write(" WITH (")
        writeList(properties.list) { writer, property in
            writer.write(property.name)
            writer.write(" = ")
            writer.write(property.value)
        }
        write(")")
    }
}
