/// `SELECT … FROM … [WINDOW …] [WHERE …] [GROUP BY …] [PARTITION BY …] [HAVING …] [EMIT …] [LIMIT n]
/// [RESUME FROM 'token']`.
public struct Query: Sendable, Hashable {
    /// The projection; never empty.
    public var select: [SelectItem]
    /// What is read.
    public var from: Relation
    /// How rows are cut by time.
    public var window: WindowClause?
    /// The condition after WHERE.
    public var filter: Expression?
    /// Empty if there is no GROUP BY.
    public var groupBy: [Expression]
    /// Empty if there is no PARTITION BY.
    public var partitionBy: [Expression]
    /// The condition after HAVING.
    public var having: Expression?
    /// What is emitted; nil makes a bare SELECT a pull query.
    public var emit: EmitClause?
    /// When to stop.
    public var limit: LimitClause?
    /// Where an earlier push query stopped.
    public var resume: ResumeClause?
    /// Where SELECT stands.
    public var position: SourcePosition

    /// A query with only a projection and a source; set the other clauses afterwards.
    public init(select: [SelectItem], from: Relation, position: SourcePosition = .start) {
        self.select = select
        self.from = from
        self.position = position
        groupBy = []
        partitionBy = []
    }
}

/// An item of a projection.
public enum SelectItem: Sendable, Hashable {
    /// `*`.
    case all(SourcePosition)
    /// `source.*`.
    case allOf(source: Identifier)
    /// `expression->*`: every field of a struct.
    case allFields(of: Expression)
    /// `expression [AS alias]`.
    case expression(Expression, alias: Identifier?)

    /// Where the item starts.
    public var position: SourcePosition {
        switch self {
        case .all(let position): position
        case .allOf(let source): source.position
        case .allFields(let expression), .expression(let expression, _): expression.position
        }
    }
}

/// A source, and the sources joined to it from left to right.
public struct Relation: Sendable, Hashable {
    /// The left-most source.
    public let first: AliasedSource
    /// The joins in the order written.
    public let joins: [JoinClause]

    /// A relation.
    public init(_ first: AliasedSource, joins: [JoinClause] = []) {
        self.first = first
        self.joins = joins
    }
}

/// `source [[AS] alias]`.
public struct AliasedSource: Sendable, Hashable {
    /// The stream or table.
    public let name: SourceName
    /// The alias, if one is written.
    public let alias: SourceName?

    /// A source of a query.
    public init(_ name: SourceName, alias: SourceName? = nil) {
        self.name = name
        self.alias = alias
    }

    /// The name by which columns refer to it.
    public var reference: SourceName { alias ?? name }
}

/// `EMIT CHANGES` or `EMIT FINAL`.
public struct EmitClause: Sendable, Hashable {
    /// What is emitted.
    public let mode: Mode
    /// Where EMIT stands.
    public let position: SourcePosition

    /// What a continuous query emits.
    public enum Mode: String, Sendable, Hashable {
        case changes = "CHANGES"
        case final = "FINAL"
    }

    /// A clause.
    public init(_ mode: Mode, position: SourcePosition = .start) {
        self.mode = mode
        self.position = position
    }
}

/// `LIMIT n`.
public struct LimitClause: Sendable, Hashable {
    /// How many rows at most; not negative.
    public let count: Int64
    /// Where LIMIT stands.
    public let position: SourcePosition

    /// A clause.
    public init(_ count: Int64, position: SourcePosition = .start) {
        self.count = count
        self.position = position
    }
}

/// `RESUME FROM 'token'`.
public struct ResumeClause: Sendable, Hashable {
    /// The token a progress line of the earlier query carried.
    public let token: String
    /// Where RESUME stands.
    public let position: SourcePosition

    /// A clause.
    public init(token: String, position: SourcePosition = .start) {
        self.token = token
        self.position = position
    }
}
