import Parser

/// A statement of a longer text.
struct StatementText {
    /// The statement with its `;` and comments before it.
    let text: String
    /// The line of the longer text at which ``text`` begins, from 1.
    let line: Int

    /// The statements of a text, each to be parsed when its turn comes; the last one may lack its `;`.
    static func split(_ text: String) -> [StatementText] {
        var rest = Array(text.utf8)[...]
        var line = 1
        var statements: [StatementText] = []
        var splitter = StatementSplitter()
        func add(_ chunk: ArraySlice<UInt8>) {
            let bytes = chunk.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
            line += chunk[..<bytes.startIndex].count { $0 == 0x0a }
            statements.append(StatementText(text: String(decoding: bytes, as: UTF8.self), line: line))
            line += bytes.count { $0 == 0x0a }
        }
        while let count = splitter.scan(rest) {
            add(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        if splitter.hasStatement { add(rest) }
        return statements
    }
}
