import Runtime
import Values

extension Rule {
    /// Lets every step carry, and every source decode, only the columns that something above reads.
    static let pruneColumns = Rule("prune-columns") { plan, _ in
        var pruner = ColumnPruner()
        let pruned = pruner.prune(plan, Set(plan.output.fields.indices))
        return pruner.changed ? pruned.plan : nil
    }
}

/// A step without the columns that nobody reads, and where the others went.
private struct Pruned {
    let plan: LogicalPlan
    /// For each column of the old output its place in the new one.
    let places: [Int: Int]
}

private struct ColumnPruner {
    var changed = false

    /// - Parameter needed: columns of the plan's output; its key and window bounds stay in any case.
    mutating func prune(_ plan: LogicalPlan, _ needed: Set<Int>) -> Pruned {
        switch plan {
        case .scan(let scan): return pruned(scan, needed)
        case .filter(let condition, let input):
            let inner = prune(input, needed.union(condition.columnsRead))
            return Pruned(plan: .filter(condition.moved(inner.places), inner.plan), places: inner.places)
        case .repartition(let input):
            let inner = prune(input, needed)
            return Pruned(plan: .repartition(inner.plan), places: inner.places)
        case .project(let projection, let input): return pruned(projection, input, needed)
        case .flatMap(let calls, let input): return pruned(calls, input, needed)
        case .aggregate(var aggregation, let input):
            let inner = prune(input, Set(aggregation.calls.flatMap(\.arguments)))
            for index in aggregation.calls.indices {
                aggregation.calls[index].arguments = aggregation.calls[index].arguments.map { inner.places[$0] ?? $0 }
            }
            let all = plan.output.fields.indices
            return Pruned(
                plan: .aggregate(aggregation, inner.plan),
                places: Dictionary(uniqueKeysWithValues: all.map { ($0, $0) })
            )
        case .join(let join, let stream, let table): return pruned(join, stream, table, needed)
        }
    }

    private mutating func pruned(_ scan: LogicalPlan.Scan, _ needed: Set<Int>) -> Pruned {
        let output = scan.output
        var kept = scan
        kept.wanted = []
        kept.pseudoColumns = []
        var places: [Int: Int] = [:]
        for index in 0..<output.valueStart { places[index] = index }
        for (offset, column) in scan.wanted.enumerated() {
            let index = output.valueStart + offset
            guard needed.contains(index) || scan.source.valueFields[column].name == scan.source.timestamp?.name else {
                continue
            }
            places[index] = output.valueStart + kept.wanted.count
            kept.wanted.append(column)
        }
        for (offset, column) in scan.pseudoColumns.enumerated() {
            let index = output.valueStart + scan.wanted.count + offset
            guard needed.contains(index) else { continue }
            places[index] = output.valueStart + kept.wanted.count + kept.pseudoColumns.count
            kept.pseudoColumns.append(column)
        }
        if places.count < output.fields.count { changed = true }
        return Pruned(plan: .scan(kept), places: places)
    }

    private mutating func pruned(_ projection: LogicalPlan.Projection, _ input: LogicalPlan, _ needed: Set<Int>)
        -> Pruned
    {
        let start = projection.key.count + (input.output.isWindowed ? 2 : 0)
        let kept = projection.values.indices.filter { needed.contains(start + $0) }
        if kept.count < projection.values.count { changed = true }
        let values = kept.map { projection.values[$0] }
        let reads = (projection.key + values).reduce(into: Set<Int>()) { $0.formUnion($1.expression.columnsRead) }
        let inner = prune(input, reads)
        let move = { (column: LogicalPlan.Named) in
            LogicalPlan.Named(column.name, column.expression.moved(inner.places))
        }
        var places: [Int: Int] = [:]
        for index in 0..<start { places[index] = index }
        for (offset, index) in kept.enumerated() { places[start + index] = start + offset }
        return Pruned(
            plan: .project(.init(key: projection.key.map(move), values: values.map(move)), inner.plan),
            places: places
        )
    }

    /// A call whose values nobody reads still says how many rows there are.
    private mutating func pruned(_ calls: [LogicalPlan.TableCall], _ input: LogicalPlan, _ needed: Set<Int>) -> Pruned {
        let width = input.output.fields.count
        let read = calls.flatMap(\.arguments).reduce(into: needed.filter { $0 < width }) {
            $0.formUnion($1.columnsRead)
        }
        let inner = prune(input, read)
        let moved = calls.map { call in
            var call = call
            call.arguments = call.arguments.map { $0.moved(inner.places) }
            return call
        }
        var places = inner.places
        let newWidth = inner.plan.output.fields.count
        for index in calls.indices { places[width + index] = newWidth + index }
        return Pruned(plan: .flatMap(moved, inner.plan), places: places)
    }

    private mutating func pruned(
        _ join: LogicalPlan.Join,
        _ stream: LogicalPlan,
        _ table: LogicalPlan,
        _ needed: Set<Int>
    ) -> Pruned {
        let width = stream.output.fields.count
        let start = join.rightStart(table.output)
        let tableWidth = table.output.fields.count - start
        let left = prune(stream, needed.filter { $0 < width }.union(join.foreignKey?.columnsRead ?? []))
        let right = prune(
            table,
            Set(needed.map { $0 - width + start }.filter { (start..<(start + tableWidth)).contains($0) })
        )
        let newWidth = left.plan.output.fields.count
        var places = left.places
        for (old, new) in right.places where old >= start { places[old - start + width] = new - start + newWidth }
        var join = join
        join.foreignKey = join.foreignKey?.moved(left.places)
        if join.hasRightTime {
            join.hasRightTime = needed.contains(width + tableWidth)
            if join.hasRightTime {
                places[width + tableWidth] = newWidth + right.plan.output.fields.count - start
            } else {
                changed = true
            }
        }
        return Pruned(plan: .join(join, left.plan, right.plan), places: places)
    }
}

extension Expression {
    /// The expression over columns that went to other places.
    fileprivate func moved(_ places: [Int: Int]) -> Expression { remappingColumns { places[$0] ?? $0 } }
}
