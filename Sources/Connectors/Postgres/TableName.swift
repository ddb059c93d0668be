/// The name of a target table.
struct TableName: Hashable, Sendable {
    /// nil: the first schema of the search path that has the table.
    let schema: String?
    /// As the settings spell it.
    let name: String

    init(schema: String?, name: String) {
        self.schema = schema
        self.name = name
    }

    /// The table for a topic.
    ///
    /// A point in the format separates the schema, one in the topic's name belongs to the name.
    init(format: String, topic: String) throws(PostgresError) {
        var parts = format.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        parts = parts.map { $0.replacing("${topic}", with: topic) }
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }), !parts.contains(where: { $0.contains("${") }) else {
            throw PostgresError(
                .settings,
                "setting 'table.name.format' is '\(format)', expected TABLE or SCHEMA.TABLE, where ${topic} is the topic"
            )
        }
        self.init(schema: parts.count == 2 ? parts[0] : nil, name: parts[parts.count - 1])
    }

    /// The spellings to look for, in turn, as quoted SQL.
    var candidates: [String] {
        let folded = TableName(schema: schema.map(TableName.folded), name: TableName.folded(name))
        return folded == self ? [quoted] : [quoted, folded.quoted]
    }

    /// The name for a new table, as quoted SQL.
    var created: String { candidates[candidates.count - 1] }

    private var quoted: String {
        (schema.map { TableName.quoted($0) + "." } ?? "") + TableName.quoted(name)
    }

    /// A name in upper case was written without quotes, and PostgreSQL writes such names in lower case.
    static func folded(_ name: String) -> String {
        name.contains { $0.isLowercase } ? name : name.lowercased()
    }

    /// An identifier in double quotes.
    static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}
