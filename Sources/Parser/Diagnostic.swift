/// Why a text is not a statement: what, where, and what to do about it.
public struct Diagnostic: Error, Sendable {
    /// A five-character SQLSTATE such as `42601`.
    public let code: String
    /// Where in the text.
    public let position: SourcePosition
    /// What is wrong, as one sentence without a full stop.
    public let message: String
    /// Why, if there is more to say.
    public let detail: String?
    /// One thing to do about it.
    public let hint: String?

    /// A diagnostic.
    public init(
        _ code: String,
        at position: SourcePosition,
        _ message: String,
        detail: String? = nil,
        hint: String? = nil
    ) {
        self.code = code
        self.position = position
        self.message = message
        self.detail = detail
        self.hint = hint
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
