import Runtime
import Values

extension Format {
    /// The error for a column whose type the format cannot hold.
    func unsupported(_ field: Schema.Field, hint: String) -> FormatError {
        FormatError("\(name) has no form for column \(quotedIdentifier(field.name)) of type \(field.type)", hint: hint)
    }

    /// The columns as messages show them.
    func listed(_ fields: [Schema.Field]) -> String {
        fields.map { "\(quotedIdentifier($0.name)) \($0.type)" }.joined(separator: ", ")
    }
}
