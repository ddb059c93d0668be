import Parser
import Runtime

extension Lowering {
    /// The rows of a source; a stream's records keep their headers on the way to the sink.
    func lower(_ scan: LogicalPlan.Scan) -> Fragment {
        Fragment(scan.spec(readsHeaders: scan.source.kind == .stream))
    }

    func repartition(_: LogicalPlan) throws(PlanError) -> Fragment {
        throw PlanError(SQLState.notSupported, "repartitioning is not supported yet")
    }

    func aggregate(_: LogicalPlan.Aggregation, _: LogicalPlan) throws(PlanError) -> Fragment {
        throw PlanError(SQLState.notSupported, "GROUP BY is not supported yet")
    }

    func join(_: LogicalPlan.TableJoin, _: LogicalPlan, _: LogicalPlan) throws(PlanError) -> Fragment {
        throw PlanError(SQLState.notSupported, "joins are not supported yet")
    }
}
