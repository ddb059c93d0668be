import Values

// Casts that a DECIMAL of more than 38 digits takes part in, row by row.
extension Cast {
    /// A number as DECIMAL.
    func decimals(_ column: Column, _ type: SQLType) -> Column {
        let number: (Int) -> Decimal?
        switch column.type {
        case .integer: number = { Decimal(unscaled: Int128(column.values(as: Int32.self)[$0]), scale: 0) }
        case .bigint: number = { Decimal(unscaled: Int128(column.values(as: Int64.self)[$0]), scale: 0) }
        case .double: number = { Decimal(column.values(as: Double.self)[$0].description) }
        default: number = column.decimal
        }
        return decimals(column, type, number) { _ in "numeric overflow: the value does not fit \(type)" }
    }

    /// DECIMALs of what `number` finds in the rows that are not NULL; those where it has none, or one with too many digits,
    /// are refused with a reason.
    func decimals(_ column: Column, _ type: SQLType, _ number: (Int) -> Decimal?, _ reason: (Int) -> String) -> Column {
        guard case .decimal(let precision, let scale) = type else { preconditionFailure("the target is a DECIMAL") }
        let builder = ColumnBuilder(type, capacity: column.count)
        for row in 0..<column.count {
            if column.isNull(row) {
                builder.appendNull()
            } else if let fitted = number(row)?.fitted(precision: precision, scale: scale) {
                builder.append(unscaled: fitted.unscaled)
            } else {
                fail(row, reason(row))
                builder.appendNull()
            }
        }
        return builder.finish()
    }

    /// A wide DECIMAL as INTEGER or BIGINT, of which the low bits of the whole part stay, or as DOUBLE.
    func narrowed(_ column: Column, _ type: SQLType) -> Column {
        let builder = ColumnBuilder(type, capacity: column.count)
        for row in 0..<column.count {
            if column.isNull(row) {
                builder.appendNull()
                continue
            }
            let number = column.decimal(row)
            switch type {
            case .integer: builder.append(Int32(truncatingIfNeeded: number.whole.lowWord))
            case .bigint: builder.append(Int64(truncatingIfNeeded: number.whole.lowWord))
            default: builder.append(number.doubleValue)
            }
        }
        return builder.finish()
    }
}

extension Decimal {
    /// The part before the point.
    fileprivate var whole: BigInteger { unscaled.quotientAndRemainder(dividingBy: .powerOfTen(scale)).quotient }
}
