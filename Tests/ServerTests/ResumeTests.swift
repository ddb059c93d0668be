import Foundation
import TestSupport
import Testing

@testable import Server

/// `RESUME FROM` over connections.
@Suite(.timeLimit(.minutes(2))) struct ResumeTests {
    private static let kafka = ProcessInfo.processInfo.environment["WEIR_TEST_KAFKA"]

    /// What a push query said until it was over.
    private struct Answers {
        var rows: [String] = []
        /// The rows before the last token.
        var covered = 0
        var token: String?
        var last = ""

        mutating func add(_ line: String) {
            switch line.first {
            case "[", "!": rows.append(line)
            case "~":
                guard let start = line.range(of: #""token":""#)?.upperBound else { return }
                token = String(line[start...].prefix { $0 != "\"" })
                covered = rows.count
            case "+", "-": last = line
            default: break
            }
        }
    }

    /// Runs a push query and cancels it after `rows` rows, if it has not ended before.
    private func push(_ engine: TestEngine, _ sql: String, cancelAfter rows: Int = .max) throws -> Answers {
        let client = try #require(TestClient(port: engine.port))
        _ = client.line()
        // With a window the query waits for the CANCEL.
        if rows < .max { client.send("CREDIT @p \(rows)\n") }
        client.send("@p \(sql)\n")
        var answers = Answers()
        var isCancelled = false
        var patience = 20
        while answers.last.isEmpty, patience > 0, let line = client.line() {
            if line.hasPrefix("@p ~") { patience -= 1 }
            guard line.hasPrefix("@p ") else { continue }
            answers.add(String(line.dropFirst(3)))
            if answers.rows.count >= rows, !isCancelled {
                isCancelled = true
                client.send("CANCEL @p\n")
            }
        }
        if answers.last.isEmpty { Issue.record("no end of \(sql) after \(answers.rows.count) rows") }
        return answers
    }

    private func fill(_ engine: TestEngine, _ numbers: Range<Int>) throws {
        let records = numbers.map { #"{"K":\#($0 % 97),"N":\#($0)}"# }.joined(separator: "\n")
        let answer = try engine.answer("INSERT INTO s FORMAT JSON;\n\(records)\n\\.")
        #expect(answer.last?.hasPrefix("+INSERTED \(numbers.count) ") == true, "\(answer)")
    }

    /// Names of topics that no other test in a shared cluster uses.
    private func create(_ kind: String = "STREAM", _ key: String = "KEY") -> String {
        """
        CREATE \(kind) s (k INT \(key), n INT) WITH (kafka_topic='resume-\(UUID().uuidString)', value_format='JSON',
            partitions=3);
        """
    }

    @Test(arguments: kafka == nil ? [nil] : [nil, kafka])
    func everyRecordComesOnce(_ servers: String?) throws {
        if servers == nil {
            try interruptAndResume(nil)
        } else {
            try SharedBroker.alone { try interruptAndResume(servers) }
        }
    }

    private func interruptAndResume(_ servers: String?) throws {
        let engine = try TestEngine(threads: 2, bootstrapServers: servers)
        #expect(try engine.answer(create()) == ["+CREATED STREAM S"])
        try fill(engine, 0..<60_000)
        // In the middle of everything, again and again.
        var seen: [String] = []
        var resume = ""
        for part in 1...3 {
            let answers = try push(engine, "SELECT n FROM s EMIT CHANGES\(resume);", cancelAfter: part * 2000)
            #expect(answers.last.hasPrefix("-57014"))
            let token = try #require(answers.token)
            resume = " RESUME FROM '\(token)'"
            seen += answers.rows[..<answers.covered]
        }
        try fill(engine, 60_000..<60_500)
        let rest = 60_500 - seen.count
        #expect(rest > 0)
        let last = try push(engine, "SELECT n FROM s EMIT CHANGES\(resume) LIMIT \(rest);")
        #expect(last.last.hasPrefix("+OK \(rest) rows"))
        #expect(Set(seen + last.rows) == Set((0..<60_500).map { "[\($0)]" }))
        #expect(seen.count + last.rows.count == 60_500)
    }

    @Test func aQueryThatFoundNothingGoesOnFromThere() throws {
        let engine = try TestEngine(threads: 2)
        _ = try engine.answer(create())
        try fill(engine, 0..<10)
        let client = try #require(TestClient(port: engine.port))
        _ = client.line()
        client.send("SET 'auto.offset.reset' = 'latest';\n@p SELECT n FROM s EMIT CHANGES;\n")
        var answers = Answers()
        while answers.token == nil, let line = client.line() { answers.add(String(line.dropFirst(3))) }
        #expect(answers.rows.isEmpty)
        try fill(engine, 10..<13)
        let token = try #require(answers.token)
        let rest = try push(engine, "SELECT n FROM s EMIT CHANGES RESUME FROM '\(token)' LIMIT 3;")
        #expect(Set(rest.rows) == ["[10]", "[11]", "[12]"])
    }

    @Test func changesOfATableGoOn() throws {
        let engine = try TestEngine()
        _ = try engine.answer(create("TABLE", "PRIMARY KEY"))
        try fill(engine, 0..<97)
        let first = try push(engine, "SELECT * FROM s EMIT CHANGES;", cancelAfter: 97)
        let token = try #require(first.token)
        #expect(first.covered == 97)
        _ = try engine.answer("INSERT INTO s VALUES (5, 1000);")
        let rest = try push(engine, "SELECT * FROM s EMIT CHANGES LIMIT 1 RESUME FROM '\(token)';")
        #expect(rest.rows == ["[5,1000]"])
    }

    @Test func whatCannotBeResumedSaysSo() throws {
        let engine = try TestEngine()
        _ = try engine.answer(create())
        _ = try engine.answer("CREATE TABLE t AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;")
        try fill(engine, 0..<10)
        let token = try #require(try push(engine, "SELECT n FROM s EMIT CHANGES;", cancelAfter: 10).token)
        func refusal(_ sql: String) throws -> String { try push(engine, sql).last }
        let counts = "SELECT k, COUNT(*) AS c FROM s GROUP BY k EMIT CHANGES"
        #expect(try push(engine, counts + ";", cancelAfter: 1).token == nil)
        #expect(try refusal(counts + " RESUME FROM '\(token)';").hasPrefix("-0A000 1:56 "))
        #expect(try refusal("SELECT * FROM t WHERE c > 1 EMIT CHANGES RESUME FROM '\(token)';").hasPrefix("-0A000 "))
        #expect(
            try refusal("SELECT * FROM t EMIT CHANGES RESUME FROM '\(token)';").contains("the token is of a query over")
        )
        let noToken = try refusal("SELECT n FROM s EMIT CHANGES RESUME FROM 'MQ==';")
        #expect(noToken.hasPrefix("-22023 1:30 'MQ==' is no token of a push query"))
        #expect(try refusal("SELECT * FROM s RESUME FROM '\(token)';").hasPrefix("-42601 "))
    }

    @Test func anotherTopicOfTheSameNameIsRecognised() throws {
        let engine = try TestEngine()
        let statement = create()
        _ = try engine.answer(statement)
        try fill(engine, 0..<10)
        let token = try #require(try push(engine, "SELECT n FROM s EMIT CHANGES;", cancelAfter: 10).token)
        #expect(try engine.answer("DROP STREAM s DELETE TOPIC;").last?.hasPrefix("+") == true)
        _ = try engine.answer(statement)
        try fill(engine, 0..<20)
        let answers = try push(engine, "SELECT n FROM s EMIT CHANGES RESUME FROM '\(token)';")
        #expect(answers.last.hasPrefix("-55000 1:30 topic resume-"))
        #expect(answers.last.contains("it was deleted and made again"))
    }
}
