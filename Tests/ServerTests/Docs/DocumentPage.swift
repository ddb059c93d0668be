import Foundation

/// A page of the documentation whose examples are executed: each ```` ```sql ```` block with a ```` ```text ```` block
/// right behind it, which holds what the server answers.
///
/// In an answer, `…` stands for any characters and a line of its own for any lines; the number in `3 ms` is not compared.
/// Progress (`~`) and the notice where a push query starts to read are left out. Blocks of other kinds are not touched.
struct DocumentPage {
    /// A statement block with its answer.
    struct Example {
        let sql: String
        let answer: String
        /// Of the statement's first line, from 1.
        let line: Int
        /// Where the lines of the answer stand, from 0.
        let answerLines: Range<Int>
    }

    let path: URL
    private let lines: [String]
    let examples: [Example]

    /// With UPDATE_GOLDEN=1 in the environment answers that differ are rewritten instead of reported.
    static var isUpdating: Bool { ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" }

    /// The file `name` of the documentation.
    static func path(_ name: String) -> URL {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appending(path: name)
    }

    init(_ name: String) throws {
        path = DocumentPage.path(name)
        lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        var examples: [Example] = []
        var index = 0
        while index < lines.count {
            guard lines[index] == "```sql", let end = lines[index...].firstIndex(of: "```") else {
                index += 1
                continue
            }
            let first = index + 1
            index = end + 1
            while index < lines.count, lines[index].isEmpty { index += 1 }
            guard index < lines.count, lines[index] == "```text",
                let answerEnd = lines[index...].firstIndex(of: "```")
            else { continue }
            let answer = index + 1..<answerEnd
            examples.append(
                Example(
                    sql: lines[first..<end].joined(separator: "\n"),
                    answer: lines[answer].joined(separator: "\n"),
                    line: first + 1,
                    answerLines: answer
                )
            )
            index = answerEnd + 1
        }
        self.examples = examples
    }

    /// Writes the page with other answers.
    func rewrite(_ answers: [Int: [String]]) throws {
        var copy = lines
        for (index, answer) in answers.sorted(by: { $0.key > $1.key }) {
            copy.replaceSubrange(examples[index].answerLines, with: answer)
        }
        try copy.joined(separator: "\n").write(to: path, atomically: true, encoding: .utf8)
    }

    /// Whether the lines are what the page says.
    static func matches(_ lines: [String], _ expected: String) -> Bool {
        let pattern = expected.isEmpty ? [] : expected.split(separator: "\n", omittingEmptySubsequences: false)
        return matches(lines.map(plain)[...], pattern.map { plain(String($0)) }[...])
    }

    private static func matches(_ lines: ArraySlice<String>, _ pattern: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return lines.isEmpty }
        if first == "…" {
            return (lines.startIndex...lines.endIndex).contains { matches(lines[$0...], pattern.dropFirst()) }
        }
        guard let line = lines.first, fits(line, first) else { return false }
        return matches(lines.dropFirst(), pattern.dropFirst())
    }

    /// Whether a line fits one with `…` in it.
    private static func fits(_ line: String, _ pattern: String) -> Bool {
        let parts = pattern.components(separatedBy: "…")
        guard parts.count > 1 else { return line == pattern }
        guard line.hasPrefix(parts[0]) else { return false }
        var rest = line.dropFirst(parts[0].count)
        for part in parts.dropFirst().dropLast() {
            guard let found = rest.range(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(parts[parts.count - 1])
    }

    /// The line without what differs from run to run.
    private static func plain(_ line: String) -> String {
        line.replacing(/\d+ ms$/, with: "0 ms")
    }
}
