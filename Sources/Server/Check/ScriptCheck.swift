import Connectors
import Parser
import Planner
import Runtime
import Values

/// Plans statements one after another against the catalog that they themselves build; nothing runs.
///
/// Topics that no statement makes are taken to exist.
public struct ScriptCheck {
    /// What a statement came to.
    public struct Outcome: Sendable {
        /// Why the statement would be refused, its place counted from the start of the text that was checked.
        public var problem: ReplyError?
        /// The plan of a query as EXPLAIN prints it.
        public var plan: String?
        /// True when the statement could not be checked, because a definition before it failed.
        public var isSkipped = false
    }

    private var catalog = Catalog()
    private var topics: [String: TopicSettings] = [:]
    private var properties: [String: String] = [:]
    private var variables: [String: String]
    private var queryNumber = 0
    /// Names that a statement with an error would have defined.
    private var missing: Set<String> = []

    /// - Parameter variables: values by name that `${name}` stands for from the start; DEFINE does not change them.
    public init(variables: [String: String] = [:]) {
        self.variables = [:]
        for (name, value) in variables { self.variables[name.uppercased()] = value }
    }

    /// Checks the next statement of the script.
    public mutating func check(_ text: String) -> Outcome {
        do {
            var options = ParserOptions()
            options.variables = variables
            var plan: String?
            for statement in try SQLParser.parse(text, options: options) {
                plan = try take(statement, text) ?? plan
            }
            return Outcome(plan: plan)
        } catch {
            let problem = ReplyError(describing: error)
            let cause = missing.first { problem.message.contains(quotedIdentifier($0)) }
            if let name = definedName(text) { missing.insert(name) }
            // One mistake is told once: what only fails for want of an earlier definition is not another.
            if cause != nil, problem.sqlstate == "42P01" || problem.sqlstate == "42704" {
                return Outcome(isSkipped: true)
            }
            return Outcome(problem: problem)
        }
    }

    private mutating func take(_ statement: Statement, _ text: String) throws -> String? {
        let topics = self.topics
        var settings = PlannerSettings()
        settings.partitions = 1
        let planner = Planner(
            catalog: catalog,
            formats: FormatRegistry(Formats.all),
            settings: settings,
            topicSettings: { topics[$0] }
        )
        let planned = try planner.plan(
            statement,
            sql: statement.text(in: text),
            properties: properties,
            queryNumber: queryNumber
        )
        if let query = planned.query {
            queryNumber += 1
            catalog.add(QueryDescription(query, sql: statement.text(in: text)))
            for topic in query.topology.internalTopics + [query.sinkTopic].compactMap({ $0 }) {
                self.topics[topic.name] = topic.settings
            }
        }
        try define(planned)
        return planned.planText
    }

    private mutating func define(_ planned: PlannedStatement) throws {
        switch planned {
        case .createSource(let plan):
            if let topic = plan.topic { topics[topic.name] = topic.settings }
            catalog.replace(plan.source)
        case .createAs(let plan): catalog.replace(plan.source)
        case .alterSource(let source): catalog.replace(source)
        case .dropSource(let plan): try catalog.dropSource(plan.source.name)
        case .terminate(let ids): for id in ids { catalog.removeQuery(id) }
        case .createType(let name, let type): try catalog.addType(name, type)
        case .dropType(let name): try catalog.dropType(name)
        case .createConnector(let connector): try catalog.add(connector)
        case .dropConnector(let name): try catalog.dropConnector(name)
        case .administrative(let statement): try administer(statement)
        case .insertInto, .insertValues, .bulkInsert, .deleteRow, .pushQuery, .pullQuery, .pause, .resume, .explain,
            .nothing:
            break
        }
    }

    private mutating func administer(_ statement: Statement) throws {
        switch statement.kind {
        case .setProperty(let name, let value):
            if let problem = QuerySettings.problem(name, value) {
                throw ReplyError("22023", problem, line: statement.position.line, column: statement.position.column)
            }
            properties[QuerySettings.plainName(name)] = value
        case .unsetProperty(let name): properties[QuerySettings.plainName(name)] = nil
        case .define(let name, let value): variables[name.text.uppercased()] = value
        case .undefine(let name): variables[name.text.uppercased()] = nil
        default: break
        }
    }

    /// The name behind CREATE STREAM, TABLE, TYPE or CONNECTOR of a text that need not be a statement.
    private func definedName(_ text: String) -> String? {
        var words = text.split { $0.isWhitespace || $0 == "(" }.drop { $0.uppercased() != "CREATE" }.dropFirst()
        while let word = words.popFirst()?.uppercased() {
            switch word {
            case "OR", "REPLACE", "SOURCE", "SINK": continue
            case "STREAM", "TABLE", "TYPE", "CONNECTOR":
                while let next = words.first?.uppercased(), ["IF", "NOT", "EXISTS"].contains(next) {
                    words.removeFirst()
                }
                guard let name = words.first else { return nil }
                guard let quote = name.first, quote == "`" || quote == "\"" else { return name.uppercased() }
                return String(name.drop { $0 == quote }.prefix { $0 != quote })
            default: return nil
            }
        }
        return nil
    }
}

extension PlannedStatement {
    /// The persistent query that the statement starts.
    fileprivate var query: PersistentQueryPlan? {
        switch self {
        case .createSource(let plan): plan.query
        case .createAs(let plan): plan.query
        case .insertInto(let plan): plan.query
        default: nil
        }
    }

    /// What EXPLAIN says about the statement's query.
    fileprivate var planText: String? {
        switch self {
        case .pushQuery(let plan): plan.text.description
        case .pullQuery(let plan): plan.text.description
        case .explain(let text): text
        default: query?.text.description
        }
    }
}
