import Parser

/// Why a statement cannot be run: what, where, and what to do about it.
public struct PlanError: Error, Sendable, Hashable {
    /// A five-character SQLSTATE such as `42703`.
    public let code: String
    /// What is wrong, as one sentence without a full stop.
    public let message: String
    /// Where in the text; nil when no place is to blame.
    public let position: SourcePosition?
    /// Why, if there is more to say.
    public let detail: String?
    /// One thing to do about it.
    public let hint: String?

    /// An error.
    public init(
        _ code: String,
        _ message: String,
        at position: SourcePosition? = nil,
        detail: String? = nil,
        hint: String? = nil
    ) {
        self.code = code
        self.message = message
        self.position = position
        self.detail = detail
        self.hint = hint
    }
}

extension PlanError: CustomStringConvertible {
    /// One line: `42703 1:8 message | detail: … | hint: …`.
    public var description: String {
        var line = code
        if let position { line += " \(position)" }
        line += " \(message)"
        if let detail { line += " | detail: \(detail)" }
        if let hint { line += " | hint: \(hint)" }
        return line
    }
}

/// The SQLSTATEs that planning can end with.
enum SQLState {
    static let notSupported = "0A000"
    static let invalidText = "22P02"
    static let dataException = "22000"
    static let outOfRange = "22003"
    static let invalidParameter = "22023"
    static let nullNotAllowed = "22004"
    static let dependentObjects = "2BP01"
    static let syntax = "42601"
    static let ambiguousColumn = "42702"
    static let unknownColumn = "42703"
    static let unknownObject = "42704"
    static let duplicateColumn = "42701"
    static let duplicateAlias = "42712"
    static let duplicateObject = "42710"
    static let duplicateSource = "42P07"
    static let unknownSource = "42P01"
    static let grouping = "42803"
    static let typeMismatch = "42804"
    static let cannotCast = "42846"
    static let wrongKind = "42809"
    static let unknownFunction = "42883"
    static let invalidColumnReference = "42P10"
    static let invalidDefinition = "42P16"
    static let invalidProperty = "42P17"
    static let readOnly = "42501"
    static let notInState = "55000"
    static let limitExceeded = "54000"
}
