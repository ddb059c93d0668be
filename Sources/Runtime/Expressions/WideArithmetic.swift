import Functions
import Values

/// `left op right` over DECIMALs of any number of digits, exact; a quotient is rounded half up to the scale of the result.
///
/// Rows that divide by zero or whose result has too many digits fail.
final class WideArithmetic: Kernel {
    private let arithmetic: Expression.Arithmetic
    private let left: Kernel
    private let right: Kernel
    private let source: Expression

    /// - Parameter type: a DECIMAL of the scale that the operator gives.
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
        let builder = ColumnBuilder(type, capacity: frame.count)
        for row in 0..<frame.count {
            if a.isNull(row) || b.isNull(row) {
                builder.appendNull()
                continue
            }
            let divisor = b.column.decimal(row & b.mask)
            if divisor.unscaled.signum == 0, arithmetic == .divide || arithmetic == .remainder {
                frame.fail(row, source, "division by zero")
                builder.appendNull()
            } else if let result = fitted(compute(a.column.decimal(row & a.mask), divisor)) {
                builder.append(unscaled: result)
            } else {
                frame.fail(row, source, "numeric overflow: the result does not fit \(type)")
                builder.appendNull()
            }
        }
        return builder.finish()
    }

    private func fitted(_ unscaled: BigInteger) -> BigInteger? {
        guard case .decimal(let precision, let scale) = type else { return nil }
        return Decimal(unscaled: unscaled, scale: scale).fits(precision: precision) ? unscaled : nil
    }

    /// The unscaled result.
    private func compute(_ a: Decimal, _ b: Decimal) -> BigInteger {
        let scale = type.decimalScale
        let x = { a.rescaled(to: scale).unscaled }
        let y = { b.rescaled(to: scale).unscaled }
        switch arithmetic {
        case .add: return x() + y()
        case .subtract: return x() - y()
        case .multiply: return a.unscaled * b.unscaled
        case .remainder: return x().quotientAndRemainder(dividingBy: y()).remainder
        case .divide:
            let factor = BigInteger.powerOfTen(scale - a.scale + b.scale)
            return (a.unscaled * factor).rounded(dividingBy: b.unscaled)
        }
    }
}
