/// `CREATE [OR REPLACE] [SOURCE] STREAM|TABLE [IF NOT EXISTS] name [(columns)] [WITH (…)]`.
public struct CreateSource: Sendable, Hashable {
    /// Stream or table.
    public let source: SourceKind
    /// The new name.
    public let name: SourceName
    /// Whether it is a read-only `SOURCE`.
    public let isReadOnly: Bool
    /// What happens if the name is taken.
    public let conflict: NameConflict
    /// The columns in order; empty if none are written.
    public let columns: [ColumnDefinition]
    /// The WITH clause.
    public let properties: Properties

    /// A statement.
    public init(
        _ source: SourceKind,
        name: SourceName,
        isReadOnly: Bool = false,
        conflict: NameConflict = .refuse,
        columns: [ColumnDefinition] = [],
        properties: Properties = .none
    ) {
        self.source = source
        self.name = name
        self.isReadOnly = isReadOnly
        self.conflict = conflict
        self.columns = columns
        self.properties = properties
    }
}

/// `CREATE [OR REPLACE] STREAM|TABLE [IF NOT EXISTS] name [WITH (…)] AS SELECT …`.
public struct CreateAsSelect: Sendable, Hashable {
    /// Stream or table.
    public let source: SourceKind
    /// The new name.
    public let name: SourceName
    /// What happens if the name is taken.
    public let conflict: NameConflict
    /// The WITH clause.
    public let properties: Properties
    /// What fills it.
    public let query: Query

    /// A statement.
    public init(
        _ source: SourceKind,
        name: SourceName,
        conflict: NameConflict = .refuse,
        properties: Properties = .none,
        query: Query
    ) {
        self.source = source
        self.name = name
        self.conflict = conflict
        self.properties = properties
        self.query = query
    }
}

/// `DROP STREAM|TABLE [IF EXISTS] name [DELETE TOPIC]`.
public struct DropSource: Sendable, Hashable {
    /// Stream or table.
    public let source: SourceKind
    /// Its name.
    public let name: SourceName
    /// Whether a missing source is no error.
    public let ifExists: Bool
    /// Whether its topic goes too.
    public let deletesTopic: Bool

    /// A statement.
    public init(_ source: SourceKind, name: SourceName, ifExists: Bool = false, deletesTopic: Bool = false) {
        self.source = source
        self.name = name
        self.ifExists = ifExists
        self.deletesTopic = deletesTopic
    }
}

/// `ALTER STREAM|TABLE name ADD [COLUMN] column type, …`.
public struct AlterSource: Sendable, Hashable {
    /// Stream or table.
    public let source: SourceKind
    /// Its name.
    public let name: SourceName
    /// The columns to append, all of them values; never empty.
    public let added: [ColumnDefinition]

    /// A statement.
    public init(_ source: SourceKind, name: SourceName, added: [ColumnDefinition]) {
        self.source = source
        self.name = name
        self.added = added
    }
}

/// `INSERT INTO stream [WITH (…)] SELECT …`.
public struct InsertSelect: Sendable, Hashable {
    /// Where the rows go.
    public let target: SourceName
    /// The WITH clause.
    public let properties: Properties
    /// Where they come from.
    public let query: Query

    /// A statement.
    public init(target: SourceName, properties: Properties = .none, query: Query) {
        self.target = target
        self.properties = properties
        self.query = query
    }
}

/// `INSERT INTO source [(columns)] VALUES (expressions)`.
public struct InsertValues: Sendable, Hashable {
    /// Where the row goes.
    public let target: SourceName
    /// The columns named; empty means all in order.
    public let columns: [Identifier]
    /// One expression per column.
    public let values: [Expression]

    /// A statement.
    public init(target: SourceName, columns: [Identifier] = [], values: [Expression]) {
        self.target = target
        self.columns = columns
        self.values = values
    }
}

/// `DELETE FROM table WHERE condition`.
public struct DeleteRow: Sendable, Hashable {
    /// The table.
    public let target: SourceName
    /// Says which key.
    public let condition: Expression

    /// A statement.
    public init(target: SourceName, condition: Expression) {
        self.target = target
        self.condition = condition
    }
}

/// `INSERT INTO source FORMAT JSON|CSV [STRICT]`; the records follow on the wire.
public struct InsertRecords: Sendable, Hashable {
    /// Where the rows go.
    public let target: SourceName
    /// How the records are written.
    public let format: Format
    /// Whether a bad record ends the request instead of being skipped.
    public let isStrict: Bool

    /// How the records are written.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        case json = "JSON"
        case csv = "CSV"
    }

    /// A statement.
    public init(target: SourceName, format: Format, isStrict: Bool = false) {
        self.target = target
        self.format = format
        self.isStrict = isStrict
    }
}

/// `CREATE TYPE [IF NOT EXISTS] name AS type`.
public struct CreateType: Sendable, Hashable {
    /// The new name.
    public let name: Identifier
    /// What it stands for.
    public let type: TypeName
    /// Whether an existing type of that name is no error.
    public let ifNotExists: Bool

    /// A statement.
    public init(name: Identifier, type: TypeName, ifNotExists: Bool = false) {
        self.name = name
        self.type = type
        self.ifNotExists = ifNotExists
    }
}

/// `DROP TYPE [IF EXISTS] name`.
public struct DropType: Sendable, Hashable {
    /// Its name.
    public let name: Identifier
    /// Whether a missing type is no error.
    public let ifExists: Bool

    /// A statement.
    public init(name: Identifier, ifExists: Bool = false) {
        self.name = name
        self.ifExists = ifExists
    }
}
