import Connectors
import Dispatch
import Parser
import Planner
import Runtime
import Storage

/// Runs the statements of connections on an engine.
public final class EngineExecutor: StatementExecutor {
    let engine: Engine

    public init(_ engine: Engine) { self.engine = engine }

    public func execute(_ request: StatementRequest, reply: ReplyStream) {
        let engine = self.engine
        engine.control.async { engine.execute(request, reply) }
    }

    public func insert(_ request: BulkInsertRequest, reply: ReplyStream) -> any BulkInsertReceiver {
        BulkInsert(request, reply, engine)
    }
}

extension Engine {
    /// Parses, plans and carries out one statement; on the control queue.
    func execute(_ request: StatementRequest, _ reply: ReplyStream) {
        let started = services.clock.monotonicMilliseconds()
        do {
            var options = ParserOptions()
            options.variables = request.session.variables
            let text = try SQLParser.substituted(request.text, options: options)
            for statement in try SQLParser.parse(text, options: .asStored) {
                try execute(statement, text, request, reply, started)
            }
        } catch {
            reply.fail(ReplyError(describing: error))
        }
    }

    private func execute(
        _ statement: Statement,
        _ text: String,
        _ request: StatementRequest,
        _ reply: ReplyStream,
        _ started: Int64
    ) throws {
        let properties = settings.properties.merging(request.session.properties) { $1 }
        let planned = try planner.plan(
            statement,
            sql: statement.text(in: text),
            properties: properties,
            queryNumber: store.nextQueryNumber
        )
        switch planned {
        case .pushQuery(let plan): try startPush(plan, properties, request, reply)
        case .pullQuery(let plan): pull(plan, request, reply, started)
        case .insertValues(let plan):
            readers.async { self.insert(plan, reply) }
        case .deleteRow(let plan):
            readers.async { self.delete(plan, reply) }
        case .bulkInsert:
            throw ReplyError(
                "0A000",
                "INSERT INTO … FORMAT takes its records from the connection",
                hint: "send it as a statement of its own, then one record a line, and \\. at the end"
            )
        case .explain(let plan): explain(plan, request, reply, started)
        case .nothing(let notice):
            reply.notice("00000", notice)
            reply.finish("OK")
        case .administrative(let statement): try administer(statement, request, reply, started)
        case .createConnector(let connector):
            createConnector(connector, reply) {
                try self.define(planned, sql: statement.text(in: text), properties: request.session.properties)
            }
        default:
            reply.finish(try define(planned, sql: statement.text(in: text), properties: request.session.properties))
        }
    }
}

extension ReplyError {
    /// Any error of the engine in the words of the protocol.
    init(describing error: any Error) {
        switch error {
        case let error as ReplyError: self = error
        case let error as Diagnostic:
            self.init(
                error.code,
                error.message,
                line: error.position.line,
                column: error.position.column,
                detail: error.detail,
                hint: error.hint
            )
        case let error as PlanError:
            self.init(
                error.code,
                error.message,
                line: error.position?.line,
                column: error.position?.column,
                detail: error.detail,
                hint: error.hint
            )
        case let error as TopicError: self.init(error.sqlstate, error.message, hint: error.hint)
        case let error as PostgresError:
            self.init(error.sqlstate ?? "55000", error.message, hint: error.hint)
        case let error as FormatError: self.init("22023", error.message, hint: error.hint)
        default: self.init("XX000", "\(error)")
        }
    }
}

extension TopicError {
    /// The SQLSTATE that fits the kind.
    var sqlstate: String {
        switch kind {
        case .notFound: "42704"
        case .partitionsDiffer, .refused: "55000"
        case .full: "53100"
        case .unreachable: "08006"
        case .corrupt: "XX001"
        case .fenced: "57P02"
        }
    }
}
