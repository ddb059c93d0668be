/// Why a text is not a statement: what, where, and what to do about it.
///
/// One word wide, so that the frames of a deep recursion that may throw it stay small.
public struct Diagnostic: Error, Sendable, Hashable {
    private let content: Content

    /// A five-character SQLSTATE such as `42601`.
    public var code: String { content.code }
    /// Where in the text.
    public var position: SourcePosition { content.position }
    /// How many characters to underline; at least 1.
    public var width: Int { content.width }
    /// What is wrong, as one sentence without a full stop.
    public var message: String { content.message }
    /// Why, if there is more to say.
    public var detail: String? { content.detail }
    /// One thing to do about it.
    public var hint: String? { content.hint }

    /// A diagnostic.
    public init(
        _ code: String,
        at position: SourcePosition,
        width: Int = 1,
        _ message: String,
        detail: String? = nil,
        hint: String? = nil
    ) {
        content = Content(
            code: code,
            position: position,
            width: max(width, 1),
            message: message,
            detail: detail,
            hint: hint
        )
    }

    /// Whether both say the same, at whatever place.
    public static func == (left: Diagnostic, right: Diagnostic) -> Bool {
        left.code == right.code && left.message == right.message && left.detail == right.detail
            && left.hint == right.hint
    }

    /// Hashes what it says.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(message)
    }

    /// The fields, behind one reference.
    private final class Content: Sendable {
        let code: String
        let position: SourcePosition
        let width: Int
        let message: String
        let detail: String?
        let hint: String?

        init(code: String, position: SourcePosition, width: Int, message: String, detail: String?, hint: String?) {
            self.code = code
            self.position = position
            self.width = width
            self.message = message
            self.detail = detail
            self.hint = hint
        }
    }
}

extension Diagnostic: CustomStringConvertible {
    /// One line: `42601 1:8 message | detail: … | hint: …`.
    public var description: String {
        var line = "\(code) \(position) \(message)"
        if let detail { line += " | detail: \(detail)" }
        if let hint { line += " | hint: \(hint)" }
        return line
    }
}

extension Diagnostic {
    /// The widest piece of a source line an excerpt shows, in characters.
    private static let excerptWidthMax = 100

    /// Several lines for a person: the message, the line of the text with a caret under the place, detail and hint.
    public func rendered(in source: String) -> String {
        var lines = ["ERROR \(code) \(message)  (line \(position.line), column \(position.column))"]
        if let (excerpt, indent) = excerpt(of: source) {
            let number = String(position.line)
            let room = excerpt.unicodeScalars.count - indent
            lines.append("  \(number) | \(excerpt)")
            lines.append(
                "  " + String(repeating: " ", count: number.count) + " | " + String(repeating: " ", count: indent)
                    + String(repeating: "^", count: max(1, min(width, room)))
            )
        }
        if let detail { lines.append("Detail: \(detail)") }
        if let hint { lines.append("Hint: \(hint)") }
        return lines.joined(separator: "\n")
    }

    /// The line of the text in which the position lies, cut to a readable width, and the caret's place in it.
    private func excerpt(of source: String) -> (String, Int)? {
        let lines = source.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard position.line <= lines.count else { return nil }
        let line = Array(String(decoding: lines[position.line - 1], as: UTF8.self).unicodeScalars)
        let caret = min(position.column - 1, line.count)
        let start = caret < Diagnostic.excerptWidthMax * 3 / 4 ? 0 : caret - Diagnostic.excerptWidthMax / 2
        let end = min(line.count, start + Diagnostic.excerptWidthMax)
        var text = String.UnicodeScalarView(start > 0 ? ["…"] : [])
        // Tabs and other control characters would move the caret away from its place.
        for scalar in line[start..<end] where scalar != "\r" {
            text.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        if end < line.count { text.append("…") }
        return (String(text), caret - start + (start > 0 ? 1 : 0))
    }
}
