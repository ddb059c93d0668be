import Glibc
import Values

extension ScalarFunction {
    /// Numbers: signs, roots, logarithms and angles.
    static let mathematics: [ScalarFunction] =
        absoluteValues + roots + angles + [
            ScalarFunction("SIGN", "The sign of a number: -1, 0 or 1.", example: "SIGN(-7)" → "-1") {
                (x: Int32) -> Int32? in
                x.signum()
            },
            ScalarFunction("SIGN", "The sign of a number: -1, 0 or 1.") { (x: Int64) -> Int32? in Int32(x.signum()) },
            ScalarFunction("SIGN", "The sign of a number: -1, 0 or 1.") { (x: Double) -> Int32? in
                x > 0 ? 1 : x < 0 ? -1 : 0
            },
            ScalarFunction(
                "RANDOM",
                "A random DOUBLE from 0 (inclusive) to 1 (exclusive).",
                [],
                returns: .pattern(.exact(.double)),
                nulls: .sees,
                isDeterministic: false
            ) { call in
                let random = RandomBytes(count: call.count * 8)
                return call.rows(Double.self, seesNull: []) { row in Double(random.word(row) >> 11) * 0x1p-53 }
            },
            ScalarFunction(
                "PI",
                "The ratio of a circle's circumference to its diameter.",
                example: "PI()" → "3.141592653589793",
                isDeterministic: true
            ) {
                () -> Double? in Double.pi
            },
        ]

    private static let absoluteValues: [ScalarFunction] = [
        // The smallest integer has no positive twin and stays as it is.
        ScalarFunction("ABS", "The number without its sign.", example: "ABS(-3)" → "3") { (x: Int32) -> Int32? in
            x < 0 ? 0 &- x : x
        },
        ScalarFunction("ABS", "The number without its sign.") { (x: Int64) -> Int64? in x < 0 ? 0 &- x : x },
        ScalarFunction("ABS", "The number without its sign.", example: "ABS(-2.5E0)" → "2.5") {
            (x: Double) -> Double? in
            x.magnitude
        },
        ScalarFunction("ABS", "The number without its sign.", example: "ABS(-2.50)" → "2.50") {
            (x: Decimal) -> Decimal? in
            Decimal(unscaled: x.unscaled.magnitude, scale: x.scale)
        },
    ]

    private static let roots: [ScalarFunction] =
        ofNumber("SQRT", "The square root.", "SQRT(9)" → "3.0") { $0.squareRoot() }
        + ofNumber("CBRT", "The cube root.", "CBRT(27)" → "3.0") { cubeRoot($0) }
        + ofNumber("EXP", "Euler's number to the power of the argument.", "EXP(0)" → "1.0") { exp($0) }
        + ofNumber("LN", "The natural logarithm.", "LN(1)" → "0.0") { log($0) }
        + ofNumber("LOG", "The natural logarithm, or the one to the base that is given first.", "LOG(1)" → "0.0") {
            log($0)
        }
        + ofNumbers("LOG", "The logarithm of the second argument to the base of the first.", "LOG(2, 8)" → "3.0") {
            // One division is off by a bit for exact powers of 2 and 10, which the library has functions for.
            base,
            x in
            if base == 2 { return log2(x) }
            if base == 10 { return log10(x) }
            return base <= 0 || base == 1 ? .nan : log(x) / log(base)
        }
        + ofNumbers("POWER", "The first argument to the power of the second.", "POWER(2, 10)" → "1024.0") {
            pow($0, $1)
        }

    private static let angles: [ScalarFunction] =
        ofNumber("SIN", "The sine of an angle in radians.", "SIN(0)" → "0.0") { sin($0) }
        + ofNumber("COS", "The cosine of an angle in radians.", "COS(0)" → "1.0") { cos($0) }
        + ofNumber("TAN", "The tangent of an angle in radians.", "TAN(0)" → "0.0") { tan($0) }
        + ofNumber("COT", "The cotangent of an angle in radians.", "COT(0.5E0)" → "1.830487721712452") { 1 / tan($0) }
        + ofNumber("ASIN", "The angle in radians whose sine is the argument.", "ASIN(0)" → "0.0") { asin($0) }
        + ofNumber("ACOS", "The angle in radians whose cosine is the argument.", "ACOS(1)" → "0.0") { acos($0) }
        + ofNumber("ATAN", "The angle in radians whose tangent is the argument.", "ATAN(0)" → "0.0") { atan($0) }
        + ofNumbers("ATAN2", "The angle in radians of the point (x, y); arguments are y, x.", "ATAN2(0, 1)" → "0.0") {
            atan2($0, $1)
        }
        + ofNumber("SINH", "The hyperbolic sine.", "SINH(0)" → "0.0") { sinh($0) }
        + ofNumber("COSH", "The hyperbolic cosine.", "COSH(0)" → "1.0") { cosh($0) }
        + ofNumber("TANH", "The hyperbolic tangent.", "TANH(0)" → "0.0") { tanh($0) }
        + ofNumber("DEGREES", "An angle in degrees from radians.", "DEGREES(0)" → "0.0") { $0 * (180 / .pi) }
        + ofNumber("RADIANS", "An angle in radians from degrees.", "RADIANS(0)" → "0.0") { $0 / 180 * .pi }

    /// The overloads for INTEGER, BIGINT and DOUBLE of a function that computes in DOUBLE.
    private static func ofNumber(
        _ name: String,
        _ summary: String,
        _ example: FunctionExample,
        _ body: @escaping @Sendable (Double) -> Double
    ) -> [ScalarFunction] {
        [
            ScalarFunction(name, summary, example: example) { (x: Int32) -> Double? in body(Double(x)) },
            ScalarFunction(name, summary) { (x: Int64) -> Double? in body(Double(x)) },
            ScalarFunction(name, summary) { (x: Double) -> Double? in body(x) },
        ]
    }

    private static func ofNumbers(
        _ name: String,
        _ summary: String,
        _ example: FunctionExample,
        _ body: @escaping @Sendable (Double, Double) -> Double
    ) -> [ScalarFunction] {
        [
            ScalarFunction(name, summary, example: example) { (x: Int32, y: Int32) -> Double? in
                body(Double(x), Double(y))
            },
            ScalarFunction(name, summary) { (x: Int64, y: Int64) -> Double? in body(Double(x), Double(y)) },
            ScalarFunction(name, summary) { (x: Double, y: Double) -> Double? in body(x, y) },
        ]
    }
}

/// The cube root, exact for cubes: one Newton step behind the library's, which is off by a bit for 27.
@Sendable
private func cubeRoot(_ x: Double) -> Double {
    let root = cbrt(x)
    guard root.isFinite, root != 0 else { return root }
    let better = root - (root * root * root - x) / (3 * root * root)
    return better.isFinite ? better : root
}
