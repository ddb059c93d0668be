/// A constant as written.
public enum Literal: Sendable, Hashable {
    /// `NULL`.
    case null
    /// `TRUE` or `FALSE`.
    case boolean(Bool)
    /// A whole number that fits in 32 bits.
    case integer(Int32)
    /// A whole number that needs 64 bits.
    case bigint(Int64)
    /// A number with a point and no exponent, or `DECIMAL '…'`: the text itself, so that its scale is kept.
    case decimal(String)
    /// A number with an exponent.
    case double(Double)
    /// `'…'`, unescaped.
    case string(String)

    /// A whole number in the narrowest of the two integer types.
    public init(whole number: Int64) {
        self = Int32(exactly: number).map(Literal.integer) ?? .bigint(number)
    }
}
