import Functions
import Values

extension Value {
    /// The constant as SQL text; BYTES, which have no literal, as a call of TO_BYTES.
    public func sql(_ type: SQLType) -> String {
        switch (self, type) {
        case (.null, _): return "NULL"
        case (.string, .string): return quoted(text(type))
        case (.date, .date), (.time, .time), (.timestamp, .timestamp): return "\(type) '\(text(type))'"
        case (.boolean(let flag), _): return flag ? "TRUE" : "FALSE"
        case (.bytes, _): return "TO_BYTES(\(quoted(text(type))), 'base64')"
        case (.array(let items), .array(let element)):
            return "ARRAY[\(items.map { $0.sql(element) }.joined(separator: ", "))]"
        case (.map(let entries), .map(let key, let value)):
            let parts = entries.map { "\($0.key.sql(key)) := \($0.value.sql(value))" }
            return "MAP(\(parts.joined(separator: ", ")))"
        case (.structure(let values), .structure(let fields)):
            let parts = zip(fields, values).map { "\(quotedIdentifier($0.name)) := \($1.sql($0.type))" }
            return "STRUCT(\(parts.joined(separator: ", ")))"
        default: return text(type)
        }
    }

    private func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
