import Foundation
import TestSupport
import Testing

/// `weir check`, `weir run` and `weir demo` as processes.
@Suite(.serialized, .timeLimit(.minutes(1)), .enabled(if: FileManager.default.isExecutableFile(atPath: shellPath)))
struct ScriptCommandTests {
    private static let totals = """
        -- Counts by key.
        DEFINE format = 'NIX';
        CREATE STREAM a (id STRING KEY, n INT) WITH (kafka_topic='a', value_format='${format}', partitions=2);
        CREATE TABLE totals AS SELECT id, SUM(n) AS total FROM a GROUP BY id;
        INSERT INTO a FORMAT JSON;
        {"ID":"x","N":1}
        {"ID":"x","N":2}
        \\.

        """

    /// Runs `weir` on a file with this text; `FILE` in the arguments stands for it.
    private func weir(_ arguments: [String], _ text: String, signal: Int32? = nil) throws -> Program.Result {
        let directory = FileManager.default.temporaryDirectory.appending(path: "weir-script-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data(text.utf8).write(to: directory.appending(path: "script.sql"))
        let words = arguments.map { $0 == "FILE" ? "script.sql" : $0 }
        let program = Program(shellPath, words, in: directory.path, environment: ["TMPDIR": directory.path])
        let result = try program.run(signal: signal)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["script.sql"])
        return result
    }

    @Test func checkPointsAtEveryMistake() throws {
        let text = """
            SET 'auto.offset.reset' = 'earliest';
            CREATE STREAM a (id INT) WITH (kafka_topic='a', value_format='JSON'); SELECT x FROM a EMIT CHANGES;
            INSERT INTO a FORMAT JSON;
            not looked at;
            \\.
            \t/* ä */ SELECT
            \t  COUNT(y) FROM a EMIT CHANGES;
            """
        let result = try weir(["check", "FILE"], text)
        let line =
            #"CREATE STREAM a (id INT) WITH (kafka_topic='a', value_format='JSON'); SELECT x FROM a EMIT CHANGES;"#
        let expected = """
            script.sql:2:78: error 42703: there is no column named X in A
              \(line)
              \(String(repeating: " ", count: 77))^
              hint: the columns are ID
            script.sql:7:10: error 42703: there is no column named Y in A
              \t  COUNT(y) FROM a EMIT CHANGES;
              \t        ^
              hint: the columns are ID

            """
        #expect(result == Program.Result(output: "", errors: expected, status: 1))
    }

    @Test func checkIsSilentWhenAllIsWell() throws {
        #expect(
            try weir(["check", "-D", "format=JSON", "FILE"], Self.totals)
                == Program.Result(output: "", errors: "", status: 0)
        )
        #expect(try weir(["check", "FILE"], Self.totals).status == 1)
    }

    @Test func runEndsWhenAllIsProcessed() throws {
        let query = "SELECT * FROM totals EMIT CHANGES LIMIT 1;"
        let result = try weir(["run", "--exit", "-D", "FORMAT=JSON", "FILE"], Self.totals + query)
        #expect(result.output.hasSuffix("{\"ID\":\"x\",\"TOTAL\":3}\n"))
        #expect(result.status == 0)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func runGoesOnUntilASignal(_ signal: Int32) throws {
        let result = try weir(["run", "-D", "format=JSON", "FILE"], Self.totals, signal: signal)
        #expect(result == Program.Result(output: "", errors: "the queries go on; Ctrl-C ends them\n", status: 0))
    }

    @Test func runStopsAtAMistake() throws {
        let result = try weir(["run", "FILE"], "SHOW QUERIES;\nSELEC 1;\nSHOW STREAMS;")
        #expect(result.output == "")
        #expect(result.errors.hasPrefix("ERROR 42601 unknown statement \"SELEC\"  (script.sql, line 2, column 1)"))
        #expect(result.status == 1)
    }

    @Test func demoComesOutRight() throws {
        let result = try weir(["demo", "--records", "5000", "--rate", "0", "--seed", "3"], "")
        #expect(result.output.hasSuffix("\nevery row is right\n"), "\(result.output)")
        #expect(result.output.contains("\nsummary: 5000 requests, "))
        #expect(result.status == 0)
    }

    @Test func demoPrintsTheSameRecordsForTheSameSeed() throws {
        let first = try weir(["demo", "--print", "--records", "100", "--seed", "3"], "")
        #expect(first.output.split(separator: "\n").count == 100)
        #expect(try weir(["demo", "--print", "--records", "100", "--seed", "3"], "") == first)
        #expect(try weir(["demo", "--print", "--records", "100", "--seed", "4"], "") != first)
    }
}
