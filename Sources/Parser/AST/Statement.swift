/// One statement as written, without its `;`.
public struct Statement: Sendable, Hashable {
    /// What it says.
    public let kind: Kind
    /// Where it starts.
    public let position: SourcePosition
    /// Just behind its last character, before the `;`.
    public let end: SourcePosition

    /// The forms of a statement.
    public indirect enum Kind: Sendable, Hashable {
        /// A push query if it has EMIT, else a pull query.
        case query(Query)
        case createSource(CreateSource)
        case createAsSelect(CreateAsSelect)
        case dropSource(DropSource)
        case alterSource(AlterSource)
        case insertSelect(InsertSelect)
        case insertValues(InsertValues)
        case insertRecords(InsertRecords)
        case deleteRow(DeleteRow)
        case createType(CreateType)
        case dropType(DropType)
        case createConnector(CreateConnector)
        case dropConnector(DropConnector)
        case list(Listing)
        case describe(Description)
        case explain(ExplainTarget)
        case print(PrintTopic)
        case terminate(QueryTarget)
        case pause(QueryTarget)
        case resume(QueryTarget)
        /// `SET 'name' = 'value'`.
        case setProperty(name: String, value: String)
        /// `UNSET 'name'`.
        case unsetProperty(name: String)
        /// `ALTER SYSTEM 'name' = 'value'`.
        case alterSystem(name: String, value: String)
        /// `DEFINE name = 'value'`.
        case define(name: Identifier, value: String)
        /// `UNDEFINE name`.
        case undefine(name: Identifier)
        case assertTopic(AssertTopic)
        case assertSchema(AssertSchema)
        /// Only with ``ParserOptions/allowsTestStatements``.
        case assertValues(AssertValues)
        /// Only with ``ParserOptions/allowsTestStatements``.
        case assertSource(AssertSource)
        /// `RUN SCRIPT 'file'`; only with ``ParserOptions/allowsTestStatements``.
        case runScript(path: String)
    }

    /// A statement.
    public init(_ kind: Kind, position: SourcePosition = .start, end: SourcePosition = .start) {
        self.kind = kind
        self.position = position
        self.end = end
    }

    /// The statement's own characters out of the text it was parsed from.
    public func text(in source: String) -> String {
        let bytes = source.utf8
        guard position.offset <= end.offset, end.offset <= bytes.count else { return "" }
        let from = bytes.index(bytes.startIndex, offsetBy: position.offset)
        let upTo = bytes.index(bytes.startIndex, offsetBy: end.offset)
        return String(source[from..<upTo])
    }
}

/// Whether a source is a stream or a table.
public enum SourceKind: String, Sendable, Hashable {
    case stream = "STREAM"
    case table = "TABLE"
}

/// What happens if the name is taken.
public enum NameConflict: Sendable, Hashable {
    /// It is an error.
    case refuse
    /// `IF NOT EXISTS`: nothing happens.
    case skip
    /// `OR REPLACE`: the old one is replaced.
    case replace
    /// `OR REPLACE … IF NOT EXISTS`: replaced if it can be.
    case replaceOrSkip
}
