import Glibc
import Values

extension ScalarFunction {
    /// Numbers with fewer digits behind the point.
    static let rounding: [ScalarFunction] =
        integral("CEIL", "The smallest whole number that is not below the argument.", "CEIL(1.5E0)" → "2.0", ceil) {
            $0.divided(roundingUp: true)
        }
        + integral("FLOOR", "The largest whole number that is not above the argument.", "FLOOR(1.5E0)" → "1.0", floor) {
            $0.divided(roundingUp: false)
        }
        + rounded
        + truncated

    private static let rounded: [ScalarFunction] = [
        ScalarFunction("ROUND", roundSummary) { (x: Int32) -> Int64? in Int64(x) },
        ScalarFunction("ROUND", roundSummary) { (x: Int64) -> Int64? in x },
        ScalarFunction("ROUND", roundSummary, example: "ROUND(2.5E0)" → "3") { (x: Double) -> Int64? in
            saturated(floor(x + 0.5))
        },
        ScalarFunction("ROUND", roundSummary, example: "ROUND(1.255E0, 1)" → "1.3") {
            (x: Double, digits: Int32) -> Double? in
            decimalPlaces(x, digits) { $0.rounded(behind: $1) }
        },
        ScalarFunction("ROUND", roundSummary, example: "ROUND(1.55)" → "2", returns: .rule("DECIMAL", withoutScale)) {
            (x: Decimal) -> Decimal? in x.rounded(behind: 0)
        },
        ScalarFunction("ROUND", roundSummary, example: "ROUND(1.25, 1)" → "1.30", returns: .rule("DECIMAL") { $0[0] }) {
            (x: Decimal, digits: Int32) -> Decimal? in x.rounded(behind: Int(digits))
        },
    ]

    private static let truncated: [ScalarFunction] = [
        ScalarFunction("TRUNC", truncSummary) { (x: Int32) -> Int64? in Int64(x) },
        ScalarFunction("TRUNC", truncSummary) { (x: Int64) -> Int64? in x },
        ScalarFunction("TRUNC", truncSummary, example: "TRUNC(-2.7E0)" → "-2") { (x: Double) -> Int64? in
            saturated(trunc(x))
        },
        ScalarFunction("TRUNC", truncSummary, example: "TRUNC(1.29E0, 1)" → "1.2") {
            (x: Double, digits: Int32) -> Double? in
            decimalPlaces(x, digits) { $0.truncated(behind: $1) }
        },
        ScalarFunction("TRUNC", truncSummary, example: "TRUNC(1.55)" → "1", returns: .rule("DECIMAL", withoutScale)) {
            (x: Decimal) -> Decimal? in x.truncated(behind: 0)
        },
        ScalarFunction("TRUNC", truncSummary, example: "TRUNC(1.29, 1)" → "1.20", returns: .rule("DECIMAL") { $0[0] }) {
            (x: Decimal, digits: Int32) -> Decimal? in x.truncated(behind: Int(digits))
        },
    ]

    private static let roundSummary =
        "The nearest number with so many decimal places (none by default); halves go towards positive infinity."
    private static let truncSummary = "The number cut off behind so many decimal places (none by default)."

    @Sendable
    private static func withoutScale(_ types: [SQLType]) -> SQLType {
        guard case .decimal(let precision, let scale) = types[0] else { return types[0] }
        return .decimal(precision: max(precision - scale, 1), scale: 0)
    }

    private static func integral(
        _ name: String,
        _ summary: String,
        _ example: FunctionExample,
        _ double: @escaping @Sendable (Double) -> Double,
        _ decimal: @escaping @Sendable (Decimal) -> Decimal
    ) -> [ScalarFunction] {
        [
            ScalarFunction(name, summary) { (x: Int32) -> Int32? in x },
            ScalarFunction(name, summary) { (x: Int64) -> Int64? in x },
            ScalarFunction(name, summary, example: example) { (x: Double) -> Double? in double(x) },
            ScalarFunction(name, summary) { (x: Decimal) -> Decimal? in decimal(x) },
        ]
    }
}

/// The nearest BIGINT; 0 for NaN.
private func saturated(_ x: Double) -> Int64 {
    if x.isNaN { return 0 }
    return x >= 0x1p63 ? .max : x < -0x1p63 ? .min : Int64(x)
}

/// Applies a decimal rule to the shortest decimal digits of a DOUBLE; what has no such digits is returned as it is.
private func decimalPlaces(_ x: Double, _ digits: Int32, _ rule: (Decimal, Int) -> Decimal) -> Double {
    guard x.isFinite, let decimal = Decimal(x.description) else { return x }
    return rule(decimal, Int(digits)).doubleValue
}

extension Decimal {
    /// Whole numbers of 10^-places with the remainder: quotient rounds towards zero.
    private func split(_ places: Int) -> (quotient: BigInteger, remainder: BigInteger, divisor: BigInteger)? {
        guard places < scale else { return nil }
        // Where more digits are cut off than there are nothing stays, however many they are.
        let digitsMax = unscaled.narrow == nil ? unscaled.digits.count : SQLType.narrowPrecisionMax + 1
        let divisor = BigInteger.powerOfTen(min(scale - places, digitsMax + 1))
        let (quotient, remainder) = unscaled.quotientAndRemainder(dividingBy: divisor)
        return (quotient, remainder, divisor)
    }

    /// The same scale again, with zeros behind `places`.
    private func padded(_ quotient: BigInteger, _ divisor: BigInteger) -> Decimal {
        Decimal(unscaled: quotient * divisor, scale: scale)
    }

    /// Rounded to `places` decimal places, halves towards positive infinity; the scale stays.
    func rounded(behind places: Int) -> Decimal {
        guard let (quotient, remainder, divisor) = split(places) else { return self }
        let double = remainder.magnitude + remainder.magnitude
        if remainder.signum >= 0 { return padded(double >= divisor ? quotient + BigInteger(1) : quotient, divisor) }
        return padded(double > divisor ? quotient - BigInteger(1) : quotient, divisor)
    }

    /// Cut off behind `places` decimal places; the scale stays.
    func truncated(behind places: Int) -> Decimal {
        guard let (quotient, _, divisor) = split(places) else { return self }
        return padded(quotient, divisor)
    }

    /// The whole number above or below; the scale stays.
    func divided(roundingUp: Bool) -> Decimal {
        guard let (quotient, remainder, divisor) = split(0) else { return self }
        if roundingUp { return padded(remainder.signum > 0 ? quotient + BigInteger(1) : quotient, divisor) }
        return padded(remainder.signum < 0 ? quotient - BigInteger(1) : quotient, divisor)
    }
}
