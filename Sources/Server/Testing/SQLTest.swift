/// A test written in SQL: statements that make sources and queries, insert records, and assert what comes of them.
///
/// Files hold any number of tests; each begins with a comment `--@test: name`, and may have `--@expected.error: code` and
/// `--@expected.message: part of it` when its last statement has to be refused. A file without such comments is one test.
struct SQLTest {
    /// The file's name.
    let file: String
    /// The folder that RUN SCRIPT starts from.
    let directory: String
    let name: String
    let statements: [StatementText]
    /// An SQLSTATE, or a class of ksqlDB, which stands for any error.
    var expectedError: String?
    /// What the error's message has to contain; not compared when the error is a class of ksqlDB, which has other words.
    var expectedMessage: String?

    var isPositive: Bool { expectedError == nil && expectedMessage == nil }

    /// The tests of a file.
    /// - Parameter path: of the file.
    static func tests(in text: String, path: String) -> [SQLTest] {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let directory = path.contains("/") ? String(path.dropLast(file.utf8.count)) : "./"
        var tests: [SQLTest] = []
        var open = Draft(name: file, line: 1)
        func close() {
            let statements = StatementText.split(open.lines.joined(separator: "\n"))
            guard !statements.isEmpty else { return }
            tests.append(
                SQLTest(
                    file: file,
                    directory: directory,
                    name: open.name,
                    statements: statements.map { StatementText(text: $0.text, line: $0.line + open.line - 1) },
                    expectedError: open.error,
                    expectedMessage: open.message
                )
            )
        }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let name = directive("test", line) {
                close()
                open = Draft(name: name, line: index + 1)
            } else if let error = directive("expected.error", line) {
                open.error = error
            } else if let message = directive("expected.message", line) {
                open.message = message
            }
            open.lines.append(line)
        }
        close()
        return tests
    }

    /// A test whose end was not read yet.
    private struct Draft {
        let name: String
        let line: Int
        var lines: [Substring] = []
        var error: String?
        var message: String?
    }

    /// The text behind `--@name:` at the start of a line.
    private static func directive(_ name: String, _ line: Substring) -> String? {
        let start = "--@\(name):"
        guard line.hasPrefix(start) else { return nil }
        return String(line.dropFirst(start.count).drop { $0 == " " }).trimmingEnd()
    }
}

extension String {
    /// The text without blanks at its end.
    fileprivate func trimmingEnd() -> String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension CaseResult {
    init(_ test: SQLTest, _ status: Status, _ difference: String? = nil) {
        self.init(
            file: test.file,
            name: test.name,
            isPositive: test.isPositive,
            status: status,
            difference: difference
        )
    }
}
