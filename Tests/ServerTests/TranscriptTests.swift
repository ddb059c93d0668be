import Foundation
import Testing

@testable import Server

/// Conversations in `Golden/*.test`: `> ` goes in with a line feed (`>- ` without), `< ` comes out, `! ` is an event.
///
/// `UPDATE_GOLDEN=1 swift test` writes down what comes out now.
@Suite struct TranscriptTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    static let files: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.filter { $0.hasSuffix(".test") }.sorted()
    }()

    @Test(arguments: files) func conversation(_ file: String) throws {
        let url = Self.folder.appending(path: file)
        let expected = try String(contentsOf: url, encoding: .utf8)
        let actual = Self.play(expected)
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try actual.write(to: url, atomically: true, encoding: .utf8)
            return
        }
        guard actual != expected else { return }
        let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let new = actual.split(separator: "\n", omittingEmptySubsequences: false)
        let line =
            zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
        Issue.record(
            "\(line < old.count ? old[line] : "(end)") → \(line < new.count ? new[line] : "(end)")",
            sourceLocation: SourceLocation(
                fileID: "ServerTests/\(file)",
                filePath: url.path(),
                line: line + 1,
                column: 1
            )
        )
    }

    @Test(arguments: ["statements", "by-hand", "options", "tags"], [1, 2, 7])
    func piecesOfInputDoNotMatter(_ name: String, _ size: Int) throws {
        let script = try String(contentsOf: Self.folder.appending(path: "\(name).test"), encoding: .utf8)
        let input = script.split(separator: "\n").filter { $0.hasPrefix("> ") }.map { $0.dropFirst(2) + "\n" }.joined()
        let whole = SessionDriver(limits: Self.tightLimits)
        whole.send(input)
        let pieces = SessionDriver(limits: Self.tightLimits)
        var rest = input[...]
        while !rest.isEmpty {
            pieces.send(String(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        // Lines of different tags may come in another order.
        func byTag(_ lines: [String]) -> [String] {
            lines.filter { !$0.hasPrefix("@") } + lines.filter { $0.hasPrefix("@") }
        }
        #expect(byTag(pieces.takeLines()) == byTag(whole.takeLines()))
        #expect(pieces.isClosed == whole.isClosed)
    }

    /// Limits small enough to be met in a few lines.
    private static var tightLimits: SessionLimits {
        var limits = SessionLimits()
        limits.lineMax = 100
        limits.statementMax = 200
        limits.unauthenticatedLineMax = 60
        limits.pendingRequestsMax = 4
        limits.tagsMax = 3
        return limits
    }

    /// The script with the answers that the session gives.
    private static func play(_ script: String, limits: SessionLimits = tightLimits) -> String {
        var driver: SessionDriver?
        var token: String?
        var lines: [String] = []
        func note(_ driver: SessionDriver) {
            lines.append(contentsOf: driver.takeLines().map { $0.isEmpty ? "<" : "< \($0)" })
            if driver.isClosed, lines.last != "(closed)", !lines.contains("(closed)") { lines.append("(closed)") }
        }
        func started() -> SessionDriver {
            if let driver { return driver }
            let fresh = SessionDriver(limits: limits, token: token)
            driver = fresh
            note(fresh)
            return fresh
        }
        for line in script.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("<") || line == "(closed)" { continue }
            lines.append(String(line))
            if line.hasPrefix(">- ") {
                started().send(String(line.dropFirst(3)))
            } else if line.hasPrefix(">") {
                started().send(line.dropFirst(2) + "\n")
            } else if line.hasPrefix("! token ") {
                token = String(line.dropFirst(8))
            } else if line.hasPrefix("! ") {
                let driver = started()
                switch line.dropFirst(2) {
                case "connect": break
                case "eof": driver.event { $0.endInput() }
                case "drain": driver.event { $0.drain() }
                case "deadline": driver.event { $0.deadlinePassed() }
                case "release": driver.executor.release()
                case let other: lines.append("unknown event \(other)")
                }
            }
            if let driver { note(driver) }
        }
        return lines.joined(separator: "\n")
    }
}
