import Foundation
import Testing

@testable import Server

/// The sessions by hand on some pages: `1> ` goes into the first connection, `1< ` comes out of it.
@Suite struct ConversationTests {
    @Test(arguments: ["docs/quickstart-nc.md", "docs/protocol.md"]) func theSessionIsTrue(_ name: String) throws {
        let path = DocumentPage.path(name)
        let page = try String(contentsOf: path, encoding: .utf8)
        let engine = try TestEngine()
        var clients: [Character: TestClient] = [:]
        var inTranscript = false
        var lines: [String] = []
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { inTranscript = line == "```transcript" }
            guard inTranscript, let name = line.first, name.isNumber else {
                lines.append(String(line))
                continue
            }
            let client = try clients[name] ?? #require(TestClient(port: engine.port))
            clients[name] = client
            let text = String(line.dropFirst(3))
            if line.dropFirst().hasPrefix(">") {
                client.send(text + "\n")
                lines.append(String(line))
                continue
            }
            let answer = Self.line(client)
            let isSame = DocumentPage.matches([answer], text)
            if !DocumentPage.isUpdating { #expect(isSame, "expected \(text), found \(answer)") }
            lines.append(isSame ? String(line) : "\(name)< \(answer)")
        }
        if DocumentPage.isUpdating {
            try lines.joined(separator: "\n").write(to: path, atomically: true, encoding: .utf8)
        }
    }

    /// The next line that is no progress.
    private static func line(_ client: TestClient) -> String {
        while let line = client.line() {
            if !line.hasPrefix("~") { return line }
        }
        return "(closed)"
    }
}
