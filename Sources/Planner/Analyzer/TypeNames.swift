import Parser
import Values

extension Catalog {
    /// The type that a written type stands for.
    /// - Throws: when it names a type that does not exist.
    public func resolve(_ name: TypeName) throws(PlanError) -> SQLType {
        switch name.kind {
        case .boolean: return .boolean
        case .integer: return .integer
        case .bigint: return .bigint
        case .double: return .double
        case .decimal(let precision, let scale):
            guard precision <= SQLType.decimalPrecisionMax else {
                throw PlanError(
                    SQLState.notSupported,
                    "DECIMAL(\(precision), \(scale)) has too many digits",
                    at: name.position,
                    hint: "a DECIMAL has at most \(SQLType.decimalPrecisionMax) digits"
                )
            }
            return .decimal(precision: precision, scale: scale)
        case .string: return .string
        case .bytes: return .bytes
        case .date: return .date
        case .time: return .time
        case .timestamp: return .timestamp
        case .array(let element): return .array(try resolve(element))
        case .map(let key, let value): return .map(key: try resolve(key), value: try resolve(value))
        case .structure(let fields): return .structure(try resolve(fields))
        case .named(let identifier):
            if let type = types[identifier.text] { return type }
            throw PlanError(
                SQLState.unknownObject,
                "there is no type named \(quotedIdentifier(identifier.text))",
                at: identifier.position,
                hint: Catalog.parameters[identifier.text].map { "write it with what it holds, e.g. \($0)" }
                    ?? didYouMean(identifier.text, among: builtInTypes + types.keys)
                    ?? "CREATE TYPE \(quotedIdentifier(identifier.text)) AS … makes one"
            )
        }
    }

    private func resolve(_ definitions: [FieldDefinition]) throws(PlanError) -> [StructField] {
        var fields: [StructField] = []
        for definition in definitions {
            guard !fields.contains(where: { $0.name == definition.name.text }) else {
                throw PlanError(
                    SQLState.duplicateColumn,
                    "the STRUCT has two fields named \(quotedIdentifier(definition.name.text))",
                    at: definition.name.position,
                    hint: "names that differ in case only are one; in backquotes they are two"
                )
            }
            fields.append(StructField(definition.name.text, try resolve(definition.type)))
        }
        return fields
    }

    /// What types that have parameters look like.
    private static let parameters = [
        "ARRAY": "ARRAY<STRING>", "MAP": "MAP<STRING, INTEGER>", "STRUCT": "STRUCT<NAME STRING, ZIP INTEGER>",
    ]

    private var builtInTypes: [String] {
        [
            "BOOLEAN", "INTEGER", "INT", "BIGINT", "DOUBLE", "DECIMAL", "STRING", "VARCHAR", "BYTES", "DATE", "TIME",
            "TIMESTAMP", "ARRAY", "MAP", "STRUCT",
        ]
    }
}
