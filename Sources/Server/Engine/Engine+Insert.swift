import Dispatch
import Planner
import Runtime
import Values

extension Engine {
    /// Appends the row of an INSERT … VALUES and answers.
    func insert(_ plan: InsertValuesPlan, _ reply: ReplyStream) {
        do {
            let target = try InsertTarget(topic: plan.target.topic, layout: plan.layout, services: services)
            let time = plan.rowTime ?? services.clock.wallMilliseconds()
            var bad: [BadPayload] = []
            let runs = try target.messages(
                plan.row.columns,
                timestamps: Column.constant(.bigint, .bigint(time), count: plan.row.count),
                keyless: keylessPartition(),
                bad: &bad
            )
            if let problem = bad.first {
                throw ReplyError(
                    "22023",
                    "\(problem.field.map { "column \(quotedIdentifier($0)): " } ?? "")\(problem.reason)"
                )
            }
            try broker.append(runs)
            reply.finish("INSERTED \(plan.row.count)")
        } catch {
            reply.fail(ReplyError(describing: error))
        }
    }

    /// Appends the record of a DELETE and answers.
    func delete(_ plan: DeleteRowPlan, _ reply: ReplyStream) {
        do {
            let target = try InsertTarget(topic: plan.target.topic, layout: plan.layout, services: services)
            let now = Column.constant(.bigint, .bigint(services.clock.wallMilliseconds()), count: 1)
            var bad: [BadPayload] = []
            let runs = try target.deletions(plan.key, timestamps: now, bad: &bad)
            if let problem = bad.first { throw ReplyError("22023", problem.reason) }
            try broker.append(runs)
            reply.finish("DELETED")
        } catch {
            reply.fail(ReplyError(describing: error))
        }
    }

    /// Deals records without a key to the partitions in turn.
    func keylessPartition() -> Int32 { Int32(truncatingIfNeeded: keylessCount.add(1) & 0x7FFF_FFFF) }
}
