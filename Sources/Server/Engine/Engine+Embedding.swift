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
                case .pushQuery, .pullQuery, .insertValues, .bulkInsert, .explain, .administrative:
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
