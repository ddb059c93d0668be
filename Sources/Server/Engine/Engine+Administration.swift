import Parser
import Planner
import Runtime
import Values

extension Engine {
    /// Carries out a statement that neither defines nor reads data: SHOW, DESCRIBE, SET, PRINT and the like.
    func administer(
        _ statement: Statement,
        _ request: StatementRequest,
        _ reply: ReplyStream,
        _ started: Int64
    ) throws {
        let answer = Answer(request: request, reply: reply, started: started, clock: services.clock)
        switch statement.kind {
        case .list(let listing): try show(listing, answer)
        case .describe(let description): try describe(description, answer)
        case .print(let topic): try printTopic(topic, answer)
        case .setProperty(let name, let value): try setProperty(name, value, request, reply)
        case .unsetProperty(let name):
            request.session.setProperty(QuerySettings.plainName(name), to: nil)
            reply.finish("UNSET \(QuerySettings.plainName(name))")
        case .define(let name, let value):
            request.session.setVariable(name.text, to: value)
            reply.finish("DEFINED \(name.text)")
        case .undefine(let name):
            request.session.setVariable(name.text, to: nil)
            reply.finish("UNDEFINED \(name.text)")
        case .explain(.query(let id)): try explainQuery(id.text, answer)
        case .assertTopic(let assertion): try assertTopic(assertion, reply)
        case .alterSystem:
            throw ReplyError(
                "0A000",
                "ALTER SYSTEM is not supported",
                hint: "SET changes a property of this session, weir server --property NAME=VALUE that of all sessions"
            )
        case .assertSchema:
            throw ReplyError("0A000", "ASSERT SCHEMA is not supported: the engine asks no schema registry")
        default:
            throw ReplyError(
                "0A000",
                "this statement is not supported by the server",
                line: statement.position.line,
                column: statement.position.column
            )
        }
    }

    /// What an administrative statement answers with.
    struct Answer {
        let request: StatementRequest
        let reply: ReplyStream
        let started: Int64
        let clock: Clock

        func send(_ table: ResultTable) { table.send(request, reply, started: started, clock: clock) }
    }

    private func setProperty(
        _ name: String,
        _ value: String,
        _ request: StatementRequest,
        _ reply: ReplyStream
    ) throws {
        let plain = QuerySettings.plainName(name)
        _ = try QuerySettings.checked([plain: value])
        if !QuerySettings.known.contains(where: { $0.name == plain }) {
            let meant = Spelling.nearest(to: plain, among: QuerySettings.known.map(\.name))
            reply.notice(
                "01000",
                "'\(plain)' is kept, but nothing reads it; "
                    + (meant.map { "did you mean '\($0)'?" } ?? "SHOW PROPERTIES lists what is read")
            )
        }
        request.session.setProperty(plain, to: value)
        reply.finish("SET \(plain) = '\(value)'")
    }

    /// Sends the plan of a statement line by line.
    func explain(_ text: String, _ request: StatementRequest, _ reply: ReplyStream, _ started: Int64) {
        var table = ResultTable([("PLAN", .string)])
        table.rows = text.split(separator: "\n", omittingEmptySubsequences: false).map { [.string(String($0))] }
        table.send(request, reply, started: started, clock: services.clock)
    }

    private func explainQuery(_ id: String, _ answer: Answer) throws {
        guard let query = queries[id] else { throw unknownQuery(id) }
        var text = "Query \(id), \(query.status.state.rawValue)\n\(query.sql)\n"
        if let plan = query.plan { text += "\n\(plan.text)\n" }
        explain(text, answer.request, answer.reply, answer.started)
    }

    func unknownQuery(_ id: String) -> ReplyError {
        let names = queries.keys.sorted()
        return ReplyError(
            "42704",
            "there is no query \(id)",
            hint: names.isEmpty ? "no query is running" : "the queries are \(names.joined(separator: ", "))"
        )
    }
}
