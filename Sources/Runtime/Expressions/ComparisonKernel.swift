import Functions
import Glibc
import Values

/// `left op right` as a byte a row, never NULL; subclasses compare, this class knows NULL.
class ComparisonKernel: Kernel {
    fileprivate let comparison: Expression.Comparison
    fileprivate let left: Kernel
    fileprivate let right: Kernel
    override var isTotal: Bool { left.isTotal && right.isTotal }

    /// - Precondition: the operands have one type, and a constant operand is not NULL.
    init(_ comparison: Expression.Comparison, _ left: Kernel, _ right: Kernel) {
        self.comparison = comparison
        self.left = left
        self.right = right
        super.init(.boolean)
    }

    /// Fills `out` for all rows, those with NULL included (with anything); null-safe operators arrive as `=` and `<>`.
    fileprivate func compare(
        _: Expression.Comparison,
        _: Operand,
        _: Operand,
        _: Int,
        _: UnsafeMutablePointer<UInt8>
    ) {
        preconditionFailure("a comparison compares")
    }

    final override func evaluate(_ frame: Frame) -> Column {
        let isNullSafe = comparison.isNullSafe
        let a = isNullSafe ? left.guardedOperand(frame) : left.operand(frame)
        let b = isNullSafe ? right.guardedOperand(frame) : right.operand(frame)
        return booleans(frame.count) { out in
            switch comparison {
            case .isDistinct:
                compare(.notEqual, a, b, frame.count, out)
                settleNulls(a, b, frame.count, out, distinct: 1)
            case .isNotDistinct:
                compare(.equal, a, b, frame.count, out)
                settleNulls(a, b, frame.count, out, distinct: 0)
            default:
                compare(comparison, a, b, frame.count, out)
                setBytes(out, frame.count, whereClear: commonValidity(a, b, frame.count), to: 0)
            }
        }
    }

    private func settleNulls(
        _ a: Operand,
        _ b: Operand,
        _ count: Int,
        _ out: UnsafeMutablePointer<UInt8>,
        distinct: UInt8
    ) {
        guard commonValidity(a, b, count) != nil else { return }
        for row in 0..<count {
            switch (a.isNull(row), b.isNull(row)) {
            case (true, true): out[row] = 1 - distinct
            case (true, false), (false, true): out[row] = distinct
            default: continue
            }
        }
    }
}

/// Comparison of values of fixed width in their natural order.
final class FixedComparison: ComparisonKernel {
    // A generic class would run one unspecialised loop for all types, at ten times the cost.
    override fileprivate func compare(
        _ comparison: Expression.Comparison,
        _ a: Operand,
        _ b: Operand,
        _ count: Int,
        _ out: UnsafeMutablePointer<UInt8>
    ) {
        switch left.type {
        case .boolean: compareFixed(UInt8.self, comparison, a, b, count, out)
        case .integer, .date, .time: compareFixed(Int32.self, comparison, a, b, count, out)
        case .double: compareFixed(Double.self, comparison, a, b, count, out)
        case .decimal: compareFixed(Int128.self, comparison, a, b, count, out)
        default: compareFixed(Int64.self, comparison, a, b, count, out)
        }
    }
}

@inline(__always)
private func compareFixed<T: Comparable & BitwiseCopyable>(
    _: T.Type,
    _ comparison: Expression.Comparison,
    _ a: Operand,
    _ b: Operand,
    _ count: Int,
    _ out: UnsafeMutablePointer<UInt8>
) {
    switch comparison {
    case .equal, .isNotDistinct: combine(a, b, count, into: out) { (x: T, y: T) in x == y ? 1 : 0 }
    case .notEqual, .isDistinct: combine(a, b, count, into: out) { (x: T, y: T) in x != y ? 1 : 0 }
    case .less: combine(a, b, count, into: out) { (x: T, y: T) in x < y ? 1 : 0 }
    case .lessOrEqual: combine(a, b, count, into: out) { (x: T, y: T) in x <= y ? 1 : 0 }
    case .greater: combine(a, b, count, into: out) { (x: T, y: T) in x > y ? 1 : 0 }
    case .greaterOrEqual: combine(a, b, count, into: out) { (x: T, y: T) in x >= y ? 1 : 0 }
    }
}

/// Comparison of DECIMALs of different scale or width.
final class DecimalComparison: ComparisonKernel {
    override fileprivate func compare(
        _ comparison: Expression.Comparison,
        _ a: Operand,
        _ b: Operand,
        _ count: Int,
        _ out: UnsafeMutablePointer<UInt8>
    ) {
        let test = comparison.test
        if left.type.isWideDecimal || right.type.isWideDecimal {
            for row in 0..<count where !a.isNull(row) && !b.isNull(row) {
                let order = a.column.decimal(row & a.mask).order(b.column.decimal(row & b.mask))
                out[row] = test(order) ? 1 : 0
            }
            return
        }
        let scales = (left.type.decimalScale, right.type.decimalScale)
        let x = a.column.values(as: Int128.self)
        let y = b.column.values(as: Int128.self)
        for row in 0..<count {
            out[row] = test(orderOfDecimals(x[row & a.mask], scales.0, y[row & b.mask], scales.1)) ? 1 : 0
        }
    }
}

extension SQLType {
    var decimalScale: Int {
        if case .decimal(_, let scale) = self { return scale }
        return 0
    }
}

/// Negative, zero or positive, as the first number is smaller, equal or larger.
private func orderOfDecimals(_ a: Int128, _ aScale: Int, _ b: Int128, _ bScale: Int) -> Int {
    if aScale > bScale { return -orderOfDecimals(b, bScale, a, aScale) }
    guard let factor = Decimal.powerOfTen(bScale - aScale) else {
        return a == 0 ? (b == 0 ? 0 : b < 0 ? 1 : -1) : a < 0 ? -1 : 1
    }
    let (scaled, overflow) = a.multipliedReportingOverflow(by: factor)
    // What no longer fits 128 bits is larger than any number that does.
    if overflow { return a < 0 ? -1 : 1 }
    return scaled == b ? 0 : scaled < b ? -1 : 1
}

extension Expression.Comparison {
    /// Whether an order (negative, zero, positive) satisfies the operator.
    fileprivate var test: (Int) -> Bool {
        switch self {
        case .equal, .isNotDistinct: { $0 == 0 }
        case .notEqual, .isDistinct: { $0 != 0 }
        case .less: { $0 < 0 }
        case .lessOrEqual: { $0 <= 0 }
        case .greater: { $0 > 0 }
        case .greaterOrEqual: { $0 >= 0 }
        }
    }
}

/// Comparison of STRINGs and wide DECIMALs by their bytes, and of BYTES, which are ordered as signed bytes.
final class TextComparison: ComparisonKernel {
    override fileprivate func compare(
        _ comparison: Expression.Comparison,
        _ a: Operand,
        _ b: Operand,
        _ count: Int,
        _ out: UnsafeMutablePointer<UInt8>
    ) {
        if !comparison.isOrdering {
            let equal: UInt8 = comparison == .equal || comparison == .isNotDistinct ? 1 : 0
            if b.isConstant, !a.isConstant {
                equalities(a.column, b.column.bytes(0), count, out, equal)
            } else {
                for row in 0..<count { out[row] = sameBytes(a.bytes(row), b.bytes(row)) ? equal : 1 - equal }
            }
            return
        }
        let test = comparison.test
        if left.type == .bytes {
            for row in 0..<count { out[row] = test(ByteOrder.signed(a.bytes(row), b.bytes(row))) ? 1 : 0 }
        } else {
            for row in 0..<count { out[row] = test(ByteOrder.unsigned(a.bytes(row), b.bytes(row))) ? 1 : 0 }
        }
    }

    private func equalities(
        _ column: Column,
        _ text: UnsafeRawBufferPointer,
        _ count: Int,
        _ out: UnsafeMutablePointer<UInt8>,
        _ equal: UInt8
    ) {
        let offsets = column.offsets
        let arena = column.arena
        let length = text.count
        guard let target = text.baseAddress, length > 0 else {
            for row in 0..<count { out[row] = offsets[row + 1] == offsets[row] ? equal : 1 - equal }
            return
        }
        for row in 0..<count {
            let start = Int(offsets[row])
            let same = Int(offsets[row + 1]) - start == length && memcmp(arena + start, target, length) == 0
            out[row] = same ? equal : 1 - equal
        }
    }
}

/// Equality of ARRAY, MAP and STRUCT.
final class DeepComparison: ComparisonKernel {
    override fileprivate func compare(
        _ comparison: Expression.Comparison,
        _ a: Operand,
        _ b: Operand,
        _ count: Int,
        _ out: UnsafeMutablePointer<UInt8>
    ) {
        let equal: UInt8 = comparison == .equal || comparison == .isNotDistinct ? 1 : 0
        for row in 0..<count {
            out[row] = a.column.holdsSame(row & a.mask, as: b.column, row & b.mask) ? equal : 1 - equal
        }
    }
}

@inline(__always)
func sameBytes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    guard a.count > 0, let x = a.baseAddress, let y = b.baseAddress else { return true }
    return memcmp(x, y, a.count) == 0
}
