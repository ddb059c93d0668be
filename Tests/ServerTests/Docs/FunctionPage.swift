import Functions

@testable import Server

/// `docs/functions.md`, made of the registries.
enum FunctionPage {
    static var text: String {
        var lines = [
            "# Functions",
            "",
            "Made of what the engine itself says (`SHOW FUNCTIONS;`, `DESCRIBE FUNCTION name;`); do not edit it by hand:",
            "",
            "    UPDATE_GOLDEN=1 swift test --filter FunctionPageTests",
            "",
            "Every example is executed in the tests. `...` behind a type: the argument may be repeated. `T`, `K`, `V`: any",
            "type, the same wherever the letter stands. An argument that is NULL makes the result NULL where the text says",
            "nothing else; a call that fails (a text that is no number, a day that is none) gives NULL and writes a line of",
            "the processing log.",
        ]
        for (kind, title, note) in [
            (FunctionEntry.Kind.scalar, "Scalar functions", "A value for each row."),
            (.aggregate, "Aggregate functions", "A value for each group and window; see GROUP BY in [sql.md](sql.md)."),
            (.table, "Table functions", "Rows for each row, in the SELECT of a stream."),
        ] {
            let functions = FunctionEntry.all(.builtin).filter { $0.kind == kind }
            lines += ["", "## \(title)", "", note, "", "| signature | what it gives | example |", "|---|---|---|"]
            for name in unique(functions.map(\.name)) {
                lines.append(row(functions.filter { $0.name == name }))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ overloads: [FunctionEntry]) -> String {
        let signatures = overloads.map { "`\($0.signature)`" }
        let examples = overloads.compactMap { entry in
            entry.example.flatMap { call in entry.result.map { "`\(call)` → `\($0)`" } }
        }
        let cells = [signatures, unique(overloads.map(\.summary)), unique(examples)]
        return "| " + cells.map { escaped($0.joined(separator: "<br>")) }.joined(separator: " | ") + " |"
    }

    /// A bar would end the cell.
    private static func escaped(_ text: String) -> String { text.split(separator: "|").joined(separator: "\\|") }

    private static func unique(_ texts: [String]) -> [String] {
        var seen = Set<String>()
        return texts.filter { seen.insert($0).inserted }
    }
}
