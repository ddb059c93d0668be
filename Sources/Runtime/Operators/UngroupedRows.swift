import Values

/// Rows of one batch that belong to no group, because a column that they are grouped by is NULL: counted, and the first
/// of them said in the processing log.
struct UngroupedRows {
    private(set) var count = 0
    private var first: [Int] = []

    mutating func add(_ row: Int) {
        if count < EvaluationContext.problemsMax { first.append(row) }
        count += 1
    }

    /// Writes a line for each.
    /// - Parameters:
    ///   - keys: the columns that the rows are grouped by.
    ///   - fields: what those are called.
    func report(_ batch: Batch, _ keys: [Column], _ fields: [Schema.Field], _ context: TaskContext) {
        let offsets = batch.origin?.offsets.values(as: Int64.self)
        for row in first {
            context.log.record(
                RecordProblem(
                    kind: .expression,
                    query: context.query,
                    topic: batch.origin?.topic,
                    partition: batch.origin?.partition,
                    offset: offsets.map { $0[row] },
                    field: zip(keys, fields).first { $0.0.isNull(row) }?.1.name,
                    reason: "the row belongs to no group: it is grouped by a NULL"
                )
            )
        }
    }
}
