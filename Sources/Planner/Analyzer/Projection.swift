import Parser
import Runtime
import Values

extension QueryAnalyzer {
    /// The analysis of a query whose output columns are known: which of them are the key.
    func projected(
        _ items: [SelectedColumn],
        _ rows: Rows,
        dropsKey: Bool = false,
        window: KeyWindow?,
        windowRetention: Int64? = nil
    ) throws(PlanError) -> QueryAnalysis {
        let input = rows.plan.output
        try checkNames(items)
        var sorted = SortedColumns(items, rows)
        if use == .persistent {
            try sorted.checkRepeatedKeys()
        } else {
            sorted.keepWindowBounds(input)
        }
        let names = sorted.keyNames(input)
        let key = input.key.indices.map { LogicalPlan.Named(names[$0], input.column($0)) }
        let values = sorted.values.map { LogicalPlan.Named(items[$0].name, items[$0].expression) }
        if use == .persistent, values.isEmpty {
            throw PlanError(
                SQLState.invalidDefinition,
                "SELECT has nothing but the key, and a stream or table made by a query needs a value column",
                at: items.first?.position,
                hint: items.first.map {
                    "select something else, too, or a copy of the key: AS_VALUE(\($0.expression)) AS \($0.name)_VALUE"
                }
            )
        }
        let plan = LogicalPlan.project(LogicalPlan.Projection(key: key, values: values), rows.plan)
        return QueryAnalysis(
            plan: plan,
            sources: rows.sources,
            columns: items.map { Schema.Field($0.name, $0.expression.type) },
            columnOrder: sorted.order(plan.output, items.count),
            missingKeys: sorted.missing(rows),
            dropsKey: dropsKey,
            isPartitioned: rows.keyOrigin == .partitioning,
            window: window,
            windowRetention: windowRetention,
            literals: Dictionary(
                items.filter(\.expression.isConstant).map { ($0.name, $0.expression) },
                uniquingKeysWith: { first, _ in first }
            )
        )
    }

    private func checkNames(_ items: [SelectedColumn]) throws(PlanError) {
        var seen: Set<String> = []
        for item in items {
            if use == .persistent, item.isReserved {
                throw PlanError(
                    SQLState.invalidDefinition,
                    "a column cannot be stored under the name \(item.name), which rows have for themselves",
                    at: item.position,
                    hint: "give it another name, e.g. \(item.name) AS \(item.name)_1"
                )
            }
            guard seen.insert(item.name).inserted else {
                throw PlanError(
                    SQLState.duplicateColumn,
                    "two columns of SELECT are named \(quotedIdentifier(item.name))",
                    at: item.position,
                    hint: "AS gives one of them another name"
                )
            }
        }
    }
}

/// The output columns of a query, told apart into key columns and values.
private struct SortedColumns {
    private let items: [SelectedColumn]
    /// For each key column the output column that is it.
    private var keys: [Int?]
    /// Output columns that are window bounds of windowed rows under their own names.
    private var bounds: [Int: Int] = [:]

    init(_ items: [SelectedColumn], _ rows: Rows) {
        self.items = items
        keys = rows.keyEquivalents.map { expressions in
            for expression in expressions {
                if let index = items.firstIndex(where: { $0.expression == expression }) { return index }
            }
            return nil
        }
    }

    /// The output columns that are values.
    var values: [Int] { items.indices.filter { !keys.contains($0) && bounds[$0] == nil } }

    func checkRepeatedKeys() throws(PlanError) {
        for key in keys {
            guard let key else { continue }
            for (index, item) in items.enumerated()
            where index != key && item.expression == items[key].expression {
                throw PlanError(
                    SQLState.duplicateColumn,
                    "the projection contains the key column \(quotedIdentifier(items[key].name)) more than once",
                    at: item.position,
                    hint: "AS_VALUE(\(quotedIdentifier(items[key].name))) copies it into the value"
                )
            }
        }
    }

    /// Lets unnamed WINDOWSTART and WINDOWEND be the bounds that the rows have anyway.
    mutating func keepWindowBounds(_ input: Schema) {
        guard input.isWindowed else { return }
        for (offset, name) in [Schema.windowStart, Schema.windowEnd].enumerated() {
            let column = input.column(input.keyCount + offset)
            if let index = items.firstIndex(where: { $0.name == name && $0.expression == column }) {
                bounds[index] = input.keyCount + offset
            }
        }
    }

    /// The names of the key columns: SELECT's, or for a column that is not selected one that nothing else has.
    func keyNames(_ input: Schema) -> [String] {
        var taken = Set(items.map(\.name))
        return keys.indices.map { index in
            if let item = keys[index] { return items[item].name }
            var name = input.fields[index].name
            while !taken.insert(name).inserted { name += "_1" }
            return name
        }
    }

    /// For each output column its place among the plan's columns.
    func order(_ output: Schema, _ count: Int) -> [Int] {
        let values = values
        return (0..<count).map { index in
            if let key = keys.firstIndex(of: index) { return key }
            return bounds[index] ?? output.valueStart + (values.firstIndex(of: index) ?? 0)
        }
    }

    /// For each key column that SELECT lacks what is missing.
    func missing(_ rows: Rows) -> [String?] {
        keys.indices.map { keys[$0] == nil ? rows.keyText($0) : nil }
    }
}
