import Parser
import Runtime
import Values

extension Lowering {
    /// The rows of a source; a stream's records keep their headers on the way to the sink.
    mutating func lower(_ scan: LogicalPlan.Scan, _ need: Need) -> Fragment {
        let isTable = scan.source.kind == .table
        var fragment = Fragment(scan.spec(readsHeaders: !isTable))
        if isTable, need != .changes {
            fragment.append(TableSource(input: scan.output, store: storeName("table")))
        }
        return fragment
    }

    func repartition(_: LogicalPlan, _: Need) throws(PlanError) -> Fragment {
        throw PlanError(SQLState.notSupported, "repartitioning is not supported yet")
    }
}
