import Testing

@testable import Parser

/// The splitter and the lexer agree on where statements end, however the text is cut.
struct StatementSplitterTests {
    private static let text = """
        SELECT 'a;''b' FROM s; -- not; here
        /* nor; ' here **/ SHOW STREAMS;SELECT "x;"" " -1, `y;`/2 --';
        FROM s; /*/ ; */ SELECT a - b FROM s
        """

    @Test(arguments: 1...40)
    func piecesOfAnySizeGiveTheSameStatements(_ size: Int) {
        let bytes = Array(Self.text.utf8)
        var splitter = StatementSplitter()
        var statements: [String] = []
        var start = 0
        var offset = 0
        while offset < bytes.count {
            let piece = Array(bytes[offset..<min(offset + size, bytes.count)])
            if let length = splitter.scan(piece.span.bytes) {
                offset += length
                statements.append(String(decoding: bytes[start..<offset], as: UTF8.self))
                start = offset
            } else {
                offset += piece.count
            }
        }
        #expect(statements.count == 3)
        #expect(splitter.state == .statement)
        let split = statements.compactMap { try? SQLParser.parseStatement($0) }
        #expect(split == (try? SQLParser.parse(Self.text).dropLast()).map(Array.init))
    }

    @Test(
        arguments: [
            ("", .blank), (" -- x", .lineComment), ("-- x\n", .blank), ("/* ", .blockComment), ("/* */", .blank),
            ("a", .statement), ("a 'b", .singleQuote), ("a 'b''", .singleQuote), ("a 'b'''", .statement),
            ("\"x", .doubleQuote), ("`x", .backquote), ("a /* b", .blockComment), ("a -- b\n", .statement),
            ("a; ", .blank),
        ] as [(String, StatementSplitter.State)]
    )
    func saysWhereTheTextStops(_ text: String, _ state: StatementSplitter.State) {
        var splitter = StatementSplitter()
        var rest = Array(text.utf8)[...]
        while let length = splitter.scan(rest) { rest = rest.dropFirst(length) }
        #expect(splitter.state == state)
    }

    @Test func countsTheStatementsOfTheCorpus() throws {
        let text = Corpus.all.map { $0 + "\n;" }.joined(separator: "\n")
        var splitter = StatementSplitter()
        var rest = Array(text.utf8)[...]
        var count = 0
        while let length = splitter.scan(rest) {
            rest = rest.dropFirst(length)
            count += 1
        }
        #expect(count == Corpus.all.count)
        #expect(try SQLParser.parse(text, options: Corpus.options).count == count)
    }
}
