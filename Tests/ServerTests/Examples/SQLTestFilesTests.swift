import Foundation
import Server
import Testing

/// Tests written in SQL, those among the examples and those of what only such tests can say.
@Suite(.timeLimit(.minutes(1))) struct SQLTestFilesTests {
    @Test(arguments: ["sql-examples/tests", "Tests/ServerTests/SQL"])
    func holds(_ directory: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let suite = try TestSuite(.sql, paths: [root.appending(path: directory).path])
        #expect(suite.count > 0)
        for index in 0..<suite.count {
            let result = suite.run(index)
            #expect(result.status == .pass, "\(result.file) - \(result.name): \(result.difference ?? "")")
        }
    }

    @Test func whatDoesNotHoldFails() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "weir-\(UUID().uuidString).sql")
        defer { try? FileManager.default.removeItem(at: file) }
        let source = "CREATE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');"
        let text = """
            --@test: another value
            \(source)
            INSERT INTO a VALUES (1, 2);
            ASSERT VALUES a (id, x) VALUES (1, 3);
            --@test: no record
            \(source)
            ASSERT VALUES a (id, x) VALUES (1, 3);
            --@test: another definition
            \(source)
            ASSERT STREAM a (id INTEGER KEY, x BIGINT);
            --@test: nothing to refuse
            --@expected.error: 42703
            \(source)
            """
        try text.write(to: file, atomically: true, encoding: .utf8)
        let suite = try TestSuite(.sql, paths: [file.path])
        let results = (0..<suite.count).map { suite.run($0) }
        #expect(results.map(\.status) == [.fail, .fail, .fail, .fail])
        let reason = ":4: P0004 assertion failed: record 1 of a: X is 2, expected 3"
        #expect(results[0].difference?.contains(reason) == true)
    }
}
