import Functions
import Values

/// `left op right` over DECIMALs of up to 38 digits, exact; a quotient is rounded half up to the scale of the result.
///
/// Rows that divide by zero or whose result has too many digits fail.
final class DecimalArithmetic: Kernel {
    private let arithmetic: Expression.Arithmetic
    private let left: Kernel
    private let right: Kernel
    private let source: Expression
    private let scales: (left: Int, right: Int, result: Int)
    private let bound: UInt128

    /// - Parameter type: a DECIMAL of the scale that the operator gives.
    init(_ arithmetic: Expression.Arithmetic, _ left: Kernel, _ right: Kernel, _ type: SQLType, source: Expression) {
        self.arithmetic = arithmetic
        self.left = left
        self.right = right
        self.source = source
        scales = (left.type.decimalScale, right.type.decimalScale, type.decimalScale)
        if case .decimal(let precision, _) = type, let power = Decimal.powerOfTen(precision) {
            bound = UInt128(power)
        } else {
            bound = UInt128(Int128.max)
        }
        super.init(type)
    }

    /// True when 128 bits are enough for the operands, for what they are scaled to, and for the result.
    static func fits(_ arithmetic: Expression.Arithmetic, _ left: SQLType, _ right: SQLType, _ type: SQLType) -> Bool {
        if [left, right, type].contains(where: \.isWideDecimal) { return false }
        guard arithmetic == .remainder, let a = left.asDecimal, let b = right.asDecimal else { return true }
        return max(a.precision - a.scale, b.precision - b.scale) + max(a.scale, b.scale) <= SQLType.narrowPrecisionMax
    }

    override func evaluate(_ frame: Frame) -> Column {
        let a = left.operand(frame)
        let b = right.operand(frame)
        let validity = commonValidity(a, b, frame.count)
        let words = validity?.base.assumingMemoryBound(to: UInt64.self)
        let data = Buffer(capacity: frame.count * 16)
        let out = data.base.assumingMemoryBound(to: Int128.self)
        let x = a.column.values(as: Int128.self)
        let y = b.column.values(as: Int128.self)
        for row in 0..<frame.count {
            if let words, !Bitmap.get(words, row) {
                out[row] = 0
                continue
            }
            let result = compute(x[row & a.mask], y[row & b.mask])
            if let result, result.magnitude < bound {
                out[row] = result
            } else {
                out[row] = 0
                frame.fail(row, source, reason(y[row & b.mask]))
            }
        }
        return Column(type: type, count: frame.count, validity: validity, data: data)
    }

    private func reason(_ right: Int128) -> String {
        let divides = arithmetic == .divide || arithmetic == .remainder
        return divides && right == 0 ? "division by zero" : "numeric overflow: the result does not fit \(type)"
    }

    @inline(__always)
    private func compute(_ a: Int128, _ b: Int128) -> Int128? {
        switch arithmetic {
        case .multiply: return checked(a.multipliedReportingOverflow(by: b))
        case .divide: return quotient(a, b)
        case .add, .subtract, .remainder:
            guard let x = scaled(a, scales.result - scales.left), let y = scaled(b, scales.result - scales.right) else {
                return nil
            }
            switch arithmetic {
            case .add: return checked(x.addingReportingOverflow(y))
            case .subtract: return checked(x.subtractingReportingOverflow(y))
            default: return y == 0 ? nil : y == -1 ? 0 : x % y
            }
        }
    }

    @inline(__always)
    private func checked(_ result: (partialValue: Int128, overflow: Bool)) -> Int128? {
        result.overflow ? nil : result.partialValue
    }

    @inline(__always)
    private func scaled(_ value: Int128, _ digits: Int) -> Int128? {
        if digits == 0 { return value }
        guard let factor = Decimal.powerOfTen(digits) else { return value == 0 ? 0 : nil }
        return checked(value.multipliedReportingOverflow(by: factor))
    }

    /// The dividend may need 256 bits before the division.
    private func quotient(_ a: Int128, _ b: Int128) -> Int128? {
        guard b != 0 else { return nil }
        let digits = scales.result - scales.left + scales.right
        guard let factor = Decimal.powerOfTen(digits) else { return a == 0 ? 0 : nil }
        let wide = a.magnitude.multipliedFullWidth(by: UInt128(factor))
        let divisor = b.magnitude
        guard wide.high < divisor else { return nil }
        var (quotient, remainder) = divisor.dividingFullWidth(wide)
        if remainder >= divisor - remainder { quotient += 1 }
        guard quotient <= UInt128(Int128.max) else { return nil }
        return (a < 0) != (b < 0) ? -Int128(quotient) : Int128(quotient)
    }
}
