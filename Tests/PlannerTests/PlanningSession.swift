import Parser
import Runtime
import Values

@testable import Planner

/// Plans statements one after another and applies them to a catalog, as an engine would.
struct PlanningSession {
    private(set) var catalog = Catalog()
    private var topics: [String: TopicSettings] = [:]
    private var properties: [String: String] = [:]
    private var queryNumber = 0

    /// The answer to a directive about some statements: of the last one, or the first error.
    ///
    /// `run` applies the statements and tells what they did. `plan` prints the optimized plan and the rules, `logical`
    /// the plan before, `physical` the topology, `explain` all three; `rules expect=a,b` fails unless those rules fired.
    mutating func answer(_ directive: String, _ sql: String) -> String {
        var answer = ""
        do {
            for statement in try SQLParser.parse(sql) {
                answer = try self.answer(directive, statement, statement.text(in: sql))
            }
        } catch {
            answer = "\(error)"
        }
        return answer.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "~" : String($0) }.joined(separator: "\n")
    }

    private mutating func answer(_ directive: String, _ statement: Statement, _ text: String) throws -> String {
        if case .setProperty(let name, let value) = statement.kind {
            properties[name] = value
            return "set"
        }
        let topics = topics
        let planner = Planner(catalog: catalog, formats: TestFormat.registry, topicSettings: { topics[$0] })
        let planned = try planner.plan(statement, sql: text, properties: properties, queryNumber: queryNumber)
        if directive == "run" {
            queryNumber += 1
            return try apply(planned)
        }
        guard let plan = planned.text else { return "no plan" }
        let words = directive.split(separator: " ")
        switch words.first {
        case "logical": return plan.logical
        case "physical": return plan.physical
        case "explain": return plan.description
        default:
            let expected = words.dropFirst().first?.dropFirst("expect=".count).split(separator: ",") ?? []
            let fired = plan.optimized.split(separator: "\n").last { $0.hasPrefix("Rules: ") } ?? ""
            for rule in expected where !fired.contains(rule) { return "rule \(rule) did not fire\n\(plan.optimized)" }
            return plan.optimized
        }
    }

    private mutating func apply(_ planned: PlannedStatement) throws -> String {
        switch planned {
        case .createSource(let plan):
            if let topic = plan.topic { topics[topic.name] = topic.settings }
            plan.replaces ? catalog.replace(plan.source) : try catalog.add(plan.source)
            if let query = plan.query { catalog.add(QueryDescription(query, sql: plan.source.sql)) }
            return plan.source.line + (plan.topic.map { "\n\($0.line)" } ?? "")
                + (plan.query.map { "\nquery \($0.id)" } ?? "")
        case .createAs(let plan):
            if let topic = plan.query.sinkTopic { topics[topic.name] = topic.settings }
            catalog.replace(plan.source)
            catalog.add(QueryDescription(plan.query, sql: plan.source.sql))
            return "\(plan.query.id)\n\(plan.source.line)" + (plan.query.sinkTopic.map { "\n\($0.line)" } ?? "")
                + (plan.replaces.map { "\nreplaces \($0)" } ?? "")
        case .insertInto(let plan):
            catalog.add(QueryDescription(plan.query, sql: ""))
            return "\(plan.query.id) into \(plan.target.name)"
        case .dropSource(let plan):
            try catalog.dropSource(plan.source.name)
            if plan.deletesTopic { topics[plan.source.topic] = nil }
            return "dropped \(plan.source.name)" + (plan.query.map { " and \($0)" } ?? "")
        case .alterSource(let source):
            catalog.replace(source)
            return source.line
        case .terminate(let ids):
            for id in ids { catalog.removeQuery(id) }
            return "terminated \(ids.joined(separator: ", "))"
        case .createType(let name, let type):
            try catalog.addType(name, type)
            return "type \(name): \(type)"
        case .dropType(let name):
            try catalog.dropType(name)
            return "dropped type \(name)"
        case .createConnector(let connector):
            try catalog.add(connector)
            let list = connector.properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return "\(connector.isSink ? "sink" : "source") \(connector.name): \(list.joined(separator: ", "))"
        case .dropConnector(let name):
            try catalog.dropConnector(name)
            return "dropped connector \(name)"
        case .insertValues(let plan):
            let values = zip(plan.row.schema.fields, plan.row.columns).map { field, column in
                "\(field.name)=\(Expression.literal(column.value(at: 0), field.type))"
            }
            return "insert \(values.joined(separator: ", "))" + (plan.rowTime.map { " at \($0)" } ?? "")
        case .deleteRow(let plan):
            let key = zip(plan.target.keyFields, plan.key).map { field, column in
                "\(field.name)=\(Expression.literal(column.value(at: 0), field.type))"
            }
            return "delete \(key.joined(separator: ", ")) from \(plan.target.topic)"
        case .pushQuery(let plan): return plan.line
        case .pullQuery(let plan): return plan.line
        case .explain(let text): return text
        case .nothing(let notice): return notice
        default: return "\(planned)"
        }
    }
}

extension PlannedStatement {
    fileprivate var text: PlanText? {
        switch self {
        case .createAs(let plan): plan.query.text
        case .createSource(let plan): plan.query?.text
        case .insertInto(let plan): plan.query.text
        case .pushQuery(let plan): plan.text
        case .pullQuery(let plan): plan.text
        default: nil
        }
    }
}

extension SourceDescription {
    fileprivate var line: String {
        var text = "\(kind.rawValue.lowercased()) \(quotedIdentifier(name)): \(schema)"
        if !headers.isEmpty { text += ", headers \(headers.map(\.name).joined(separator: ", "))" }
        text += "; topic \(topic), key \(keyFormat), value \(valueFormat)"
        if !valueProperties.wrapsSingle, valueFormat == "JSON" { text += " unwrapped" }
        if let window { text += ", window \(window)" }
        if let timestamp { text += ", timestamp \(timestamp.name)" + (timestamp.pattern.map { " '\($0)'" } ?? "") }
        return text
    }
}

extension InternalTopic {
    fileprivate var line: String {
        "topic \(name): \(settings.partitions) partitions" + (settings.isCompacted ? ", compacted" : "")
            + (settings.retentionMilliseconds.map { ", retention \($0) ms" } ?? "")
    }
}

extension TransientPlan {
    fileprivate var line: String {
        let order = columnOrder.map(String.init).joined(separator: " ")
        return "\(changes) \(columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")); order \(order)"
            + "; key \(keyNames.joined(separator: ", "))" + (limit.map { "; limit \($0)" } ?? "")
    }
}

extension PullPlan {
    fileprivate var line: String {
        let columns = columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
        return "\(columns); key \(keyNames.joined(separator: ", "))" + (limit.map { "; limit \($0)" } ?? "")
            + "\n\(text.physical)"
    }
}

/// A format that only says what it can hold.
struct TestFormat: Format {
    let name: String
    /// Whether it holds ARRAY, MAP and STRUCT, and whether it holds more than one column.
    let holdsCollections: Bool
    let holdsMany: Bool

    static let registry = FormatRegistry([
        TestFormat(name: "JSON", holdsCollections: true, holdsMany: true),
        TestFormat(name: "DELIMITED", holdsCollections: false, holdsMany: true),
        TestFormat(name: "KAFKA", holdsCollections: false, holdsMany: false),
        TestFormat(name: "NONE", holdsCollections: false, holdsMany: false),
    ])

    func check(_ fields: [Schema.Field], isKey: Bool, properties _: FormatProperties) throws {
        if !holdsMany, fields.count > 1 { throw FormatError("\(name) holds one column", hint: "use JSON") }
        if name == "NONE", !fields.isEmpty { throw FormatError("NONE holds no columns") }
        for field in fields where !holdsCollections && !field.type.childTypes.isEmpty {
            throw FormatError("\(name) cannot hold \(field.name) of type \(field.type)", hint: "use JSON")
        }
        for field in fields
        where name == "KAFKA" && ![.integer, .bigint, .double, .string, .bytes].contains(field.type) {
            throw FormatError("KAFKA cannot hold \(field.name) of type \(field.type)", hint: "use JSON")
        }
    }

    func makeReader(_: [Schema.Field], wanted _: [Int], properties _: FormatProperties) throws -> any FormatReader {
        throw FormatError("\(name) only plans")
    }

    func makeWriter(_: [Schema.Field], properties _: FormatProperties) throws -> any FormatWriter {
        throw FormatError("\(name) only plans")
    }
}
