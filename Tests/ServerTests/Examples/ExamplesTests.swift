import Foundation
import TestSupport
import Testing

/// Runs every file of `sql-examples` and compares the rows with the comments; the README there tells the convention.
@Suite(.timeLimit(.minutes(1)), .enabled(if: FileManager.default.isExecutableFile(atPath: shellPath)))
struct ExamplesTests {
    @Test(arguments: try Example.all())
    func answersWhatItsCommentsSay(_ example: Example) throws {
        let (rows, errors, status) = try example.run()
        #expect(status == 0, "\(errors)")
        #expect(example.grouped(rows) == example.expected.map { $0.sorted() }, "\(errors)")
    }

    /// The main example, with its sink into a server of its own.
    @Test(.enabled(if: Example.hasPostgres)) func accessLogFillsPostgres() throws {
        let directory = "/tmp/weir-examples-\(UUID().uuidString.prefix(8))"
        let postgres = Example.directory.appending(path: "../scripts/private-postgres").standardized.path
        defer { _ = try? Program(postgres, ["stop", directory]).run() }
        let url = try Program(postgres, ["start", directory]).run().output.trimmingCharacters(
            in: .whitespacesAndNewlines
        )
        let files = ["access-log.sql", "access-log-records.sql"].map { Example.directory.appending(path: $0).path }
        let arguments = ["run", "--exit", "--format", "json", "-D", "postgres_url=\(url)"]
        let result = try Program(shellPath, arguments + files).run()
        #expect(result.status == 0, "\(result.errors)")
        let query = """
            SELECT path, extract(epoch FROM window_start)::bigint, requests, errors, bytes, average_ms
            FROM access_summary ORDER BY 2, 1
            """
        let table = try Program("/usr/bin/psql", ["-XqAt", "-d", url, "-c", query]).run()
        let expected = """
            /cart|1767225600|2|1|5248|156.25
            /posts/1|1767225600|1|0|20480|3.5
            /|1767225660|1|1|0|1.5
            /cart|1767225660|1|0|5000|8

            """
        #expect(table.output == expected, "\(table.errors)")
    }

    @Test func pathsAreListed() throws {
        let readme = try String(contentsOf: Example.directory.appending(path: "README.md"), encoding: .utf8)
        for example in try Example.all() { #expect(readme.contains("[\(example.name)](\(example.name))")) }
    }
}

/// One file of `sql-examples`.
struct Example: CustomTestStringConvertible, Sendable {
    /// Whether a PostgreSQL server can be started.
    static var hasPostgres: Bool {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return versions.contains {
            FileManager.default.isExecutableFile(atPath: "/usr/lib/postgresql/\($0)/bin/initdb")
        }
    }

    static let directory = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../../sql-examples").standardized

    let name: String
    let text: String
    /// The rows that each statement with rows answers.
    let expected: [[String]]

    var testDescription: String { name }

    static func all() throws -> [Example] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .filter { $0.hasSuffix(".sql") }
            .sorted()
            .map { try Example($0) }
    }

    init(_ name: String) throws {
        self.name = name
        text = try String(contentsOf: Example.directory.appending(path: name), encoding: .utf8)
        var groups: [[String]] = []
        var isInGroup = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("--> ") {
                if !isInGroup { groups.append([]) }
                groups[groups.count - 1].append(String(line.dropFirst(4)))
            }
            isInGroup = line.hasPrefix("--> ")
        }
        expected = groups
    }

    /// The file that has to run before.
    private var before: String? {
        guard let first = text.split(separator: "\n").first, first.hasPrefix("-- Runs after "), first.hasSuffix(".")
        else { return nil }
        return String(first.dropFirst("-- Runs after ".count).dropLast())
    }

    /// Runs the file, and the one before it, in an engine of their own.
    func run() throws -> (rows: [String], errors: String, status: Int32) {
        let directory = FileManager.default.temporaryDirectory.appending(path: "weir-example-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        var files: [String] = []
        for example in [try before.map { try Example($0) }, self].compactMap({ $0 }) {
            let file = directory.appending(path: example.name)
            try Data(example.withoutConnectors.utf8).write(to: file)
            files.append(file.path)
        }
        let arguments = ["run", "--exit", "--format", "json", "--threads", "2"] + files
        let result = try Program(shellPath, arguments, environment: ["TMPDIR": directory.path]).run()
        return (result.output.split(separator: "\n").map(String.init), result.errors, result.status)
    }

    /// The rows cut into as many as each statement should have answered, each group sorted.
    func grouped(_ rows: [String]) -> [[String]] {
        var rest = rows[...]
        var groups: [[String]] = []
        for group in expected {
            groups.append(rest.prefix(group.count).sorted())
            rest = rest.dropFirst(group.count)
        }
        if !rest.isEmpty { groups.append(Array(rest)) }
        return groups
    }

    /// The text without statements that need another system.
    private var withoutConnectors: String {
        guard let start = text.range(of: "CREATE SINK CONNECTOR"),
            let end = text.range(of: ");", range: start.upperBound..<text.endIndex)
        else { return text }
        return String(text[..<start.lowerBound] + text[end.upperBound...])
    }
}
