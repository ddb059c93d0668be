import Values

/// An expression in the words of Weir and in those of PostgreSQL, which mean the same.
struct Term: Sendable {
    let type: SQLType
    let weir: String
    let postgres: String
    let parts: [Term]
    private let rule: TermRule?

    /// A column or a constant.
    init(_ type: SQLType, _ weir: String, _ postgres: String) {
        self.type = type
        self.weir = weir
        self.postgres = postgres
        parts = []
        rule = nil
    }

    init(_ rule: TermRule, _ parts: [Term]) {
        type = rule.result
        self.rule = rule
        self.parts = parts
        weir = Term.filled(rule.weir, parts.map(\.weir))
        postgres = Term.postgres(rule, parts)
    }

    private static func postgres(_ rule: TermRule, _ parts: [Term]) -> String {
        let texts = parts.map { "(\($0.postgres))" }
        if let isNegated = rule.between {
            let both = [(">=", 1), ("<=", 2)].map { op, index in
                strict([parts[0], parts[index]], "coalesce(\(texts[0]) \(op) \(texts[index]), false)")
            }
            return (isNegated ? "NOT " : "") + "two_and(\(both[0]), \(both[1]))"
        }
        let filled = filled(rule.postgres, texts)
        return rule.isComparison ? strict(parts, filled) : filled
    }

    /// A comparison with a NULL is FALSE, one with arithmetic that has no result has none either.
    private static func strict(_ parts: [Term], _ comparison: String) -> String {
        let computed = parts.filter(\.isArithmetic).map { "(\($0.postgres)) IS NULL" }
        return computed.isEmpty
            ? comparison : "CASE WHEN \(computed.joined(separator: " OR ")) THEN NULL ELSE \(comparison) END"
    }

    /// Whether the value is computed of numbers, or converted from one that is.
    private var isArithmetic: Bool {
        guard let rule else { return false }
        if rule.isArithmetic { return true }
        return rule.isCast && parts[0].isArithmetic
    }

    /// The same with another part; nil for a leaf.
    func replacing(_ index: Int, by part: Term) -> Term? {
        rule.map { rule in
            var parts = parts
            parts[index] = part
            return Term(rule, parts)
        }
    }

    /// `$1`, `$2`… as the texts of the parts.
    private static func filled(_ pattern: String, _ texts: [String]) -> String {
        var out = ""
        var rest = pattern[...]
        while let sign = rest.popFirst() {
            if sign == "$", let digit = rest.first?.wholeNumberValue, digit <= texts.count {
                out += texts[digit - 1]
                rest.removeFirst()
            } else {
                out.append(sign)
            }
        }
        return out
    }
}

/// What an operator or function makes of parts of some types, in both languages; `$1` is the first part.
struct TermRule: Sendable {
    let result: SQLType
    let arguments: [SQLType]
    let weir: String
    let postgres: String

    init(_ result: SQLType, _ arguments: [SQLType], _ weir: String, _ postgres: String) {
        self.result = result
        self.arguments = arguments
        self.weir = weir
        self.postgres = postgres
    }
}

extension TermRule {
    private static let operators = ["+", "-", "*", "/", "%"]

    /// A comparison of values; not those that tell NULL from other values.
    var isComparison: Bool {
        [" = ", " <> ", " < ", " <= ", " > ", " >= ", " IN (", " NOT IN ("].contains { weir.contains("$1" + $0) }
    }

    /// Whether a BETWEEN is negated; nil for other rules.
    var between: Bool? {
        weir.contains("$1 BETWEEN ") ? false : weir.contains("$1 NOT BETWEEN ") ? true : nil
    }

    /// An operator over numbers, or a cast of one.
    var isArithmetic: Bool {
        arguments.allSatisfy(\.isNumeric)
            && (weir == "(- $1)"
                || TermRule.operators.contains { weir.hasPrefix("($1 \($0) ") || weir.hasPrefix("CAST($1 \($0) ") })
    }

    var isCast: Bool { weir.hasPrefix("CAST($1 AS ") }
}

/// Makes random terms of the rules.
struct TermMaker {
    private var state: UInt64
    private static let rules = Dictionary(grouping: TermRule.all, by: \.result)

    init(seed: UInt64) { state = seed }

    mutating func roll(_ sides: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(sides))
    }

    mutating func pick<T>(_ choices: [T]) -> T { choices[roll(choices.count)] }

    /// A term of a random type.
    mutating func term() -> Term {
        let types = ComparisonRows.types
        let type = pick(types)
        return term(type, depth: 1 + roll(4))
    }

    private mutating func term(_ type: SQLType, depth: Int) -> Term {
        guard depth > 0, roll(8) > 0, let rules = TermMaker.rules[type] else { return leaf(type) }
        let rule = pick(rules)
        return Term(rule, rule.arguments.map { term($0, depth: depth - 1) })
    }

    /// A column, mostly; a constant; seldom NULL.
    mutating func leaf(_ type: SQLType) -> Term {
        if roll(3) > 0 { return pick(ComparisonRows.columns(type)) }
        if roll(8) == 0 {
            return Term(type, "CAST(NULL AS \(type))", "CAST(NULL AS \(ComparisonRows.postgresName(type)))")
        }
        let text = pick(ComparisonRows.constants(type))
        return Term(
            type,
            type == .string ? "'\(text)'" : "CAST('\(text)' AS \(type))",
            "CAST('\(text)' AS \(ComparisonRows.postgresName(type)))"
        )
    }
}
