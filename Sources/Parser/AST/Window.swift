/// `WINDOW [name] TUMBLING | HOPPING | SESSION (…)`.
public struct WindowClause: Sendable, Hashable {
    /// The name, which nothing refers to.
    public let name: Identifier?
    /// The window's shape.
    public let shape: Shape
    /// How long closed windows can still be asked for.
    public let retention: TimeSpan?
    /// How late a record may be.
    public let grace: TimeSpan?
    /// Where WINDOW stands.
    public let position: SourcePosition

    /// The shapes of a window.
    public enum Shape: Sendable, Hashable {
        case tumbling(size: TimeSpan)
        case hopping(size: TimeSpan, advance: TimeSpan)
        case session(gap: TimeSpan)
    }

    /// A clause.
    public init(
        name: Identifier? = nil,
        shape: Shape,
        retention: TimeSpan? = nil,
        grace: TimeSpan? = nil,
        position: SourcePosition = .start
    ) {
        self.name = name
        self.shape = shape
        self.retention = retention
        self.grace = grace
        self.position = position
    }
}

/// `[INNER | LEFT | RIGHT | FULL] JOIN source [WITHIN …] ON condition`.
public struct JoinClause: Sendable, Hashable {
    /// What becomes of rows without a match.
    public let kind: Kind
    /// The right side.
    public let source: AliasedSource
    /// How far apart in time two rows may be; nil if not written.
    public let within: JoinWindow?
    /// The condition after ON.
    public let condition: Expression
    /// Where the clause starts.
    public let position: SourcePosition

    /// The kinds of join.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case inner = "INNER"
        case left = "LEFT"
        case right = "RIGHT"
        case full = "FULL"
    }

    /// A join.
    public init(
        kind: Kind,
        source: AliasedSource,
        within: JoinWindow? = nil,
        condition: Expression,
        position: SourcePosition = .start
    ) {
        self.kind = kind
        self.source = source
        self.within = within
        self.condition = condition
        self.position = position
    }
}

/// `WITHIN span` or `WITHIN (before, after)`, each with an optional `GRACE PERIOD span`.
public struct JoinWindow: Sendable, Hashable {
    /// How much earlier the right row may be.
    public let before: TimeSpan
    /// How much later the right row may be.
    public let after: TimeSpan
    /// How late a record may be; nil if not written.
    public let grace: TimeSpan?
    /// Where WITHIN stands.
    public let position: SourcePosition

    /// A join window.
    public init(before: TimeSpan, after: TimeSpan, grace: TimeSpan? = nil, position: SourcePosition = .start) {
        self.before = before
        self.after = after
        self.grace = grace
        self.position = position
    }
}
