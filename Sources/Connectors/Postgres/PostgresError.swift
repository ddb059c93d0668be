/// Why a PostgreSQL sink cannot be made, or cannot write.
public struct PostgresError: Error, Equatable, CustomStringConvertible {
    /// What can be done about an error.
    enum Kind: Equatable {
        /// The settings or the source can never work.
        case settings
        /// The connector is to stop.
        case stopped
        /// There is no connection, or none any more; what was not committed is lost, and a COMMIT may have happened.
        case connection
        /// The server refused a statement.
        case server
        /// The target's table, rights or progress do not fit; a person has to change something.
        case target
        /// A record that the target can never take.
        case record
        /// The topics could not be read.
        case topics
        /// Another owner writes for this connector.
        case fenced
    }

    let kind: Kind
    /// PostgreSQL's five-character code; nil when the server has not said anything.
    public let sqlstate: String?
    /// One sentence: what was met, and where.
    public let message: String
    /// What to do, as a statement that can be pasted where there is one.
    public let hint: String?

    init(_ kind: Kind, _ message: String, sqlstate: String? = nil, hint: String? = nil) {
        self.kind = kind
        self.sqlstate = sqlstate
        self.message = message
        self.hint = hint
    }

    static let stopped = PostgresError(.stopped, "the connector is stopping")

    public var description: String {
        (sqlstate.map { "\($0): " } ?? "") + message + (hint.map { " | hint: \($0)" } ?? "")
    }

    /// The same error with words about where it was met in front.
    func with(context: String) -> PostgresError {
        PostgresError(kind, "\(context): \(message)", sqlstate: sqlstate, hint: hint)
    }
}

extension PostgresError {
    /// True when some rows of a statement, rather than the statement, are the cause, so that fewer rows may pass.
    var isAboutRows: Bool {
        guard kind == .server, let sqlstate else { return false }
        // Cardinality, data, constraints, WITH CHECK OPTION, limits, and errors that triggers raise.
        return ["21", "22", "23", "44", "54", "P0"].contains(String(sqlstate.prefix(2)))
    }

    /// True when the same transaction may pass at once.
    var isTransient: Bool { sqlstate == "40001" || sqlstate == "40P01" }
}
