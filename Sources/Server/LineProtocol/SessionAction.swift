/// What a session asks its connection to do; the connection does it in order.
enum SessionAction {
    /// Write reply bytes.
    case send([UInt8])
    /// Start a statement; its lines get the tag, and `credit` is the client's window if it set one.
    case execute(StatementRequest, tag: String, credit: Int?)
    /// Start a bulk insert.
    case insert(BulkInsertRequest, tag: String, credit: Int?)
    /// Hand records to a bulk insert.
    case records(RequestID, BulkLines)
    /// Tell a bulk insert that there are no more records.
    case endOfRecords(RequestID)
    /// End a request with an error although its executor has not.
    case fail(RequestID, ReplyError)
    /// Ask the executor to end a request.
    case cancel(RequestID, CancelReason)
    /// Let a request send that many rows more.
    case credit(RequestID, Int)
    /// Call `deadlinePassed` in so many milliseconds.
    case startDeadline(milliseconds: Int)
    /// The deadline is no longer wanted.
    case clearDeadline
    /// Close the connection once everything written has been sent.
    case close
}
