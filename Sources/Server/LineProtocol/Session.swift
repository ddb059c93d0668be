/// The protocol of one connection as a state machine: bytes and events go in, actions come out; it does no I/O.
///
/// Input is a sequence of lines. Requests go into lanes (see `RequestLane`), one for each tag and one for those
/// without; a lane runs one request at a time. Verbs take effect when they are read and are answered in their turn.
struct Session {
    /// What the next bytes of input are.
    enum Input {
        /// Lines of requests.
        case requests
        /// The rest of a line that was too long.
        case restOfLongLine
        /// The statement of `SQL <bytes>`, of which so many bytes are missing.
        case counted(missing: Int, tag: String)
        /// The bytes of a statement that was too long.
        case restOfLongCounted(missing: Int)
        /// The line end behind a counted statement, which is then complete if it has a tag (empty for none).
        case endOfCounted(tag: String?)
        /// A bulk insert waits for its turn in the lane; its records stay unread.
        case recordsToCome
        /// Records of a bulk insert.
        case records(BulkProgress)
        /// Nothing is read any more.
        case ended
    }

    /// A bulk insert whose records are coming.
    struct BulkProgress {
        var id: RequestID
        var strict: Bool
        /// The request has ended already: lines are skipped up to `\.`.
        var isSkipping = false
        /// The line that is being read is too long: the rest of it is skipped.
        var inLongLine = false
    }

    let context: SessionContext
    let limits: SessionLimits
    let token: String?
    let version: String

    var input = Input.requests
    var actions: [SessionAction] = []
    /// The start of a line whose end has not come yet, or of a counted statement.
    var partial: [UInt8] = []
    /// The lines of a statement whose `;` has not come yet.
    var statement: [UInt8] = []
    var statementTag = ""
    var scanner = StatementScanner()
    /// The statement that is being read is too long: its bytes are dropped up to the `;`.
    var dropsStatement = false
    /// Whether nothing has been read: HTTP clients are told apart by their first line.
    var isFirstLine = true

    var format = ReplyFormat.json
    var decimalsAsNumbers = false
    var isAuthenticated: Bool
    var triesLeft: Int

    var untagged = RequestLane()
    var tagged: [String: RequestLane] = [:]
    /// The lanes of running requests that have a tag.
    var tagsByRequest: [RequestID: String] = [:]
    var requestCount: UInt64 = 0
    var waitingCount = 0
    var waitingBytes = 0

    /// Records of the bulk insert that have been read and not handed over.
    var records = BulkLines(firstLine: 1)
    /// The number of the record line that is read next.
    var recordLine = 1
    /// Bytes handed over to the bulk insert and not consumed.
    var bulkUnconsumed = 0

    /// Input has ended; the connection closes when the last request has.
    var closesWhenIdle = false
    /// The client quit: push queries, which have no end of their own, are cancelled, and this is the last line.
    var quitAnswer: [UInt8]?
    private var isClosed = false
    private var isPaused = false

    init(context: SessionContext, limits: SessionLimits, token: String? = nil, version: String = "0.1.0") {
        self.context = context
        self.limits = limits
        self.token = token
        self.version = version
        isAuthenticated = token == nil
        triesLeft = limits.authenticationTriesMax
    }

    // MARK: Events

    /// The connection stands: greet.
    mutating func open() {
        send(Array("+WEIR 1 \(greeting)\n".utf8))
        if !isAuthenticated { actions.append(.startDeadline(milliseconds: limits.authenticationTimeoutMilliseconds)) }
    }

    /// Bytes came.
    ///
    /// - Returns: how many were consumed; fewer when `wantsInput` has become false.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        var position = 0
        while position < bytes.count, wantsInput {
            position += consume(UnsafeRawBufferPointer(rebasing: bytes[position...]))
        }
        flushRecords()
        return isReadingOver ? bytes.count : position
    }

    /// The client has ended its side of the connection, and everything before that has been consumed.
    mutating func endInput() {
        guard !isReadingOver else { return }
        switch input {
        case .records(let bulk):
            endRecordsAtEndOfInput(bulk)
        case .requests:
            if !partial.isEmpty {
                let line = partial
                partial = []
                line.withUnsafeBytes { readLine($0) }
            }
            // That line may have begun a bulk insert, which then has no records.
            if case .records(let bulk) = input { endRecordsAtEndOfInput(bulk) }
            if scanner.hasContent || !statement.isEmpty {
                let hint = "end the statement with ;"
                answer(ReplyError("42601", "the input ended within a statement", hint: hint), tag: statementTag)
            }
        case .counted(_, let tag):
            answer(ReplyError("08P01", "the input ended within the bytes of SQL"), tag: tag)
        case .endOfCounted(let tag?):
            let text = partial
            text.withUnsafeBytes { acceptStatement($0, tag: tag) }
        case .restOfLongLine, .restOfLongCounted, .endOfCounted, .recordsToCome, .ended:
            break
        }
        endReading()
    }

    /// What the executor's threads reported beside the bytes, which have been sent already.
    mutating func receive(_ event: ReplyChannel.Event) {
        switch event {
        case .ended(let id): requestEnded(id)
        case .streams(let id): requestStreams(id)
        case .bulkConsumed(_, let bytes): bulkUnconsumed = max(0, bulkUnconsumed - bytes)
        }
    }

    /// The client has not authenticated in time.
    mutating func deadlinePassed() {
        guard !isAuthenticated else { return }
        let seconds = limits.authenticationTimeoutMilliseconds / 1000
        closeNow(ReplyError("28000", "no authentication within \(seconds) s", hint: "send AUTH TOKEN <token>"))
    }

    /// The server stops: say so, end what runs, and close.
    mutating func drain() {
        guard !isClosed else { return }
        send(ReplyLine.make(.notice, "57P01 the server is shutting down"))
        endReading()
        cancelAll(.shutdown)
    }

    /// The connection is gone.
    mutating func connectionLost() {
        input = .ended
        isClosed = true
        cancelAll(.disconnected)
    }

    // MARK: State

    /// Whether bytes may be handed to `receive` now.
    var wantsInput: Bool {
        switch input {
        case .ended, .recordsToCome: false
        case .records: bulkUnconsumed < limits.bulkWindow
        default: !isPaused
        }
    }

    /// Whether whatever comes is thrown away.
    var isReadingOver: Bool {
        if case .ended = input { return true }
        return false
    }

    /// Reading stops above the limits on what may wait, and goes on at half of them.
    mutating func updatePause() {
        if waitingCount >= limits.pendingRequestsMax || waitingBytes >= limits.pendingBytesMax {
            isPaused = true
        } else if waitingCount <= limits.pendingRequestsMax / 2 && waitingBytes <= limits.pendingBytesMax / 2 {
            isPaused = false
        }
    }

    /// The actions so far, in order.
    mutating func takeActions() -> [SessionAction] {
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }

    /// Says why and closes: the connection cannot be understood any more, or may not go on.
    mutating func closeNow(_ error: ReplyError) {
        guard !isClosed else { return }
        send(error.replyLine)
        input = .ended
        isClosed = true
        cancelAll(.disconnected)
        actions.append(.close)
    }

    /// Reads no more; closes when nothing runs.
    mutating func endReading() {
        input = .ended
        partial = []
        statement = []
        closesWhenIdle = true
        closeIfIdle()
    }

    /// Closes once input is over and the last request has ended.
    mutating func closeIfIdle() {
        guard closesWhenIdle, !isClosed, untagged.isIdle, tagged.values.allSatisfy(\.isIdle) else { return }
        if let quitAnswer { send(quitAnswer) }
        isClosed = true
        actions.append(.close)
    }

    /// Writes reply bytes, behind those that are to be written already.
    mutating func send(_ bytes: [UInt8]) {
        if case .send(var earlier)? = actions.last {
            actions.removeLast()
            earlier.append(contentsOf: bytes)
            actions.append(.send(earlier))
        } else {
            actions.append(.send(bytes))
        }
    }

    private var greeting: String {
        var line: [UInt8] = []
        line.append(contentsOf: "{\"server\":".utf8)
        line.appendJSONString(version)
        let formats = ReplyFormat.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
        let method = token == nil ? "none" : "token"
        line.append(
            contentsOf: """
                ,"auth":["\(method)"],"tls":false,"max_line":\(limits.lineMax),"max_buffer":\(limits.outputHighWater),\
                "formats":[\(formats)],"session":
                """.utf8
        )
        line.appendJSONString(context.id)
        line.append(UInt8(ascii: "}"))
        return String(decoding: line, as: UTF8.self)
    }

    /// What `HELLO` answers: the same as the greeting.
    var helloAnswer: String { "HELLO \(greeting)" }
}
