import Values

extension ScalarFunction {
    /// Texts whose letters and digits are hidden.
    static let masking: [ScalarFunction] =
        [
            ScalarFunction("MASK", maskSummary, example: "MASK('My Test $123')" → "'Xx-Xxxx--nnn'") {
                (text: String) -> String? in
                Mask().hide(text) { _, _ in true }
            },
            ScalarFunction("MASK", maskSummary, example: "MASK('aB1', '*', NULL, '#', NULL)" → "'a*#'") {
                (text: String, upper: String?, lower: String?, digit: String?, other: String?) -> String? in
                try Mask(upper, lower, digit, other).hide(text) { _, _ in true }
            },
        ]
        + partial("MASK_LEFT", "The text with the first characters hidden.", "MASK_LEFT('abc12', 2)" → "'xxc12'") {
            index,
            _,
            n in index < n
        }
        + partial("MASK_RIGHT", "The text with the last characters hidden.", "MASK_RIGHT('abc12', 2)" → "'abcnn'") {
            index,
            count,
            n in index >= count - n
        }
        + partial(
            "MASK_KEEP_LEFT",
            "The text with all but the first characters hidden.",
            "MASK_KEEP_LEFT('abc12', 2)" → "'abxnn'"
        ) { index, _, n in index >= n }
        + partial(
            "MASK_KEEP_RIGHT",
            "The text with all but the last characters hidden.",
            "MASK_KEEP_RIGHT('abc12', 2)" → "'xxx12'"
        ) { index, count, n in index < count - n }

    private static let maskSummary =
        "The text with upper case letters as X, lower case as x, digits as n and all else as -, or as given (NULL keeps)."

    /// Overloads with and without the four replacements.
    private static func partial(
        _ name: String,
        _ summary: String,
        _ example: FunctionExample,
        _ isHidden: @escaping @Sendable (_ index: Int, _ count: Int, _ n: Int) -> Bool
    ) -> [ScalarFunction] {
        [
            ScalarFunction(name, summary, example: example) { (text: String, n: Int32) -> String? in
                try checkCount(n)
                return Mask().hide(text) { isHidden($0, $1, Int(n)) }
            },
            ScalarFunction(
                name,
                summary,
                [.exact(.string), .exact(.integer)] + Array(repeating: .exact(.string), count: 4),
                returns: .pattern(.exact(.string)),
                nulls: .sees
            ) { call in
                let text = String.Reader(call.arguments[0])
                let count = Int32.Reader(call.arguments[1])
                let signs = call.arguments[2...].map { Optional<String>.Reader($0) }
                return call.rows(String.self, seesNull: call.arguments.indices.map { $0 > 1 }) { row in
                    try checkCount(count(row))
                    let mask = try Mask(signs[0](row), signs[1](row), signs[2](row), signs[3](row))
                    return mask.hide(text(row)) { isHidden($0, $1, Int(count(row))) }
                }
            },
        ]
    }

    private static func checkCount(_ n: Int32) throws {
        if n < 0 { throw FunctionError("the number of characters is negative: \(n)") }
    }
}

/// What stands for each class of characters; nil keeps them.
private struct Mask {
    private var upper: Character? = "X"
    private var lower: Character? = "x"
    private var digit: Character? = "n"
    private var other: Character? = "-"

    init() {}

    init(_ upper: String?, _ lower: String?, _ digit: String?, _ other: String?) throws {
        self.upper = try Mask.sign(upper)
        self.lower = try Mask.sign(lower)
        self.digit = try Mask.sign(digit)
        self.other = try Mask.sign(other)
    }

    private static func sign(_ text: String?) throws -> Character? {
        guard let text else { return nil }
        guard let first = text.first else { throw FunctionError("a mask character is missing") }
        return first
    }

    func hide(_ text: String, _ isHidden: (_ index: Int, _ count: Int) -> Bool) -> String {
        let count = text.count
        var hidden = ""
        for (index, character) in text.enumerated() {
            hidden.append(isHidden(index, count) ? sign(for: character) ?? character : character)
        }
        return hidden
    }

    private func sign(for character: Character) -> Character? {
        if character.isUppercase { return upper }
        if character.isLowercase { return lower }
        return character.isNumber ? digit : other
    }
}
