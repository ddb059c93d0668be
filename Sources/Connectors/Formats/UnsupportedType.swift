import Runtime
import Values

extension Format {
    /// The error for a column whose type the format cannot hold.
    func unsupported(_ field: Schema.Field, hint: String) -> FormatError {
        FormatError(
            "The '\(name)' format does not support type '\(field.type.keyword)', column: `\(field.name)`",
            hint: hint
        )
    }

    /// The columns as messages show them.
    func listed(_ fields: [Schema.Field], isKey: Bool) -> String {
        "[" + fields.map { "`\($0.name)` \($0.type)" + (isKey ? " KEY" : "") }.joined(separator: ", ") + "]"
    }
}

extension SQLType {
    /// The type's name without its parameters.
    fileprivate var keyword: String { String(description.prefix { $0 != "<" && $0 != "(" }) }
}
