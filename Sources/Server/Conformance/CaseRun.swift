import Parser
import Planner
import Runtime
import Values

/// Runs one case: its statements, then query after query all of its records, then the comparison.
final class CaseRun {
    private let test: ConformanceCase
    private let ground: TestGround
    /// The declaration that reads and writes each topic: the first one.
    private var declared: [String: SourceDescription] = [:]
    /// What every topic holds.
    private var topics: [String: [TestRecord]] = [:]

    /// The number of partitions of topics about which a case says nothing.
    private static let partitions = 4

    private init(_ test: ConformanceCase) throws {
        self.test = test
        var planner = PlannerSettings()
        planner.partitions = CaseRun.partitions
        let properties = ["auto.offset.reset": "earliest"]
        ground = try TestGround(functions: .conformance, planner: planner, properties: properties)
    }

    /// Runs a case and tells how it ended.
    static func result(of test: ConformanceCase) -> CaseResult {
        let found: CaseDifference?
        do {
            found = try CaseRun(test).difference()
        } catch {
            found = .differs("\(error)")
        }
        switch found {
        case nil: return CaseResult(test, .pass)
        case .differs(let text):
            guard let deviation = Deviation.cases[test.fullName] else { return CaseResult(test, .fail, text) }
            return CaseResult(test, .deviates, "\(deviation.reason) (\(text))")
        case .unsupported(let text): return CaseResult(test, .unsupported, text)
        case .deviates(let deviation, let text): return CaseResult(test, .deviates, "\(deviation.reason) (\(text))")
        }
    }

    private func difference() throws -> CaseDifference? {
        if test.topics.contains(where: \.needsRegistry) { return .unsupported("a topic with a registered schema") }
        let statements = StatementText.split(test.statements.joined(separator: "\n")).map(\.text)
        for topic in test.topics { try create(topic.name, topic.partitions) }
        for text in statements { try createTopic(of: text) }
        for record in test.inputs + test.outputs { try create(record.topic, CaseRun.partitions) }
        for (index, text) in statements.enumerated() {
            do {
                try execute(text)
            } catch {
                return refusal(ReplyError(describing: error), isLast: index == statements.count - 1)
            }
        }
        if test.isPositive {
            if ground.queries.isEmpty { return .differs("no query was made") }
        }
        let inputs = try test.inputs.map { input in
            (topic: input.topic, record: try PayloadWriter(source: declared[input.topic]).record(input))
        }
        do {
            try feed(inputs)
        } catch let failure as TopologyDriver.Failure where test.isNegative && failure.isOfQuery {
            return nil
        }
        // Of a case that has to be refused, what comes out says nothing.
        if test.isNegative { return .differs("nothing was refused") }
        return try outputDifference() ?? postDifference()
    }

    private func refusal(_ error: ReplyError, isLast: Bool) -> CaseDifference? {
        let place = error.line.map { " \($0):\(error.column ?? 1)" } ?? ""
        let text = "\(error.sqlstate)\(place) \(error.message)" + (error.hint.map { " | hint: \($0)" } ?? "")
        if error.sqlstate == "0A000" { return .unsupported(text) }
        return test.isNegative && isLast ? nil : .differs(text)
    }

    // MARK: Statements

    private func create(_ topic: String, _ partitions: Int) throws {
        guard try ground.engine.broker.describe(topic) == nil else { return }
        try ground.engine.broker.createTopic(topic, TopicSettings(partitions: partitions))
    }

    /// Makes the topic of a CREATE with columns, since all topics are there before the first statement.
    private func createTopic(of text: String) throws {
        guard let statement = try? SQLParser.parseStatement(text), case .createSource(let create) = statement.kind,
            !create.columns.isEmpty
        else { return }
        var topic: String?
        var partitions = CaseRun.partitions
        for property in create.properties.list {
            let value = property.value.plainText
            switch property.name.text.uppercased() {
            case "KAFKA_TOPIC": topic = value
            case "PARTITIONS": partitions = Int(value) ?? partitions
            default: break
            }
        }
        if let topic { try self.create(topic, partitions) }
    }

    private func execute(_ text: String) throws {
        for statement in try SQLParser.parse(text) {
            let sql = statement.text(in: text)
            let outcome = try ground.execute(statement, sql: sql, properties: test.properties)
            for source in ground.catalog.sources.values where declared[source.topic] == nil {
                declared[source.topic] = source
            }
            if case .record(let record, let topic, _) = outcome { topics[topic, default: []].append(record) }
        }
    }

    // MARK: Records

    private func feed(_ inputs: [(topic: String, record: TestRecord)]) throws {
        for input in inputs { topics[input.topic, default: []].append(input.record) }
        let fed = Set(inputs.map(\.topic))
        for query in ground.queries {
            let read = query.inputTopics
            for input in inputs where read.contains(input.topic) { try pipe(input.record, input.topic, query) }
            for topic in read where !fed.contains(topic) {
                for record in topics[topic] ?? [] { try pipe(record, topic, query) }
            }
        }
    }

    private func pipe(_ record: TestRecord, _ topic: String, _ query: TopologyDriver) throws {
        let written = try query.pipe(record, into: topic)
        if let output = query.outputTopic { topics[output, default: []] += written }
    }

    private func outputDifference() throws -> CaseDifference? {
        var names: [String] = []
        for output in test.outputs where !names.contains(output.topic) { names.append(output.topic) }
        for name in names {
            let expected = test.outputs.filter { $0.topic == name }
            let actual = topics[name] ?? []
            let comparison = RecordComparison(source: declared[name], isExact: test.comparesExactly)
            for (index, (record, wanted)) in zip(actual, expected).enumerated() {
                if let problem = comparison.difference(record, wanted, hasInputs: !test.inputs.isEmpty) {
                    return .differs("\(name) record \(index + 1): \(problem)")
                }
            }
            guard actual.count == expected.count else {
                return .differs("\(name): \(actual.count) records, expected \(expected.count)")
            }
        }
        return nil
    }

    private func postDifference() throws -> CaseDifference? {
        guard let post = test.post else { return nil }
        var known: [String: TopicSettings] = [:]
        for name in try ground.engine.broker.topics() { known[name] = try ground.engine.broker.describe(name) }
        return PostConditions(
            catalog: ground.catalog,
            wrapsSingles: test.properties["ksql.persistence.wrap.single.values"]?.lowercased() == "true",
            topics: known
        ).difference(post)
    }
}

extension Literal {
    /// The value without quotes; empty for NULL.
    fileprivate var plainText: String {
        switch self {
        case .null: ""
        case .boolean(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .bigint(let number): "\(number)"
        case .decimal(let text), .string(let text): text
        case .double(let number): "\(number)"
        }
    }
}
