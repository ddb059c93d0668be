/// What the parser accepts and how much of it.
public struct ParserOptions: Sendable, Hashable {
    /// The longest text in UTF-8 bytes.
    public var textBytesMax = 1 << 20
    /// How deep expressions, types and statements may stand inside each other.
    public var nestingMax = 256
    /// Whether `ASSERT VALUES`, `ASSERT NULL VALUES`, `ASSERT STREAM|TABLE` and `RUN SCRIPT` are statements.
    public var allowsTestStatements = false
    /// Whether the `;` of the last statement may be missing.
    public var allowsMissingTerminator = true
    /// The values of variables by upper-cased name.
    ///
    /// DEFINE and UNDEFINE in the text change them for what follows.
    public var variables: [String: String] = [:]
    /// Whether `${name}` is replaced; if not, it is an error outside of quotes and plain text inside them.
    public var substitutesVariables = true

    /// The defaults.
    public init() {}
}
