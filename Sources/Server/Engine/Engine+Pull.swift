import Dispatch
import Functions
import Planner
import Runtime
import Values

extension Engine {
    /// Answers a pull query on a reader thread, from committed state or from a topic's present content.
    func pull(_ plan: PullPlan, _ request: StatementRequest, _ reply: ReplyStream, _ started: Int64) {
        do {
            let read = try pullReader(plan)
            let query = PullQuery(plan, services: services, database: database)
            readers.async {
                do {
                    let rows = try query.run(read, request, reply)
                    if let reason = reply.cancelReason { throw ReplyError.cancelled(reason) }
                    if rows == 0, plan.limit != 0, let text = self.whyEmpty(plan) { reply.notice("01000", text) }
                    reply.finish("OK \(rows) rows \(self.services.clock.monotonicMilliseconds() - started) ms")
                } catch {
                    reply.fail(ReplyError(describing: error))
                }
            }
        } catch {
            reply.fail(ReplyError(describing: error))
        }
    }

    /// Why a table that is read may lack rows; nil when its query has processed all there is.
    private func whyEmpty(_ plan: PullPlan) -> String? {
        guard case .state(let state, _) = plan.access else { return nil }
        return control.sync {
            guard let running = queries[state.query] else { return nil }
            if let error = running.status.error { return "no rows: \(state.query) failed: \(error)" }
            if running.status.isPaused { return "no rows: \(state.query) is paused" }
            if isCaughtUp(running) { return nil }
            let left = lag(of: running).values.reduce(0, +)
            return "no rows yet: \(state.query) has \(left > 0 ? "\(left)" : "some") records still to read"
        }
    }

    /// What delivers the rows: called on a reader thread with what takes them, until that returns false.
    private func pullReader(_ plan: PullPlan) throws -> PullQuery.Read {
        switch plan.access {
        case .state(let state, let range):
            guard let running = queries[state.query] else {
                throw ReplyError("55000", "query \(state.query), which keeps this table, is not running")
            }
            let stores = try storeIDs(of: state, running)
            let database = self.database
            return { take in try PullQuery.readState(state, range, stores, database, take) }
        case .topic(let source):
            let services = self.services
            return { take in try PullQuery.readTopic(source, services, take) }
        }
    }

    private func storeIDs(of state: Materialization, _ running: RunningQuery) throws -> [StoreID] {
        let subtopology = running.topology.subtopologies[state.subtopology]
        let names = subtopology.nodes[state.node].spec.stores.map(\.name)
        guard let topic = subtopology.sources.first?.topic, let settings = try broker.describe(topic) else { return [] }
        return (0..<settings.partitions).flatMap { partition in
            names.map { running.stores.id($0, partition: Int32(partition)) }
        }
    }
}

/// One pull query: rows from a reader through filters and projections to the client.
struct PullQuery: Sendable {
    /// Calls what it is given with each batch until that returns false.
    typealias Read = @Sendable ((Batch) throws -> Bool) throws -> Void

    private let plan: PullPlan
    private let services: QueryServices
    private let database: any StateDatabase

    init(_ plan: PullPlan, services: QueryServices, database: any StateDatabase) {
        self.plan = plan
        self.services = services
        self.database = database
    }

    /// Sends header and rows.
    /// - Returns: how many rows.
    func run(_ read: Read, _ request: StatementRequest, _ reply: ReplyStream) throws -> Int64 {
        reply.header(
            ReplyHeader(columns: plan.columns.map { .init($0.name, $0.type.description) }, key: plan.keyNames)
        )
        let steps = try operators()
        let limit = plan.limit ?? .max
        var sent: Int64 = 0
        guard limit > 0 else { return 0 }
        try read { batch in
            for row in try PullQuery.apply(steps, to: batch) {
                let rows = row.projected(plan.columnOrder).prefix(Int(min(Int64(row.count), limit - sent)))
                guard rows.count > 0 else { continue }
                sent += Int64(rows.count)
                reply.rows(request.lines(rows), count: rows.count)
            }
            return sent < limit && reply.cancelReason == nil
        }
        return sent
    }

    private func operators() throws -> [any Operator] {
        let context = TaskContext(
            query: "pull",
            partition: 0,
            database: database,
            session: NoSession(),
            formats: services.formats,
            settings: TaskSettings(),
            log: services.log,
            metrics: OperatorMetrics(),
            stores: [:],
            partitionCounts: [:]
        )
        // A state holds the rows before HAVING and the query's own projection.
        var steps = plan.steps
        if case .state(let state, _) = plan.access { steps = state.steps + steps }
        return try steps.map { try $0.makeOperator(context) }
    }

    private static func apply(_ steps: [any Operator], to batch: Batch) throws -> [Batch] {
        var batches = [batch.withoutDeleted()]
        let emitter = Emitter()
        for step in steps {
            for each in batches where each.count > 0 { try step.process(each, input: 0, into: emitter) }
            batches = emitter.take()
        }
        return batches
    }

    /// Reads the state of the operator that keeps the table, and takes it through the plan's remaining operators.
    static func readState(
        _ state: Materialization,
        _ range: StateRange,
        _ stores: [StoreID],
        _ database: any StateDatabase,
        _ take: (Batch) throws -> Bool
    ) throws {
        var keys: [Column]?
        if case .lookups(let columns) = range.keys { keys = columns }
        let query = StateQuery(keys: keys, windowStarts: range.windowStart)
        guard let readable = state.spec as? any ReadableState else {
            throw ReplyError("0A000", "this table keeps no state that can be read: \(state.spec.summary)")
        }
        try readable.rows(in: database, stores: stores, query, take)
    }

    /// Reads the records that the topic holds now.
    static func readTopic(_ source: SourceSpec, _ services: QueryServices, _ take: (Batch) throws -> Bool) throws {
        guard let settings = try services.broker.describe(source.topic) else { return }
        for number in 0..<settings.partitions {
            let partition = TopicPartition(source.topic, Int32(number))
            let range = try services.broker.offsets(of: partition)
            let reader = try TopicReader(source, formats: services.formats, log: services.log)
            var position = range.lowerBound
            while position < range.upperBound {
                let run = try services.broker.read(partition, from: position, rowsMax: 4096, bytesMax: 1 << 20)
                guard run.nextOffset > position else { break }
                position = run.nextOffset
                for batch in try reader.decode(run) where !(try take(batch)) { return }
            }
        }
    }
}

extension Batch {
    /// Only the rows that are not deletions.
    func withoutDeleted() -> Batch {
        guard deleted != nil else { return self }
        let kept = (0..<Int32(count)).filter { !isDeleted(Int($0)) }
        return kept.withUnsafeBufferPointer { list in
            list.baseAddress.map { gather($0, count: list.count) } ?? gather([], count: 0)
        }
    }
}

/// Filters and projections of a pull query neither read nor write topics.
private final class NoSession: BrokerSession {
    var wakeUp: @Sendable () -> Void { {} }
    func assign(_: [TopicPartition: Int64]) {}
    func pause(_: Set<TopicPartition>) {}
    func poll(rowsMax _: Int, timeoutMilliseconds _: Int) -> MessageRun? { nil }
    func append(_: OutgoingRun) { preconditionFailure("a pull query writes nothing") }
    func commit(_: Epoch) -> CommitOutcome { .committed }
    func abort() {}
    func restore(_: TaskCommitID, stores _: [StoreID], inputs _: [TopicPartition]) -> [TopicPartition: Int64] { [:] }
}
