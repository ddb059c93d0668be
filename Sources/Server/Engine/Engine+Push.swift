import Dispatch
import Parser
import Planner
import Runtime
import Values

extension Engine {
    /// Starts a push query whose rows go to `reply`.
    func startPush(
        _ plan: TransientPlan,
        _ properties: [String: String],
        _ request: StatementRequest,
        _ reply: ReplyStream
    ) throws {
        let topics = Set(plan.topology.subtopologies.flatMap(\.sources).map(\.topic))
        let start = try resumePositions(plan, topics)
        var incarnations: [String: String] = [:]
        if plan.topology.keepsNothing {
            for topic in topics { incarnations[topic] = try broker.incarnation(of: topic) }
        }
        let id = nextPushQueryID()
        reply.header(
            ReplyHeader(
                query: id,
                columns: plan.columns.map { .init($0.name, $0.type.description) },
                key: plan.keyNames,
                changes: plan.changes == .append ? .append : .upsert
            )
        )
        if plan.limit == 0 {
            reply.finish("OK 0 rows 0 ms")
            return
        }
        let settings = QuerySettings(properties)
        if plan.resume == nil { explainStart(settings, plan, reply) }
        let finished: @Sendable () -> Void = { [weak self] in
            guard let self else { return }
            control.async { self.pushQueries[id]?.end(nil) }
        }
        let push = PushQuery(
            id: id,
            reply: reply,
            limit: plan.limit,
            order: plan.columnOrder,
            isResumable: plan.topology.keepsNothing,
            start: start,
            encode: { request.lines($0) },
            finished: finished
        )
        let names = plan.topology.stores.map(\.name)
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, UInt32($0 + 1)) })
        try createTransientTopics(plan.topology)
        let status = QueryStatus()
        let running = try launch(
            Launch(
                id: id,
                sql: request.text,
                topology: plan.topology,
                settings: settings,
                stores: StoreNumbers(query: id, numbers: numbers, prefix: self.settings.planner.internalTopicPrefix),
                database: MemoryDatabase(),
                results: push,
                plan: nil
            ),
            status: status
        )
        let report = PushReport(push, running, reply, incarnations: incarnations)
        let query = RunningPushQuery(running, push, reply, report, engine: self)
        pushQueries[id] = query
        reply.onWritable { push.resume() }
        reply.onCancel { [weak self] reason in
            guard let self else { return }
            control.async { self.pushQueries[id]?.end(reason) }
        }
    }

    /// Where RESUME FROM says that the query starts; empty without it.
    private func resumePositions(_ plan: TransientPlan, _ topics: Set<String>) throws -> [TopicPartition: Int64] {
        guard let resume = plan.resume else { return [:] }
        do {
            return try ResumeToken(resume.token).positions(of: topics, broker)
        } catch var error as ReplyError {
            (error.line, error.column) = (resume.position.line, resume.position.column)
            throw error
        }
    }

    private func createTransientTopics(_ topology: Topology) throws {
        for topic in topology.internalTopics { try broker.createTopic(topic.name, topic.settings) }
    }

    private func explainStart(_ settings: QuerySettings, _ plan: TransientPlan, _ reply: ReplyStream) {
        guard plan.reads.count > 0 else { return }
        let names = plan.reads.map(quotedIdentifier).joined(separator: ", ")
        switch settings.start {
        case .earliest:
            reply.notice(
                "00000",
                "reading \(names) from the beginning; SET 'auto.offset.reset' = 'latest' shows new rows only"
            )
        case .latest: reply.notice("00000", "reading new rows of \(names) only")
        }
    }
}

/// A push query between its first row and its end; touched on the engine's control queue.
final class RunningPushQuery {
    let running: RunningQuery
    let push: PushQuery
    private let reply: ReplyStream
    private unowned let engine: Engine
    private var ended = false
    private var quietSeconds = 0
    private var lastRows: Int64 = 0
    private let report: PushReport

    init(
        _ running: RunningQuery,
        _ push: PushQuery,
        _ reply: ReplyStream,
        _ report: PushReport,
        engine: Engine
    ) {
        self.report = report
        self.running = running
        self.push = push
        self.reply = reply
        self.engine = engine
    }

    /// Stops the query and ends the request: with success when the limit was reached, else with the reason.
    func end(_ reason: CancelReason?) {
        guard !ended else { return }
        ended = true
        engine.pushQueries[push.id] = nil
        let clock = engine.services.clock
        let milliseconds = clock.wallMilliseconds() - running.startedAt
        let running = self.running
        let reply = self.reply
        let rows = push.rows
        let broker = engine.broker
        let report = self.report
        // Threads may be in the middle of a batch; nobody else should wait for them.
        engine.readers.async {
            running.stop()
            // All that was sent is before its token.
            if reason != nil { report.write() }
            for topic in running.topology.internalTopics {
                do {
                    try broker.deleteTopic(topic.name)
                } catch {
                    Diagnostics.line("topic \(topic.name) of an ended push query stays: \(error)")
                }
            }
            if let reason {
                reply.fail(.cancelled(reason))
            } else {
                reply.finish("OK \(rows) rows \(milliseconds) ms")
            }
        }
    }

    /// Called every second: progress every five seconds, and after two seconds without rows a word why.
    func tick(second: Int) {
        push.resume()
        let rows = push.rows
        quietSeconds = rows == lastRows ? quietSeconds + 1 : 0
        lastRows = rows
        if rows == 0, quietSeconds == 2, let text = whyNoRows() { reply.notice("01000", text) }
        if second % 5 == 0 || quietSeconds == 1 { report.write() }
    }

    private func whyNoRows() -> String? {
        if let error = running.status.error { return "no rows yet: the query failed and starts again: \(error)" }
        let metrics = running.status.tasks.flatMap(\.metrics)
        let read = metrics.filter { $0.name.hasPrefix("Source ") }.reduce(0) { $0 + $1.metrics.rowsIn.value }
        if read == 0 { return "no rows yet: nothing was read, the topic is empty or has no new records" }
        var parts: [String] = []
        for each in metrics where each.metrics.dropped.value > 0 {
            parts.append("\(each.metrics.dropped.value) dropped by \(each.name)")
        }
        for each in metrics where each.metrics.errors.value > 0 {
            parts.append("\(each.metrics.errors.value) errors in \(each.name), see PROCESSING_LOG")
        }
        for each in metrics where each.metrics.late.value > 0 {
            parts.append("\(each.metrics.late.value) late for \(each.name)")
        }
        return parts.isEmpty ? nil : "no rows yet: \(read) read, " + parts.joined(separator: ", ")
    }
}
