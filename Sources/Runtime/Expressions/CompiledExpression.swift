import Values

/// An expression as code over whole columns.
///
/// Used by one thread.
public final class CompiledExpression {
    public let expression: Expression
    private let kernel: Kernel

    init(_ expression: Expression, _ kernel: Kernel) {
        self.expression = expression
        self.kernel = kernel
    }

    public var type: SQLType { kernel.type }

    /// The value in each row of the batch; NULL where it could not be computed, which the context learns.
    public func evaluate(_ batch: Batch, _ context: EvaluationContext) -> Column {
        let frame = Frame(batch, context)
        let column = kernel.guarded(frame)
        frame.report(except: batch.isDeleted)
        return column
    }

    /// The value over other columns of the same batch, such as those of the rows that it replaces; failures are not told,
    /// since they were when the replaced row was new.
    public func evaluate(_ columns: [Column], of batch: Batch, _ context: EvaluationContext) -> Column {
        kernel.guarded(Frame(columns: columns, timestamps: batch.timestamps, count: batch.count, context: context))
    }

    /// A byte a row, 1 where a condition is TRUE; FALSE, NULL and failed rows are 0.
    public func evaluateCondition(_ batch: Batch, _ context: EvaluationContext) -> Buffer {
        let frame = Frame(batch, context)
        let flags = condition(frame)
        frame.report(except: batch.isDeleted)
        return flags
    }

    /// ``evaluateCondition(_:_:)`` over other columns of the same batch; failures are not told.
    public func evaluateCondition(_ columns: [Column], of batch: Batch, _ context: EvaluationContext) -> Buffer {
        condition(Frame(columns: columns, timestamps: batch.timestamps, count: batch.count, context: context))
    }

    /// The rows for which a condition is TRUE, in order.
    public func evaluateSelection(_ batch: Batch, _ context: EvaluationContext) -> [Int32] {
        let flags = evaluateCondition(batch, context)
        return selectedRows(flags.base.assumingMemoryBound(to: UInt8.self), batch.count)
    }

    private func condition(_ frame: Frame) -> Buffer {
        precondition(type == .boolean, "a condition is BOOLEAN")
        let column = kernel.guarded(frame)
        guard let data = column.data else { preconditionFailure("a BOOLEAN column has bytes") }
        guard column.validity != nil else { return data }
        let flags = Buffer(capacity: frame.count)
        let out = flags.base.assumingMemoryBound(to: UInt8.self)
        out.update(from: column.values(as: UInt8.self), count: frame.count)
        setBytes(out, frame.count, whereClear: column.validity, to: 0)
        return flags
    }
}

extension Frame {
    fileprivate convenience init(_ batch: Batch, _ context: EvaluationContext) {
        self.init(columns: batch.columns, timestamps: batch.timestamps, count: batch.count, context: context)
    }
}

/// The indices of the bytes that are not zero.
func selectedRows(_ flags: UnsafePointer<UInt8>, _ count: Int) -> [Int32] {
    Array(unsafeUninitializedCapacity: count + 1) { buffer, selected in
        var next = 0
        // Without a branch: every row is written, only selected ones advance.
        for row in 0..<count {
            buffer[next] = Int32(truncatingIfNeeded: row)
            next += Int(flags[row] & 1)
        }
        selected = next
    }
}
