import Values

/// The rows that kernels work on: those of a batch, some of them (a branch of CASE), or the elements of lists (a lambda).
///
/// A row that *failed* has no value in anything computed from it, as if an exception had been thrown, up to the next
/// ``guarded(_:)``: the whole expression, or an element, entry, field or argument inside it.
final class Frame {
    let columns: [Column]
    let timestamps: Column
    /// The parameters of the enclosing lambdas, by slot.
    let parameters: [Column]
    let count: Int
    let context: EvaluationContext
    /// Bit set: the row failed.
    private(set) var failed: Buffer?
    private var failures: [Failure] = []

    private struct Failure {
        let row: Int32
        let expression: Expression
        let reason: String
    }

    init(columns: [Column], timestamps: Column, parameters: [Column] = [], count: Int, context: EvaluationContext) {
        self.columns = columns
        self.timestamps = timestamps
        self.parameters = parameters
        self.count = count
        self.context = context
    }

    // MARK: - Failures

    /// Notes that `expression` has no value in row `row`, and why.
    func fail(_ row: Int, _ expression: Expression, _ reason: String) {
        markFailed(row)
        failures.append(Failure(row: Int32(truncatingIfNeeded: row), expression: expression, reason: reason))
    }

    func hasFailed(_ row: Int) -> Bool {
        failed.map { Bitmap.get($0.base.assumingMemoryBound(to: UInt64.self), row) } ?? false
    }

    private func markFailed(_ row: Int) {
        let bitmap = failed ?? Bitmap.buffer(count, allSet: false)
        failed = bitmap
        Bitmap.set(bitmap.base.assumingMemoryBound(to: UInt64.self), row)
    }

    /// The column that `body` makes, NULL in the rows that failed while it did; they count as sound again.
    func guarded(_ body: () -> Column) -> Column {
        let outer = failed
        failed = nil
        let column = body()
        guard let inner = failed else {
            failed = outer
            return column
        }
        failed = outer
        return column.masked(by: Bitmap.inverted(inner, count))
    }

    /// Evaluates an operand that only counts where `relevant` (a byte a row) is set: its failures elsewhere are forgotten.
    func speculated(where relevant: UnsafePointer<UInt8>, _ body: () -> Column) -> Column {
        let outer = failed
        let known = failures.count
        failed = nil
        let column = body()
        let inner = failed
        failed = outer
        if failures.count > known {
            failures.replaceSubrange(known..., with: failures[known...].filter { relevant[Int($0.row)] != 0 })
        }
        if let words = inner?.base.assumingMemoryBound(to: UInt64.self) {
            for row in 0..<count where relevant[row] != 0 && Bitmap.get(words, row) { markFailed(row) }
        }
        return column
    }

    /// Tells the context about the failures of all rows but deleted ones.
    func report(except deleted: (Int) -> Bool) {
        for failure in failures where !deleted(Int(failure.row)) {
            context.report(Int(failure.row), failure.expression.description, failure.reason)
        }
        failures.removeAll()
    }

    // MARK: - Parts

    /// The rows `indices` as a frame of their own; only the columns `needed` are there.
    func gather(_ indices: [Int32], needed: ColumnNeeds) -> Frame {
        indices.withUnsafeBufferPointer { list in
            let rows = list.baseAddress ?? UnsafePointer(bitPattern: 8).unsafelyUnwrapped
            return Frame(
                columns: columns.enumerated().map { index, column in
                    needed.columns.contains(index) ? column.gather(rows, count: list.count) : column
                },
                timestamps: needed.rowTime ? timestamps.gather(rows, count: list.count) : timestamps,
                parameters: needed.parameters ? parameters.map { $0.gather(rows, count: list.count) } : parameters,
                count: list.count,
                context: context
            )
        }
    }

    /// Takes over the failures of a frame whose row i is row `indices[i]` here.
    func absorb(_ part: Frame, _ indices: [Int32]) {
        if let words = part.failed?.base.assumingMemoryBound(to: UInt64.self) {
            for row in 0..<part.count where Bitmap.get(words, row) { markFailed(Int(indices[row])) }
        }
        for failure in part.failures {
            failures.append(
                Failure(row: indices[Int(failure.row)], expression: failure.expression, reason: failure.reason)
            )
        }
    }
}

/// What an expression reads of a frame.
struct ColumnNeeds {
    var columns: Set<Int> = []
    var rowTime = false
    var parameters = false

    init(_ expressions: [Expression]) {
        for expression in expressions { visit(expression) }
    }

    private mutating func visit(_ expression: Expression) {
        switch expression {
        case .column(let index, _, _): columns.insert(index)
        case .rowTime: rowTime = true
        case .parameter: parameters = true
        default: expression.children.forEach { visit($0) }
        }
    }
}
