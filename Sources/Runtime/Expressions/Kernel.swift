import Values

/// Code that computes a column from the rows of a frame; compiled from one node of an expression, with its operands
/// inside it.
///
/// Used by one thread.
class Kernel {
    /// The type of the column.
    let type: SQLType

    init(_ type: SQLType) { self.type = type }

    /// One row that stands for all rows, where the value is constant.
    var constant: Column? { nil }
    /// True when no row can fail and every row costs a few nanoseconds: better computed for all rows than picked.
    var isTotal: Bool { false }

    func evaluate(_ frame: Frame) -> Column {
        preconditionFailure("a kernel evaluates")
    }

    /// The value with failures kept to itself: a failed row is NULL.
    final func guarded(_ frame: Frame) -> Column {
        isTotal ? evaluate(frame) : frame.guarded { evaluate(frame) }
    }
}

/// A value that is the same in all rows.
final class ConstantKernel: Kernel {
    private let row: Column
    override var constant: Column? { row }
    override var isTotal: Bool { true }

    /// - Parameter row: one row.
    init(_ row: Column) {
        precondition(row.count == 1, "a constant has one row")
        self.row = row
        super.init(row.type)
    }

    override func evaluate(_ frame: Frame) -> Column { row.repeated(frame.count) }

    var isNull: Bool { row.isNull(0) }
}

/// A column of the frame.
final class ColumnKernel: Kernel {
    private let index: Int
    override var isTotal: Bool { true }

    init(_ index: Int, _ type: SQLType) {
        self.index = index
        super.init(type)
    }

    override func evaluate(_ frame: Frame) -> Column { frame.columns[index] }
}

/// The timestamps of the rows, as BIGINT.
final class RowTimeKernel: Kernel {
    override var isTotal: Bool { true }

    init() { super.init(.bigint) }

    override func evaluate(_ frame: Frame) -> Column {
        frame.timestamps.type == .bigint ? frame.timestamps : frame.timestamps.retyped(.bigint)
    }
}

/// A parameter of a lambda.
final class ParameterKernel: Kernel {
    private let slot: Int
    override var isTotal: Bool { true }

    init(_ slot: Int, _ type: SQLType) {
        self.slot = slot
        super.init(type)
    }

    override func evaluate(_ frame: Frame) -> Column { frame.parameters[slot] }
}

/// A value that must not be NULL: rows where it is fail.
final class CompleteKernel: Kernel {
    private let value: Kernel
    private let source: Expression

    init(_ value: Kernel, source: Expression) {
        self.value = value
        self.source = source
        super.init(value.type)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let column = value.evaluate(frame)
        guard column.validity != nil else { return column }
        for row in 0..<column.count where column.isNull(row) && !frame.hasFailed(row) {
            frame.fail(row, source, "an operand is NULL")
        }
        return column
    }
}

extension Column {
    /// The only row of the column, `rows` times.
    func repeated(_ rows: Int) -> Column {
        let zeros = [Int32](repeating: 0, count: rows)
        return zeros.withUnsafeBufferPointer { list in
            list.baseAddress.map { gather($0, count: rows) } ?? Column.of(type, [])
        }
    }
}

/// A new BOOLEAN column without NULLs, filled by `body` with a byte a row.
@inline(__always)
func booleans(_ count: Int, validity: Buffer? = nil, _ body: (UnsafeMutablePointer<UInt8>) -> Void) -> Column {
    let data = Buffer(capacity: count)
    body(data.base.assumingMemoryBound(to: UInt8.self))
    return Column(type: .boolean, count: count, validity: validity, data: data)
}
