/// Why the network edge could not start: one sentence, and what to do when there is something.
public struct ServerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What happened, with the address or path.
    public let message: String
    /// What to do.
    public let hint: String?

    /// An error.
    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    /// Both in one line.
    public var description: String { hint.map { "\(message); \($0)" } ?? message }
}
