/// A decimal number with its scale, of any length: `1.0` and `1.00` are two of them.
struct ExactNumber: Equatable {
    let isNegative: Bool
    /// Digits without leading zeros; empty for zero.
    let digits: String
    /// Digits behind the point; negative for trailing zeros that an exponent stands for.
    let scale: Int

    /// - Parameter text: a JSON number.
    init?(_ text: String) {
        let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
        guard parts.count <= 2, let mantissa = parts.first else { return nil }
        let exponent = parts.count == 2 ? Int(parts[1]) : 0
        guard let exponent else { return nil }
        let unsigned = mantissa.drop { $0 == "-" || $0 == "+" }
        let halves = unsigned.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count <= 2, unsigned.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) else { return nil }
        let all = halves.joined()
        guard !all.isEmpty else { return nil }
        digits = String(all.drop { $0 == "0" })
        isNegative = mantissa.hasPrefix("-") && !digits.isEmpty
        scale = (halves.count == 2 ? halves[1].count : 0) - exponent
    }

    /// True when it is written without fraction and exponent.
    static func isInteger(_ text: String) -> Bool { !text.contains { ".eE".contains($0) } }
}
