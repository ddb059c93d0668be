import Glibc
import Server

extension Subcommand {
    /// `weir check`: what is wrong with scripts, without running them.
    static let check = Subcommand(
        "check",
        summary: "parse and plan the statements of scripts without running them",
        operands: "FILE...",
        options: [
            Option("explain", "e", "print the plans of the queries"),
            ScriptVariables.option,
        ],
        examples: ["weir check sql-examples/*.sql"]
    ) { arguments throws(UsageError) in
        guard !arguments.operands.isEmpty else { throw UsageError("no file is given") }
        let variables = try ScriptVariables(arguments)
        var succeeded = true
        for file in arguments.operands {
            guard let text = TextFile.read(file) else {
                printError("weir check: cannot read \(file): \(TextFile.reason())")
                succeeded = false
                continue
            }
            let check = FileCheck(name: file, text: text, variables: variables, explains: arguments.has("explain"))
            succeeded = check.run() && succeeded
        }
        return succeeded ? .ok : .failed
    }
}

/// The check of one file.
private struct FileCheck {
    let name: String
    let text: String
    let variables: ScriptVariables
    let explains: Bool

    /// Prints every problem; false when there are some.
    func run() -> Bool {
        let reader = ScriptReader(text: text)
        var check = ScriptCheck(variables: variables.values)
        var succeeded = true
        while let statement = reader.nextStatement() {
            if BulkInsertParts(statement.text) != nil {
                reader.skipLine()
                while reader.nextRecords() != nil {}
            }
            if variables.overrides(statement.text) { continue }
            let outcome = check.check(statement.text)
            if let problem = outcome.problem {
                succeeded = false
                printError(report(problem, statement))
            } else if explains, let plan = outcome.plan {
                printLine("\(name):\(statement.line):\n\(plan)\n")
            }
        }
        return succeeded
    }

    /// `FILE:LINE:COL: error SQLSTATE: message`, the line of the file, and a caret under the place.
    private func report(_ problem: ReplyError, _ statement: ScriptReader.Statement) -> String {
        let line = statement.line + (problem.line ?? 1) - 1
        let isFirst = problem.line ?? 1 == 1
        let column = isFirst ? statement.column + (problem.column ?? 1) - 1 : problem.column ?? 1
        var lines = ["\(name):\(line):\(column): error \(problem.sqlstate): \(problem.message)"]
        let source = text.utf8.split(separator: 0x0a, maxSplits: line, omittingEmptySubsequences: false)
        if source.count >= line {
            let scalars = String(decoding: source[line - 1], as: UTF8.self).unicodeScalars.filter { $0 != "\r" }
            // Tabs stay tabs, so that the caret stands under its character.
            let indent = scalars.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
            lines += ["  \(String(String.UnicodeScalarView(scalars)))", "  \(indent)^"]
        }
        if let detail = problem.detail { lines.append("  detail: \(detail)") }
        if let hint = problem.hint { lines.append("  hint: \(hint)") }
        return lines.joined(separator: "\n")
    }
}
