import Connectors
import Dispatch
import Parser
import Planner
import Runtime

/// What programs that hold an engine themselves (the benchmark, `weir run`, tests) call.
extension Engine {
    /// Carries out definitions, one after another; queries and listings are for connections.
    /// - Returns: the success line of each.
    /// - Throws: ``ReplyError`` or what the statement met.
    @discardableResult
    public func perform(_ sql: String, properties: [String: String] = [:]) throws -> [String] {
        try control.sync {
            try SQLParser.parse(sql).map { statement in
                let planned = try planner.plan(
                    statement,
                    sql: statement.text(in: sql),
                    properties: settings.properties.merging(properties) { $1 },
                    queryNumber: store.nextQueryNumber
                )
                switch planned {
                case .pushQuery, .pullQuery, .insertValues, .bulkInsert, .deleteRow, .explain, .administrative:
                    throw ReplyError("0A000", "only definitions can be carried out here")
                case .nothing(let notice): return notice
                default: return try define(planned, sql: statement.text(in: sql), properties: properties)
                }
            }
        }
    }

    /// Records between all persistent queries and the ends of their topics, as of their last commits.
    public func totalLag() -> Int64 {
        control.sync { queries.values.reduce(0) { $0 + lag(of: $1).values.reduce(0, +) } }
    }

    /// Whether there are queries or connectors that go on by themselves.
    public var hasWork: Bool { control.sync { !queries.isEmpty || !connectors.isEmpty } }

    /// Whether every query has processed and committed all that is in its topics.
    ///
    /// Looks twice, because between looks at two queries the first may have written what the second reads.
    public func isCaughtUp() -> Bool {
        control.sync { (0..<2).allSatisfy { _ in queriesAreCaughtUp() } }
    }

    /// Waits until every query, and behind them every connector, has processed and committed all that is in its topics.
    /// - Parameter goesOn: asked again and again, and should take a few milliseconds; false gives up.
    /// - Returns: whether that came about.
    public func waitUntilCaughtUp(while goesOn: () -> Bool) -> Bool {
        while !isCaughtUp() {
            guard goesOn() else { return false }
        }
        // A look that ends after now may have begun before the last row was there, the one after it did not.
        let wanted = looksAtEnd().mapValues { $0 + 2 }
        while true {
            control.sync { for connector in connectors.values { connector.wake() } }
            let looks = looksAtEnd()
            if wanted.allSatisfy({ (looks[$0.key] ?? .max) >= $0.value }) { return true }
            guard goesOn() else { return false }
        }
    }

    private func looksAtEnd() -> [String: Int64] { control.sync { connectors.mapValues(\.status.looksAtEnd) } }

    private func queriesAreCaughtUp() -> Bool { queries.values.allSatisfy { $0.status.isPaused || isCaughtUp($0) } }

    /// Whether a query has processed and committed all that is in its topics now; on the control queue.
    func isCaughtUp(_ query: RunningQuery) -> Bool {
        let positions = query.status.positions
        return query.topology.subtopologies.flatMap(\.sources).allSatisfy { source in
            guard let count = try? broker.describe(source.topic)?.partitions else { return false }
            return (0..<count).allSatisfy { number in
                let partition = TopicPartition(source.topic, Int32(number))
                guard let position = positions[partition] else { return false }
                return (try? broker.offsets(of: partition).upperBound).map { position >= $0 } ?? false
            }
        }
    }

    /// What keeps a query or a connector from going on.
    public func problem() -> String? {
        control.sync {
            if let (name, reason) = startProblems.min(by: { $0.key < $1.key }) { return "\(name): \(reason)" }
            for query in queries.values.sorted(by: { $0.id < $1.id }) {
                if let error = query.status.error { return "\(query.id): \(error)" }
            }
            for (name, connector) in connectors.sorted(by: { $0.key < $1.key }) {
                let status = connector.status
                guard status.state == .waiting || status.state == .failed else { continue }
                return "\(name): \(status.reason ?? status.state.rawValue)"
            }
            return nil
        }
    }

    /// Records that the persistent queries have read from a topic since they started.
    public func rowsRead(from topic: String) -> Int64 {
        control.sync {
            queries.values.flatMap { OperatorTotals.of($0.status) }.filter { $0.sourceTopic == topic }
                .reduce(0) { $0 + $1.rowsIn }
        }
    }

    /// The first failure among the persistent queries.
    public func queryError() -> String? {
        control.sync { queries.values.compactMap { $0.status.error }.first }
    }

    /// Bytes of all queries' state in the database, about.
    public func stateBytes() -> Int64 {
        control.sync {
            queries.values.reduce(0) { total, query in
                let ids = query.storeIDs { subtopology in
                    // Without its topic a query has no partitions and so no stores to count.
                    subtopology.sources.first.flatMap { try? broker.describe($0.topic)?.partitions } ?? 0
                }
                return total + ids.reduce(0) { $0 + database.approximateBytes(of: $1) }
            }
        }
    }
}
