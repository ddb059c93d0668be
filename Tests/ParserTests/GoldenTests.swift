import Foundation
import Testing

@testable import Parser

/// Cases in `Golden/*.test`: a command, the text, `----`, what comes out, and a blank line.
///
/// The commands: `sql` (statements, written back), `tree` (statements, as nested lists), `expression` and `type` (as
/// nested lists). What cannot be parsed comes out as its diagnostic. `UPDATE_GOLDEN=1 swift test` writes down what comes
/// out now.
struct GoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    static let files: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.filter { $0.hasSuffix(".test") }.sorted()
    }()

    @Test(arguments: files)
    func cases(_ file: String) throws {
        let url = Self.folder.appending(path: file)
        let expected = try String(contentsOf: url, encoding: .utf8)
        let actual = Self.run(expected)
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
                fileID: "ParserTests/\(file)",
                filePath: url.path(),
                line: line + 1,
                column: 1
            )
        )
    }

    @Test func thereAreCases() {
        #expect(Self.files.count >= 4)
    }

    /// The file with every outcome replaced by the present one.
    private static func run(_ text: String) -> String {
        var result: [Substring] = []
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while let line = lines.popFirst() {
            result.append(line)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            var source: [Substring] = []
            while let next = lines.popFirst() {
                result.append(next)
                if next == "----" { break }
                source.append(next)
            }
            while let first = lines.first, !first.isEmpty { lines.removeFirst() }
            result.append(Substring(outcome(of: String(line), source.joined(separator: "\n"))))
        }
        return result.joined(separator: "\n")
    }

    private static func outcome(of command: String, _ source: String) -> String {
        do throws(Diagnostic) {
            switch command {
            case "sql":
                let statements = try SQLParser.parse(source)
                return statements.map { SQLFormatter.sql($0) + ";" }.joined(separator: "\n")
            case "tree":
                let statements = try SQLParser.parse(source)
                return statements.map { TreePrinter.text(of: $0.kind) }.joined(separator: "\n")
            case "expression":
                return TreePrinter.text(of: try SQLParser.parseExpression(source))
            case "type":
                return TreePrinter.text(of: try SQLParser.parseType(source))
            default:
                return "unknown command \(command)"
            }
        } catch {
            return error.rendered(in: source)
        }
    }
}
