import Foundation

/// A file of cases: a word that says what is asked, SQL, `----`, and the answer up to an empty line.
///
/// With UPDATE_GOLDEN=1 in the environment the answers are rewritten instead of compared.
struct GoldenFile {
    struct Case {
        /// Lines that start with `#`, and empty ones, before the case.
        let comment: [String]
        /// What is asked, such as `plan expect=fold-constants`.
        let directive: String
        let sql: String
        let answer: String
        let line: Int
    }

    let path: URL
    let cases: [Case]

    static var directory: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
    }

    /// The names of all golden files.
    static var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return files.filter { $0.hasSuffix(".test") }.sorted()
    }

    static var isUpdating: Bool { ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" }

    init(_ name: String) throws {
        path = GoldenFile.directory.appendingPathComponent(name)
        let lines = try String(contentsOf: path, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        var cases: [Case] = []
        var index = 0
        while index < lines.count {
            var comment: [String] = []
            while index < lines.count, lines[index].isEmpty || lines[index].hasPrefix("#") {
                comment.append(String(lines[index]))
                index += 1
            }
            guard index < lines.count else { break }
            let start = index
            let directive = String(lines[index])
            index += 1
            var sql: [Substring] = []
            while index < lines.count, lines[index] != "----" {
                sql.append(lines[index])
                index += 1
            }
            index += 1
            var answer: [Substring] = []
            while index < lines.count, !lines[index].isEmpty {
                answer.append(lines[index])
                index += 1
            }
            cases.append(
                Case(
                    comment: comment,
                    directive: directive,
                    sql: sql.joined(separator: "\n"),
                    answer: answer.joined(separator: "\n"),
                    line: start + 1
                )
            )
        }
        self.cases = cases
    }

    /// Writes the file anew with other answers.
    func rewrite(_ answers: [String]) throws {
        var text = ""
        for (item, answer) in zip(cases, answers) {
            text += item.comment.map { $0 + "\n" }.joined()
            text += "\(item.directive)\n\(item.sql)\n----\n\(answer)\n"
        }
        try text.write(to: path, atomically: true, encoding: .utf8)
    }
}
