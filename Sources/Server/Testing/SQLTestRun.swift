import Foundation
import Parser
import Planner
import Runtime
import Values

/// Runs one test written in SQL.
///
/// A record that INSERT VALUES writes goes at once through all queries that read its topic, and what they write through
/// those behind them. A query sees the records that are written after it was made.
final class SQLTestRun {
    private let test: SQLTest
    private let ground: TestGround
    private var properties: [String: String] = [:]
    private var variables: [String: String] = [:]
    /// Statements of the test that were carried out.
    private var executed = 0
    /// What every topic holds, and how many of its records were asserted.
    private var topics: [String: (records: [TestRecord], asserted: Int)] = [:]

    /// Queries that write into each other, and scripts that run each other, end here.
    private static let depthMax = 64

    private init(_ test: SQLTest) throws {
        self.test = test
        var planner = PlannerSettings()
        planner.partitions = 1
        ground = try TestGround(planner: planner)
    }

    /// Runs a test and tells how it ended.
    static func result(of test: SQLTest) -> CaseResult {
        do {
            try SQLTestRun(test).run()
        } catch let failure as Refusal {
            let error = failure.error
            guard !test.isPositive else { return CaseResult(test, .fail, failure.text) }
            guard failure.isLast else { return CaseResult(test, .fail, "\(failure.text), before the last statement") }
            let isClass = test.expectedError?.contains(".") ?? false
            if error.sqlstate == "0A000", test.expectedError != error.sqlstate {
                return CaseResult(test, .unsupported, failure.text)
            }
            if let wanted = test.expectedError, !isClass, wanted != error.sqlstate {
                return CaseResult(test, .fail, "\(failure.text), expected error \(wanted)")
            }
            if let wanted = test.expectedMessage, !isClass, !error.message.contains(wanted) {
                return CaseResult(test, .fail, "\(failure.text), expected a message with \"\(wanted)\"")
            }
            return CaseResult(test, .pass)
        } catch {
            return CaseResult(test, .fail, "\(error)")
        }
        return test.isPositive ? CaseResult(test, .pass) : CaseResult(test, .fail, "nothing was refused")
    }

    /// A statement that was refused, an assertion that does not hold included.
    private struct Refusal: Error {
        let file: String
        let line: Int
        let error: ReplyError
        /// Whether it is the last statement of the test.
        var isLast = false

        var text: String {
            "\(file):\(line): \(error.sqlstate) \(error.message)" + (error.hint.map { " | hint: \($0)" } ?? "")
        }
    }

    private func run() throws {
        do {
            try run(test.statements, file: test.file, in: test.directory, depth: 0)
        } catch var refusal as Refusal {
            // A script fails as the statement that runs it.
            refusal.isLast = executed == test.statements.count - 1
            throw refusal
        }
    }

    private func run(_ statements: [StatementText], file: String, in directory: String, depth: Int) throws {
        for statement in statements {
            do {
                try run(statement.text, in: directory, depth: depth)
            } catch let error as Refusal {
                throw error
            } catch {
                let reason = ReplyError(describing: error)
                throw Refusal(file: file, line: statement.line + (reason.line ?? 1) - 1, error: reason)
            }
            if depth == 0 { executed += 1 }
        }
    }

    private func run(_ text: String, in directory: String, depth: Int) throws {
        var options = ParserOptions()
        options.allowsTestStatements = true
        options.variables = variables
        let sql = try SQLParser.substituted(text, options: options)
        options.substitutesVariables = false
        for statement in try SQLParser.parse(sql, options: options) {
            try run(statement, statement.text(in: sql), in: directory, depth: depth)
        }
    }

    private func run(_ statement: Statement, _ sql: String, in directory: String, depth: Int) throws {
        switch statement.kind {
        case .setProperty(let name, let value):
            properties[QuerySettings.plainName(name)] = value
            properties = try QuerySettings.checked(properties)
        case .unsetProperty(let name): properties[QuerySettings.plainName(name)] = nil
        case .define(let name, let value): variables[name.text.uppercased()] = value
        case .undefine(let name): variables[name.text.uppercased()] = nil
        case .runScript(let path): try runScript(path, in: directory, depth: depth)
        case .pause, .resume: throw ReplyError("0A000", "a query cannot be paused in a test")
        case .assertValues(let assertion): try check(assertion, sql)
        case .assertSource(let assertion):
            if let problem = try ground.planner.difference(assertion) { throw SQLTestRun.failure(problem) }
        default:
            if case .record(let record, let topic, _) = try ground.execute(statement, sql: sql, properties: properties)
            {
                try deliver(record, to: topic, depth: 0)
            }
        }
    }

    private func runScript(_ path: String, in directory: String, depth: Int) throws {
        guard depth < SQLTestRun.depthMax else { throw ReplyError("54001", "scripts run each other without end") }
        let full = path.hasPrefix("/") ? path : directory + path
        let folder = full[...(full.lastIndex(of: "/") ?? full.startIndex)]
        guard let data = FileManager.default.contents(atPath: full) else {
            throw ReplyError("58P01", "there is no file \(path)", hint: "paths start from the folder of the file")
        }
        let statements = StatementText.split(String(decoding: data, as: UTF8.self))
        try run(statements, file: path, in: String(folder), depth: depth + 1)
    }

    // MARK: Records

    private func deliver(_ record: TestRecord, to topic: String, depth: Int) throws {
        guard depth < SQLTestRun.depthMax else {
            throw ReplyError("54001", "queries write into each other without end, topic \(topic) among them")
        }
        topics[topic, default: ([], 0)].records.append(record)
        for query in ground.queries where query.inputTopics.contains(topic) {
            guard query.outputTopic.map({ !query.inputTopics.contains($0) }) ?? true else {
                throw ReplyError("54001", "query \(query.plan.id) reads what it writes itself")
            }
            let written = try query.pipe(record, into: topic)
            guard let output = query.outputTopic else { continue }
            for record in written { try deliver(record, to: output, depth: depth + 1) }
        }
    }

    // MARK: Assertions

    private static func failure(_ reason: String) -> ReplyError { ReplyError("P0004", "assertion failed: \(reason)") }

    private func check(_ assertion: AssertValues, _ sql: String) throws {
        let expected = try ground.planner.expectedRecord(assertion, sql: sql, properties: properties)
        let topic = expected.source.topic
        let (records, asserted) = topics[topic, default: ([], 0)]
        guard asserted < records.count else {
            throw SQLTestRun.failure("\(topic) has no record after the \(asserted) that were asserted")
        }
        topics[topic]?.asserted += 1
        if let problem = try difference(records[asserted], expected) {
            throw SQLTestRun.failure("record \(asserted + 1) of \(topic): \(problem)")
        }
    }

    private func difference(_ record: TestRecord, _ expected: ExpectedRecord) throws -> String? {
        let source = expected.source
        let spec = SourceSpec(
            topic: source.topic,
            payload: .records(source.layout(wanted: Array(source.valueFields.indices))),
            output: source.schema
        )
        let services = ground.engine.services
        let reader = try TopicReader(spec, formats: services.formats, log: services.log)
        guard let row = try reader.decode(record.run(to: source.topic).committed(at: 0)).first else {
            return "it cannot be read as \(source.name) declares it"
        }
        guard row.isDeleted(0) == expected.isTombstone else {
            return expected.isTombstone ? "it has a value, expected a tombstone" : "it is a tombstone"
        }
        for (column, wanted) in expected.values {
            let found = row.columns[column].value(at: 0)
            let field = source.schema.fields[column]
            guard found != wanted else { continue }
            return "\(quotedIdentifier(field.name)) is \(found.sql(field.type)), expected \(wanted.sql(field.type))"
        }
        if let time = expected.rowTime, time != record.timestamp {
            return "ROWTIME is \(record.timestamp), expected \(time)"
        }
        return nil
    }
}
