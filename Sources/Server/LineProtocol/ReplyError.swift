/// Why a request failed, in the fields of a reply line: what, where, why, and what to do about it.
public struct ReplyError: Error, Equatable, Sendable {
    /// Five characters of SQLSTATE, such as `42703`; stable, for programs.
    public var sqlstate: String
    /// Line in the statement, from 1, when the error has a place in its text.
    public var line: Int?
    /// Column in that line, from 1, counted in characters.
    public var column: Int?
    /// One sentence that names the object.
    public var message: String
    /// More than the sentence can hold, such as the names that would have been known.
    public var detail: String?
    /// One thing to try, best something to paste.
    public var hint: String?

    /// An error with a place in the statement if `line` and `column` are given.
    public init(
        _ sqlstate: String,
        _ message: String,
        line: Int? = nil,
        column: Int? = nil,
        detail: String? = nil,
        hint: String? = nil
    ) {
        self.sqlstate = sqlstate
        self.message = message
        self.line = line
        self.column = column
        self.detail = detail
        self.hint = hint
    }
}

extension ReplyError {
    /// The error that ends a request which was cancelled, in words that fit the reason.
    public static func cancelled(_ reason: CancelReason) -> ReplyError {
        switch reason {
        case .request: ReplyError("57014", "cancelled at the client's request")
        case .disconnected: ReplyError("08006", "the client went away")
        case .shutdown: ReplyError("57P01", "the server is shutting down", hint: "connect again in a moment")
        case .slowReader:
            ReplyError("53400", "the client reads too slowly", hint: "read faster, or set a window with CREDIT")
        }
    }
}

/// Why a running request should end early.
public enum CancelReason: Equatable, Sendable {
    /// The client sent `CANCEL`, or `QUIT` while a push query was running.
    case request
    /// The connection is gone; nobody reads the answer.
    case disconnected
    /// The server stops.
    case shutdown
    /// More was written than the connection's hard limit of unsent bytes allows.
    case slowReader
}
