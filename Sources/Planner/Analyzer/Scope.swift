import Parser
import Runtime
import Values

/// The columns that names in an expression can mean.
struct Scope {
    /// A source with the columns that stand under its name.
    struct Source {
        /// The alias, or the name where there is none.
        let name: String
        let columns: [Column]
        /// ROWTIME of the source's row.
        let rowTime: Expression?
    }

    /// A column and what reads it.
    struct Column {
        let name: String
        let expression: Expression
        /// False for pseudo columns, which `*` leaves out.
        let isListed: Bool

        init(_ name: String, _ expression: Expression, isListed: Bool = true) {
            self.name = name
            self.expression = expression
            self.isListed = isListed
        }
    }

    let sources: [Source]

    /// The names that the dialect keeps for itself.
    static let pseudoColumns: Set<String> = ["ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND"]

    /// True when more than one source has a listed column of that name.
    func isShared(_ name: String) -> Bool {
        sources.count { source in source.columns.contains { $0.isListed && $0.name == name } } > 1
    }

    /// The names of all listed columns.
    var columnNames: [String] { sources.flatMap { $0.columns.filter(\.isListed).map(\.name) } }

    /// The source of that name.
    /// - Throws: when the query reads none of that name.
    func source(_ name: Identifier) throws(PlanError) -> Source {
        if let source = sources.first(where: { $0.name == name.text }) { return source }
        throw PlanError(
            SQLState.unknownSource,
            "the query reads no source named \(quotedIdentifier(name.text))",
            at: name.position,
            hint: didYouMean(name.text, among: sources.map(\.name))
                ?? "it reads " + sources.map { quotedIdentifier($0.name) }.joined(separator: ", ")
        )
    }

    /// What reads the column that a name means.
    func resolve(_ source: Identifier?, _ name: Identifier) throws(PlanError) -> Expression {
        if let source { return try resolve(name, in: [try self.source(source)]) }
        return try resolve(name, in: sources)
    }

    private func resolve(_ name: Identifier, in sources: [Source]) throws(PlanError) -> Expression {
        var found: [Expression] = []
        for source in sources {
            if let column = source.columns.first(where: { $0.name == name.text }) {
                found.append(column.expression)
            } else if name.text == "ROWTIME", let rowTime = source.rowTime {
                found.append(rowTime)
            }
        }
        if let only = found.first, found.count == 1 { return only }
        if found.count > 1 {
            throw PlanError(
                SQLState.ambiguousColumn,
                "column \(quotedIdentifier(name.text)) is in more than one source",
                at: name.position,
                hint: "write "
                    + sources.map { "\(quotedIdentifier($0.name)).\(quotedIdentifier(name.text))" }
                    .joined(separator: " or ")
            )
        }
        throw unknown(name, in: sources)
    }

    private func unknown(_ name: Identifier, in sources: [Source]) -> PlanError {
        let columns = sources.flatMap { $0.columns.map(\.name) }
        var hint = didYouMean(name.text, among: columns)
        if name.text == "WINDOWSTART" || name.text == "WINDOWEND" {
            hint = "window bounds are there when rows are grouped with a WINDOW, or when the source's key is windowed"
        } else if name.isQuoted, columns.contains(name.text.uppercased()) {
            hint = "quoted names keep their case; did you mean \(name.text.uppercased())?"
        } else if columns.contains(name.spelling) {
            hint = "the column's name has lower case letters: write `\(name.spelling)`"
        }
        let owner = sources.count == 1 ? " in \(quotedIdentifier(sources[0].name))" : ""
        return PlanError(
            SQLState.unknownColumn,
            "there is no column named \(quotedIdentifier(name.text))\(owner)",
            at: name.position,
            hint: hint ?? (columns.isEmpty ? nil : "the columns are \(columns.prefix(30).joined(separator: ", "))")
        )
    }
}
