import Parser
import Runtime

// Parser and Runtime both call their trees what they are; inside the planner the plain name means the typed one.

/// A typed expression, as operators evaluate it.
typealias Expression = Runtime.Expression

/// An expression as written.
typealias SyntaxExpression = Parser.Expression

/// A call as written.
typealias SyntaxCall = Parser.FunctionCall

/// A count with its noun, such as `1 partition` or `2 partitions`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

extension SyntaxExpression {
    /// True when `test` holds for the expression or a part of it.
    func contains(where test: (SyntaxExpression) -> Bool) -> Bool {
        if test(self) { return true }
        var found = false
        kind.forEachChild { part in
            if !found, part.contains(where: test) { found = true }
        }
        return found
    }

    /// True for `NULL` as written.
    var isNullLiteral: Bool { kind == .literal(.null) }

    /// The text of a string literal.
    var stringLiteral: String? {
        guard case .literal(.string(let text)) = kind else { return nil }
        return text
    }
}
