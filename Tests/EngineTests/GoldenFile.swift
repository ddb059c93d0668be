import Foundation

/// A file of cases; see ``GoldenEngineTests`` for what it looks like.
///
/// With UPDATE_GOLDEN=1 in the environment the answers are rewritten instead of compared.
struct GoldenFile {
    /// A word that says what is asked, what it is asked with, `----`, and the answer up to an empty line.
    struct Block {
        /// Lines that start with `#`, and empty ones, before the block.
        let comment: [Substring]
        let directive: Substring
        let body: [Substring]
        let answer: [Substring]
        let line: Int
    }

    /// A `case` block and those that follow it.
    struct Case {
        let title: String
        let options: Set<String>
        let blocks: [Block]
    }

    let name: String
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
        self.name = name
        let text = try String(contentsOf: GoldenFile.directory.appendingPathComponent(name), encoding: .utf8)
        let blocks = GoldenFile.blocks(text.split(separator: "\n", omittingEmptySubsequences: false))
        var cases: [Case] = []
        var start = 0
        while start < blocks.count {
            let next = blocks[(start + 1)...].firstIndex { $0.directive.hasPrefix("case ") } ?? blocks.count
            cases.append(GoldenFile.makeCase(Array(blocks[start..<next])))
            start = next
        }
        self.cases = cases
    }

    private static func makeCase(_ blocks: [Block]) -> Case {
        let words = blocks[0].directive.split(separator: "[", maxSplits: 1)
        let options = words.count > 1 ? words[1].dropLast().split(separator: " ").map(String.init) : []
        let title = words[0].dropFirst("case".count).drop { $0 == " " }
        return Case(title: String(title), options: Set(options), blocks: blocks)
    }

    private static func blocks(_ lines: [Substring]) -> [Block] {
        var blocks: [Block] = []
        var rest = lines[...]
        while !rest.isEmpty {
            let comment = take(&rest) { $0.isEmpty || $0.hasPrefix("#") }
            guard let directive = rest.popFirst() else { break }
            let line = rest.startIndex
            let body = take(&rest) { $0 != "----" }
            rest = rest.dropFirst()
            let answer = take(&rest) { !$0.isEmpty }
            blocks.append(Block(comment: comment, directive: directive, body: body, answer: answer, line: line))
        }
        return blocks
    }

    private static func take(_ lines: inout ArraySlice<Substring>, while isMember: (Substring) -> Bool) -> [Substring] {
        let taken = lines.prefix(while: isMember)
        lines = lines.dropFirst(taken.count)
        return Array(taken)
    }

    /// Writes the file anew with other answers, block by block.
    func rewrite(_ answers: [[String]]) throws {
        var text = ""
        for (block, answer) in zip(cases.flatMap(\.blocks), answers) {
            let lines = block.comment + [block.directive] + block.body + ["----"] + answer.map { $0[...] }
            text += lines.map { $0 + "\n" }.joined()
        }
        let path = GoldenFile.directory.appendingPathComponent(name)
        try text.write(to: path, atomically: true, encoding: .utf8)
    }
}
