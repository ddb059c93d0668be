import Functions
import Glibc
import Values

/// `left op right` over INTEGER or BIGINT, which wrap; rows that divide by zero fail.
///
/// A NULL operand makes the result NULL. Constant operands are not NULL.
final class IntegerArithmetic: Kernel {
    private let arithmetic: Expression.Arithmetic
    private let left: Kernel
    private let right: Kernel
    private let source: Expression
    override var isTotal: Bool {
        arithmetic != .divide && arithmetic != .remainder && left.isTotal && right.isTotal
    }

    init(_ arithmetic: Expression.Arithmetic, _ left: Kernel, _ right: Kernel, _ type: SQLType, source: Expression) {
        self.arithmetic = arithmetic
        self.left = left
        self.right = right
        self.source = source
        super.init(type)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let a = left.operand(frame)
        let b = right.operand(frame)
        let validity = commonValidity(a, b, frame.count)
        // A generic class would run one unspecialised loop for both types, at ten times the cost.
        let data: Buffer
        if type == .integer {
            data = computeIntegers(Int32.self, arithmetic, a, b, frame.count)
            refuseZeros(Int32.self, b, validity, frame)
        } else {
            data = computeIntegers(Int64.self, arithmetic, a, b, frame.count)
            refuseZeros(Int64.self, b, validity, frame)
        }
        return Column(type: type, count: frame.count, validity: validity, data: data)
    }

    @inline(__always)
    private func refuseZeros<T: FixedWidthInteger & BitwiseCopyable>(
        _: T.Type,
        _ divisor: Operand,
        _ validity: Buffer?,
        _ frame: Frame
    ) {
        guard arithmetic == .divide || arithmetic == .remainder else { return }
        let values = divisor.column.values(as: T.self)
        if divisor.isConstant, values[0] != 0 { return }
        let words = validity?.base.assumingMemoryBound(to: UInt64.self)
        for row in 0..<frame.count where values[row & divisor.mask] == 0 {
            if words.map({ Bitmap.get($0, row) }) ?? true { frame.fail(row, source, "division by zero") }
        }
    }
}

@inline(__always)
private func computeIntegers<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
    _: T.Type,
    _ arithmetic: Expression.Arithmetic,
    _ a: Operand,
    _ b: Operand,
    _ count: Int
) -> Buffer {
    let data = Buffer(capacity: count * MemoryLayout<T>.stride)
    let out = data.base.assumingMemoryBound(to: T.self)
    switch arithmetic {
    case .add: combine(a, b, count, into: out) { (x: T, y: T) in x &+ y }
    case .subtract: combine(a, b, count, into: out) { (x: T, y: T) in x &- y }
    case .multiply: combine(a, b, count, into: out) { (x: T, y: T) in x &* y }
    case .divide: combine(a, b, count, into: out) { (x: T, y: T) in quotient(x, y) }
    case .remainder: combine(a, b, count, into: out) { (x: T, y: T) in x &- quotient(x, y) &* y }
    }
    return data
}

/// `x / y` that wraps for the smallest number and -1, where the processor would trap; `x` for a zero divisor.
@inline(__always)
private func quotient<T: FixedWidthInteger & SignedInteger>(_ x: T, _ y: T) -> T {
    // Small numbers are divided in 32 bits, which takes a fraction of the time.
    if (x | y) >= 0, let small = UInt32(exactly: x), let divisor = UInt32(exactly: y), divisor != 0 {
        return T(truncatingIfNeeded: small / divisor)
    }
    return y == -1 ? 0 &- x : x / (y == 0 ? 1 : y)
}

/// `left op right` over DOUBLE, by IEEE 754: no row fails.
final class DoubleArithmetic: Kernel {
    private let arithmetic: Expression.Arithmetic
    private let left: Kernel
    private let right: Kernel
    override var isTotal: Bool { left.isTotal && right.isTotal }

    init(_ arithmetic: Expression.Arithmetic, _ left: Kernel, _ right: Kernel) {
        self.arithmetic = arithmetic
        self.left = left
        self.right = right
        super.init(.double)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let a = left.operand(frame)
        let b = right.operand(frame)
        let count = frame.count
        let data = Buffer(capacity: count * 8)
        let out = data.base.assumingMemoryBound(to: Double.self)
        switch arithmetic {
        case .add: combine(a, b, count, into: out) { (x: Double, y: Double) in x + y }
        case .subtract: combine(a, b, count, into: out) { (x: Double, y: Double) in x - y }
        case .multiply: combine(a, b, count, into: out) { (x: Double, y: Double) in x * y }
        case .divide: combine(a, b, count, into: out) { (x: Double, y: Double) in x / y }
        case .remainder: combine(a, b, count, into: out) { (x: Double, y: Double) in fmod(x, y) }
        }
        return Column(type: .double, count: count, validity: commonValidity(a, b, count), data: data)
    }
}

/// `-value`.
final class NegationKernel: Kernel {
    private let value: Kernel
    override var isTotal: Bool { value.isTotal }

    init(_ value: Kernel) {
        self.value = value
        super.init(value.type)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let column = value.evaluate(frame)
        switch type {
        case .integer: return mapped(column, type) { (x: Int32) in 0 &- x }
        case .bigint: return mapped(column, type) { (x: Int64) in 0 &- x }
        case .double: return mapped(column, type) { (x: Double) in -x }
        default: return type.isWideDecimal ? wide(column) : mapped(column, type) { (x: Int128) in 0 &- x }
        }
    }
}

extension NegationKernel {
    private func wide(_ column: Column) -> Column {
        let builder = ColumnBuilder(type, capacity: column.count)
        for row in 0..<column.count {
            if column.isNull(row) {
                builder.appendNull()
            } else {
                builder.append(unscaled: -column.decimal(row).unscaled)
            }
        }
        return builder.finish()
    }
}

/// STRING + STRING: a NULL operand is written as `null`; rows whose text is too long fail.
final class TextSum: Kernel {
    private let left: Kernel
    private let right: Kernel
    private let source: Expression

    init(_ left: Kernel, _ right: Kernel, source: Expression) {
        self.left = left
        self.right = right
        self.source = source
        super.init(.string)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let a = left.operand(frame)
        let b = right.operand(frame)
        var text = TextBuilder(rows: frame.count)
        for row in 0..<frame.count {
            text.beginBoundedRow()
            text.bytes.append(rowOf: a.column, row & a.mask)
            text.bytes.append(rowOf: b.column, row & b.mask)
            if text.bytes.isFull {
                frame.fail(row, source, "the text is too long")
                text.endNull()
            } else {
                text.endRow()
            }
        }
        return text.finish()
    }
}
