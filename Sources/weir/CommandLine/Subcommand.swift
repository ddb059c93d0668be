/// What `weir NAME` does: its help, its options, and its code.
struct Subcommand: Sendable {
    /// The word on the command line.
    let name: String
    /// One line for the list of subcommands.
    let summary: String
    /// What may follow the options such as `FILE...`; empty for nothing.
    let operands: String
    /// The options; `--help` comes by itself.
    let options: [Option]
    /// Lines that can be pasted.
    let examples: [String]
    /// Does it.
    let run: @Sendable (Arguments) throws(UsageError) -> ExitCode

    init(
        _ name: String,
        summary: String,
        operands: String = "",
        options: [Option],
        examples: [String] = [],
        run: @escaping @Sendable (Arguments) throws(UsageError) -> ExitCode
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        self.options = options
        self.examples = examples
        self.run = run
    }
}

extension Subcommand {
    /// Every subcommand in the order of the help.
    static let all: [Subcommand] = [
        server, sql, run, check, test, demo, bench,
    ]

    /// The help, made to fit a screen.
    var help: String {
        var lines = ["weir \(name) - \(summary)", ""]
        lines.append("usage: weir \(name) [options]\(operands.isEmpty ? "" : " \(operands)")")
        lines.append("")
        let rows = (options + [Option("help", "h", "this text")]).map { option in
            (option.letter.map { "-\($0), " } ?? "    ") + "--\(option.name)\(option.value.map { " \($0)" } ?? "")"
        }
        let width = (rows.map(\.count).max() ?? 0) + 2
        for (row, help) in zip(rows, options.map(\.help) + ["this text"]) {
            lines.append("  \(row)\(String(repeating: " ", count: width - row.count))\(help)")
        }
        if !examples.isEmpty { lines.append("") }
        for example in examples { lines.append("  $ \(example)") }
        return lines.joined(separator: "\n")
    }
}
