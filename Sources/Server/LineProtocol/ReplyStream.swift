import Synchronization

/// The way back for one request: header, rows, progress and notices, then one `finish` or `fail`.
///
/// Methods may be called from any thread; calls from several threads must be ordered by the caller. None of them
/// blocks. After `finish` or `fail`, and after the connection has gone, everything is quietly ignored. A stream that
/// is dropped without an answer answers with an internal error, so no client waits for ever.
public final class ReplyStream: Sendable {
    let flow: RequestFlow

    init(flow: RequestFlow) {
        self.flow = flow
    }

    deinit {
        flow.end(with: ReplyError("XX000", "the statement ended without an answer").replyLine)
    }

    /// The request that is answered.
    public var id: RequestID { flow.id }

    /// Whether the client's window has room for more rows.
    ///
    /// After a `false` the `onWritable` callback will be called.
    public var isWritable: Bool { flow.isWritable }

    /// How many rows the client still wants (`CREDIT`); `Int.max` when it set no window.
    public var rowCredit: Int { max(0, flow.credit.load(ordering: .relaxed)) }

    /// Why the request should end, or nil while it may go on.
    public var cancelReason: CancelReason? { flow.cancelReason }

    /// Calls `body` once when the request is cancelled, at once if it already was.
    ///
    /// The request must still be ended
    /// by `finish` or `fail`; `ReplyError.cancelled` has the words. Runs on the network thread: return soon.
    public func onCancel(_ body: @escaping @Sendable (CancelReason) -> Void) {
        flow.setCancelCallback(body)
    }

    /// Calls `body` whenever there may be room again after `isWritable` or `rows` answered `false`.
    ///
    /// A spurious call is possible. Runs on the network thread: return soon.
    public func onWritable(_ body: @escaping @Sendable () -> Void) {
        flow.setWritableCallback(body)
    }

    /// Writes the header line; once, before any row.
    public func header(_ header: ReplyHeader) {
        flow.write(header.replyLine, streams: header.changes != nil)
    }

    /// Writes whole lines that hold `count` rows: each with its class (`[…]`, `![…]`, or `=…`, `!=…` for formats
    /// other than JSON) and a line feed at its end.
    ///
    /// - Returns: whether there is room for more. `false` asks the producer to pause until `onWritable`; these lines
    ///   were taken all the same.
    @discardableResult
    public func rows(_ lines: UnsafeRawBufferPointer, count: Int) -> Bool {
        flow.writeRows(lines, count: count)
    }

    /// Writes whole lines that hold `count` rows, as above.
    @discardableResult
    public func rows(_ lines: [UInt8], count: Int) -> Bool {
        lines.withUnsafeBytes { flow.writeRows($0, count: count) }
    }

    /// Writes a progress line: one JSON object.
    public func progress(_ json: String) {
        flow.write(ReplyLine.make(.progress, json))
    }

    /// Writes a notice: an SQLSTATE of class 00, 01 or 02 (or of the skipped record) and plain words.
    public func notice(_ sqlstate: String, _ text: String) {
        flow.write(ReplyLine.make(.notice, "\(sqlstate) \(text)"))
    }

    /// Ends the request with success, such as `OK 12 rows 3 ms`.
    public func finish(_ text: String) {
        flow.end(with: ReplyLine.make(.success, text))
    }

    /// Ends the request with an error.
    public func fail(_ error: ReplyError) {
        flow.end(with: error.replyLine)
    }

    /// Tells that records of a bulk insert have left the receiver's queue, so that reading may go on.
    public func bulkConsumed(_ lines: BulkLines) {
        flow.channel.post(.bulkConsumed(flow.id, bytes: lines.bytes.count))
    }
}
