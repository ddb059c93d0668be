/// A type as written in a column list, a CAST or CREATE TYPE.
public struct TypeName: Sendable, Hashable {
    /// What type it is.
    public let kind: Kind
    /// Where it starts.
    public let position: SourcePosition
    /// How many types stand inside each other, 1 for a scalar; never above the parser's nesting limit.
    public let height: Int

    /// The forms of a type.
    public indirect enum Kind: Sendable, Hashable {
        case boolean
        /// `INT`, `INTEGER`.
        case integer
        case bigint
        case double
        /// `1 ≤ precision`, `0 ≤ scale ≤ precision`; the parser checks it.
        case decimal(precision: Int, scale: Int)
        /// `STRING`, `VARCHAR`, `VARCHAR(n)`.
        case string
        case bytes
        case date
        case time
        case timestamp
        /// `ARRAY<T>` or `T ARRAY`.
        case array(TypeName)
        case map(key: TypeName, value: TypeName)
        /// May be empty.
        case structure([FieldDefinition])
        /// A type made by CREATE TYPE.
        case named(Identifier)
    }

    /// A type; its height follows from its parts.
    public init(_ kind: Kind, position: SourcePosition = .start) {
        self.kind = kind
        self.position = position
        switch kind {
        case .array(let element): height = element.height + 1
        case .map(let key, let value): height = max(key.height, value.height) + 1
        case .structure(let fields): height = (fields.lazy.map(\.type.height).max() ?? 0) + 1
        default: height = 1
        }
    }
}

/// A field of a STRUCT type.
public struct FieldDefinition: Sendable, Hashable {
    /// The field's name.
    public let name: Identifier
    /// The field's type.
    public let type: TypeName

    /// A field.
    public init(name: Identifier, type: TypeName) {
        self.name = name
        self.type = type
    }
}

/// A column of a column list: `name type [KEY | PRIMARY KEY | HEADERS | HEADER('k')]`.
public struct ColumnDefinition: Sendable, Hashable {
    /// The column's name; its position is the column's.
    public let name: Identifier
    /// The column's type.
    public let type: TypeName
    /// What part of the record it comes from.
    public let role: Role

    /// What part of a record a column comes from.
    public enum Role: Sendable, Hashable {
        case value
        /// `KEY`, of a stream.
        case key
        /// `PRIMARY KEY`, of a table.
        case primaryKey
        /// `HEADERS`: all headers of the record.
        case headers
        /// `HEADER('k')`: the last header of that name.
        case header(String)
    }

    /// A column.
    public init(name: Identifier, type: TypeName, role: Role = .value) {
        self.name = name
        self.type = type
        self.role = role
    }
}
