extension Column {
    /// The number in row `row` of a DECIMAL column, where it is not NULL.
    public func decimal(_ row: Int) -> Decimal {
        guard case .decimal(_, let scale) = type else { preconditionFailure("the column holds DECIMALs") }
        if type.isWideDecimal { return Decimal(unscaled: BigInteger(orderedBytes: bytes(row)), scale: scale) }
        return Decimal(unscaled: values(as: Int128.self)[row], scale: scale)
    }
}

extension ColumnBuilder {
    /// Appends a DECIMAL, rounded half away from zero to the column's scale; one with too many digits is NULL.
    public func append(decimal: Decimal) {
        guard case .decimal(let precision, let scale) = type,
            let fitted = decimal.fitted(precision: precision, scale: scale)
        else { return appendNull() }
        append(unscaled: fitted.unscaled)
    }

    /// Appends the unscaled value of a DECIMAL, which fits the column's type.
    public func append(unscaled: BigInteger) {
        if type.isWideDecimal {
            unscaled.orderedBytes.withUnsafeBytes { append(bytes: $0) }
        } else if let narrow = unscaled.narrow {
            append(narrow)
        } else {
            appendNull()
        }
    }
}
