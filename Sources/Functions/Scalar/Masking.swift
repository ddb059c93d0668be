import Values

extension ScalarFunction {
    /// Texts whose letters and digits are hidden.
    static let masking: [ScalarFunction] =
        [
            ScalarFunction(writing: "MASK", maskSummary, example: "MASK('My Test $123')" → "'Xx-Xxxx--nnn'") {
                (text: Text, out: inout ByteWriter) in
                Mask().hide(text, to: &out) { _, _ in true }
                return true
            },
            ScalarFunction(
                "MASK",
                maskSummary,
                example: "MASK('aB1', '*', NULL, '#', NULL)" → "'a*#'",
                Array(repeating: .exact(.string), count: 5),
                returns: .pattern(.exact(.string)),
                nulls: .sees
            ) { call in
                let text = Text.Reader(call.arguments[0])
                let mask = masks(call, from: 1)
                return call.texts(seesNull: call.arguments.indices.map { $0 > 0 }) { row, out in
                    try mask(row).hide(text(row), to: &out) { _, _ in true }
                    return true
                }
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
            ScalarFunction(writing: name, summary, example: example) { (text: Text, n: Int32, out: inout ByteWriter) in
                try checkCount(n)
                Mask().hide(text, to: &out) { isHidden($0, $1, Int(n)) }
                return true
            },
            ScalarFunction(
                name,
                summary,
                [.exact(.string), .exact(.integer)] + Array(repeating: .exact(.string), count: 4),
                returns: .pattern(.exact(.string)),
                nulls: .sees
            ) { call in
                let text = Text.Reader(call.arguments[0])
                let count = Int32.Reader(call.arguments[1])
                let mask = masks(call, from: 2)
                return call.texts(seesNull: call.arguments.indices.map { $0 > 1 }) { row, out in
                    let n = count(row)
                    try checkCount(n)
                    try mask(row).hide(text(row), to: &out) { isHidden($0, $1, Int(n)) }
                    return true
                }
            },
        ]
    }

    /// The masks of the rows by four arguments.
    private static func masks(_ call: FunctionCall, from index: Int) -> (Int) throws -> Mask {
        let signs = call.arguments[index...].map { Optional<Text>.Reader($0) }
        return { row in try Mask(signs[0](row), signs[1](row), signs[2](row), signs[3](row)) }
    }

    private static func checkCount(_ n: Int32) throws {
        if n < 0 { throw FunctionError("the number of characters is negative: \(n)") }
    }
}

/// What stands for each class of characters; nil keeps them.
private struct Mask {
    /// One character, which may be several bytes.
    private enum Sign {
        case byte(UInt8)
        case character(Character)
    }

    private var upper: Sign? = .byte(0x58)
    private var lower: Sign? = .byte(0x78)
    private var digit: Sign? = .byte(0x6E)
    private var other: Sign? = .byte(0x2D)

    init() {}

    init(_ upper: Text?, _ lower: Text?, _ digit: Text?, _ other: Text?) throws {
        self.upper = try Mask.sign(upper)
        self.lower = try Mask.sign(lower)
        self.digit = try Mask.sign(digit)
        self.other = try Mask.sign(other)
    }

    private static func sign(_ text: Text?) throws -> Sign? {
        guard let text else { return nil }
        guard let first = text.bytes.first else { throw FunctionError("a mask character is missing") }
        if first < 0x80, text.bytes.count == 1 { return .byte(first) }
        return text.string.first.map { .character($0) }
    }

    /// Writes the text with the characters at the places that `isHidden` names replaced.
    @inline(__always)
    func hide(_ text: Text, to out: inout ByteWriter, _ isHidden: (_ index: Int, _ count: Int) -> Bool) {
        // Of ASCII only the pair of carriage return and line feed is one character of two bytes.
        guard TextUnits.isASCII(text.bytes), !text.bytes.contains(0x0D) else {
            return hide(text.string, to: &out, isHidden)
        }
        for (index, byte) in text.bytes.enumerated() {
            guard isHidden(index, text.bytes.count), let sign = sign(for: byte) else {
                out.append(byte)
                continue
            }
            write(sign, to: &out)
        }
    }

    @inline(never)
    private func hide(_ text: String, to out: inout ByteWriter, _ isHidden: (_ index: Int, _ count: Int) -> Bool) {
        let count = text.count
        for (index, character) in text.enumerated() {
            guard isHidden(index, count), let sign = sign(for: character) else {
                out.append(String(character))
                continue
            }
            write(sign, to: &out)
        }
    }

    @inline(__always)
    private func write(_ sign: Sign, to out: inout ByteWriter) {
        switch sign {
        case .byte(let byte): out.append(byte)
        case .character(let character): out.append(String(character))
        }
    }

    private func sign(for byte: UInt8) -> Sign? {
        switch byte {
        case 0x41...0x5A: upper
        case 0x61...0x7A: lower
        case 0x30...0x39: digit
        default: other
        }
    }

    private func sign(for character: Character) -> Sign? {
        if character.isUppercase { return upper }
        if character.isLowercase { return lower }
        return character.isNumber ? digit : other
    }
}
