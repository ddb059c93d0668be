/// A name of a column, source, function, type, field or variable.
///
/// Two identifiers are equal when their folded texts are: `id`, `ID` and `` `ID` `` are one name, `` `id` `` is another.
public struct Identifier: Sendable {
    /// The name after case folding: upper-cased unless it was quoted.
    public let text: String
    /// The name as written, without quotes and before case folding; for topic names, which keep their case.
    public let spelling: String
    /// Whether it was written in backquotes or double quotes.
    public let isQuoted: Bool
    /// Where it starts.
    public let position: SourcePosition

    /// A name as written; folds it to upper case unless it was quoted.
    public init(_ spelling: String, isQuoted: Bool = false, position: SourcePosition = .start) {
        self.text = isQuoted ? spelling : spelling.uppercased()
        self.spelling = spelling
        self.isQuoted = isQuoted
        self.position = position
    }
}

extension Identifier: Hashable {
    /// Whether both name the same thing.
    public static func == (left: Identifier, right: Identifier) -> Bool { left.text == right.text }

    /// Hashes the folded text.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension Identifier: CustomStringConvertible {
    /// The folded text, unquoted.
    public var description: String { text }
}

/// The name of a stream or table: an identifier of letters, digits, `_` and `-` only (the parser checks it).
public typealias SourceName = Identifier
