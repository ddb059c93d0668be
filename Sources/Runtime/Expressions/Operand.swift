import Functions
import Values

/// A column with a row for every row, or one row that stands for all.
typealias Operand = FunctionCall.Argument

extension Kernel {
    /// The value without spreading a constant over all rows.
    final func operand(_ frame: Frame) -> Operand {
        constant.map { Operand($0, isConstant: true) } ?? Operand(evaluate(frame), isConstant: false)
    }

    /// ``operand(_:)`` with failures kept to itself.
    final func guardedOperand(_ frame: Frame) -> Operand {
        constant.map { Operand($0, isConstant: true) } ?? Operand(guarded(frame), isConstant: false)
    }
}

/// The rows in which both operands are there; constants are not NULL.
func commonValidity(_ left: Operand, _ right: Operand, _ count: Int) -> Buffer? {
    Bitmap.and(
        left.isConstant ? nil : left.column.validity,
        right.isConstant ? nil : right.column.validity,
        count: count
    )
}

/// Fills `out` with what `body` makes of the operands' values, row by row, in one of three plain loops.
@inline(__always)
func combine<T: BitwiseCopyable, R: BitwiseCopyable>(
    _ left: Operand,
    _ right: Operand,
    _ count: Int,
    into out: UnsafeMutablePointer<R>,
    _ body: (T, T) -> R
) {
    let a = left.column.values(as: T.self)
    let b = right.column.values(as: T.self)
    if right.isConstant {
        let constant = b[0]
        for row in 0..<count { out[row] = body(a[left.isConstant ? 0 : row], constant) }
    } else if left.isConstant {
        let constant = a[0]
        for row in 0..<count { out[row] = body(constant, b[row]) }
    } else {
        for row in 0..<count { out[row] = body(a[row], b[row]) }
    }
}

/// A column of fixed width with what `body` makes of each value; NULL stays NULL.
@inline(__always)
func mapped<T: BitwiseCopyable, R: BitwiseCopyable>(
    _ column: Column,
    _ type: SQLType,
    _ body: (T) -> R
) -> Column {
    let data = Buffer(capacity: column.count * MemoryLayout<R>.stride)
    let out = data.base.assumingMemoryBound(to: R.self)
    let source = column.values(as: T.self)
    for row in 0..<column.count { out[row] = body(source[row]) }
    return Column(type: type, count: column.count, validity: column.validity, data: data)
}

/// Sets bytes to `value` wherever the bitmap is clear.
func setBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, whereClear validity: Buffer?, to value: UInt8) {
    guard let words = validity?.base.assumingMemoryBound(to: UInt64.self) else { return }
    for index in 0..<Bitmap.words(count) where words[index] != ~0 {
        let word = words[index]
        for row in index << 6..<min(count, (index + 1) << 6) where word & (1 << UInt64(row & 63)) == 0 {
            bytes[row] = value
        }
    }
}

extension Bitmap {
    /// A copy that may be changed.
    static func copy(_ bitmap: Buffer, _ count: Int) -> Buffer {
        let out = Buffer(capacity: words(count) * 8)
        out.base.copyMemory(from: bitmap.base, byteCount: words(count) * 8)
        return out
    }

    /// The bits the other way round.
    static func inverted(_ bitmap: Buffer, _ count: Int) -> Buffer {
        let out = Buffer(capacity: words(count) * 8)
        let source = bitmap.base.assumingMemoryBound(to: UInt64.self)
        let target = out.base.assumingMemoryBound(to: UInt64.self)
        for index in 0..<words(count) { target[index] = ~source[index] }
        return out
    }
}
