import Values

/// Keeps the rows for which a condition is TRUE: WHERE and HAVING.
public struct Filter: OperatorSpec {
    /// BOOLEAN over the columns of the input.
    public let predicate: Expression
    /// True above a table: a row that no longer passes is deleted for the reader, if the reader had seen it.
    public let isTable: Bool
    public let output: Schema

    public init(_ predicate: Expression, input: Schema, isTable: Bool) {
        self.predicate = predicate
        self.isTable = isTable
        output = input
    }

    public var summary: String { "Filter (\(predicate))" }

    public func makeOperator(_ context: TaskContext) throws -> any Operator {
        let predicate = try predicate.compiled()
        return isTable
            ? TableFilter(predicate, valueStart: output.valueStart, context) : StreamFilter(predicate, context)
    }
}

/// A stream's rows that pass; records without a value never do.
private final class StreamFilter: Operator {
    private let predicate: CompiledExpression
    private let context: TaskContext
    private let evaluation = EvaluationContext()

    init(_ predicate: CompiledExpression, _ context: TaskContext) {
        self.predicate = predicate
        self.context = context
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        var rows = predicate.evaluateSelection(batch, evaluation)
        evaluation.log(batch, context)
        if batch.deleted != nil { rows.removeAll { batch.isDeleted(Int($0)) } }
        context.metrics.dropped.add(batch.count - rows.count)
        context.metrics.rowsOut.add(rows.count)
        output.emit(batch.keeping(rows))
    }
}

/// A table's changes as they look through the condition.
///
/// A change is passed on when the new row passes, and as a deletion when only the replaced row did. Where replaced rows
/// are not known, every row that does not pass is a deletion.
private final class TableFilter: Operator {
    private let predicate: CompiledExpression
    private let valueStart: Int
    private let context: TaskContext
    private let evaluation = EvaluationContext()

    init(_ predicate: CompiledExpression, valueStart: Int, _ context: TaskContext) {
        self.predicate = predicate
        self.valueStart = valueStart
        self.context = context
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        let passes = predicate.evaluateCondition(batch, evaluation)
        evaluation.log(batch, context)
        let passed = batch.before.map { predicate.evaluateCondition($0, of: batch, evaluation) }
        _ = evaluation.takeProblems()

        let isVisible = passes.base.assumingMemoryBound(to: UInt8.self)
        let wasVisible = passed?.base.assumingMemoryBound(to: UInt8.self)
        let had = batch.hadBefore?.base.assumingMemoryBound(to: UInt8.self)
        let deleted = Buffer(capacity: batch.count)
        let hadBefore = Buffer(capacity: batch.count)
        let deletes = deleted.base.assumingMemoryBound(to: UInt8.self)
        let replaces = hadBefore.base.assumingMemoryBound(to: UInt8.self)
        var rows: [Int32] = []
        var deletions = 0
        for row in 0..<batch.count {
            let now = isVisible[row] != 0 && !batch.isDeleted(row)
            let earlier = wasVisible.map { $0[row] != 0 && (had.map { $0[row] != 0 } ?? true) } ?? true
            deletes[row] = now ? 0 : 1
            replaces[row] = earlier ? 1 : 0
            guard now || earlier else { continue }
            rows.append(Int32(truncatingIfNeeded: row))
            deletions += now ? 0 : 1
        }
        context.metrics.dropped.add(batch.count - rows.count)
        context.metrics.rowsOut.add(rows.count)
        if rows.isEmpty { return }
        var result = batch
        result.deleted = deletions > 0 ? deleted : nil
        if batch.before != nil { result.hadBefore = hadBefore }
        if deletions > 0 { result.columns = batch.clearingValues(of: deleted, from: valueStart) }
        output.emit(result.keeping(rows))
    }
}

extension Batch {
    /// The rows `rows` of the batch; the batch itself when those are all.
    func keeping(_ rows: [Int32]) -> Batch {
        if rows.count == count { return self }
        return rows.withUnsafeBufferPointer { list in
            gather(list.baseAddress ?? UnsafePointer(bitPattern: 8).unsafelyUnwrapped, count: list.count)
        }
    }

    /// Puts NULL into some columns of the flagged rows.
    mutating func clear(_ indices: [Int], of flags: Buffer) {
        guard !indices.isEmpty else { return }
        let mask = mask(without: flags)
        for index in indices { columns[index] = columns[index].masked(by: mask) }
    }

    /// A bit a row, clear for the flagged ones.
    private func mask(without flags: Buffer) -> Buffer {
        let mask = Bitmap.buffer(count, allSet: true)
        let words = mask.base.assumingMemoryBound(to: UInt64.self)
        let bytes = flags.base.assumingMemoryBound(to: UInt8.self)
        for row in 0..<count where bytes[row] != 0 { Bitmap.clear(words, row) }
        return mask
    }

    /// The columns with NULL in the value columns (those from `valueStart` on) of the flagged rows.
    func clearingValues(of flags: Buffer, from valueStart: Int) -> [Column] {
        let mask = mask(without: flags)
        return columns.enumerated().map { index, column in index < valueStart ? column : column.masked(by: mask) }
    }
}

extension EvaluationContext {
    /// Writes the problems of a batch to the processing log and counts them.
    func log(_ batch: Batch, _ context: TaskContext) {
        guard problemCount > 0 else { return }
        let problems = takeProblems()
        context.metrics.errors.add(problems.count)
        let offsets = batch.origin?.offsets.values(as: Int64.self)
        for problem in problems.first {
            context.log.record(
                RecordProblem(
                    kind: .expression,
                    query: context.query,
                    topic: batch.origin?.topic,
                    partition: batch.origin?.partition,
                    offset: offsets.map { $0[problem.row] },
                    field: problem.expression,
                    reason: problem.reason
                )
            )
        }
    }
}
