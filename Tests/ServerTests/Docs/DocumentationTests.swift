import Foundation
import Testing

@testable import Server

/// The pages of the documentation, played against an engine from their first example to the last.
///
/// `UPDATE_GOLDEN=1 swift test --filter DocumentationTests` writes down what the engine answers now.
@Suite struct DocumentationTests {
    @Test(arguments: ["docs/sql.md"]) func examplesAreTrue(_ name: String) throws {
        let page = try DocumentPage(name)
        #expect(page.examples.count > 0)
        let engine = try TestEngine()
        let client = try #require(TestClient(port: engine.port))
        #expect(client.line()?.hasPrefix("+WEIR 1 ") == true)
        var changed: [Int: [String]] = [:]
        for (index, example) in page.examples.enumerated() {
            engine.waitUntilCaughtUp()
            let answer = Self.answer(example.sql, client)
            guard !DocumentPage.matches(answer, example.answer) else { continue }
            if DocumentPage.isUpdating {
                changed[index] = answer
                continue
            }
            Issue.record(
                "\(example.sql)\nis answered by\n\(answer.joined(separator: "\n"))",
                sourceLocation: SourceLocation(
                    fileID: "ServerTests/\(name)",
                    filePath: page.path.path(),
                    line: example.line,
                    column: 1
                )
            )
        }
        if DocumentPage.isUpdating { try page.rewrite(changed) }
    }

    @Test func patternsOfAnswers() {
        #expect(DocumentPage.matches(["a", "+OK 1 rows 17 ms"], "a\n+OK 1 rows 0 ms"))
        #expect(DocumentPage.matches(["a", "b", "c"], "a\n…\nc"))
        #expect(DocumentPage.matches(["a", "c"], "a\n…\nc"))
        #expect(!DocumentPage.matches(["a", "c", "d"], "a\n…\nc"))
        #expect(DocumentPage.matches([#"["x",17,"y"]"#], #"["x",…,"y"]"#))
        #expect(!DocumentPage.matches([#"["x",17,"z"]"#], #"["x",…,"y"]"#))
        #expect(DocumentPage.matches([], ""))
    }

    /// What the server answers to the statements, up to the answer of a PING behind them.
    private static func answer(_ sql: String, _ client: TestClient) -> [String] {
        client.send(sql + "\nPING end-of-example\n")
        var lines: [String] = []
        while let line = client.line(), line != "+PONG end-of-example" {
            let isLeftOut = line.hasPrefix("~") || line.hasPrefix("*00000 reading ")
            if !isLeftOut { lines.append(line) }
        }
        return lines
    }
}
