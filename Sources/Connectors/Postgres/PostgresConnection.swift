import CLibPQ
import Foundation
import Values

/// One connection to the server, used by one thread.
///
/// No call waits longer than its timeout, or for a stopped connector.
final class PostgresConnection {
    private let handle: OpaquePointer
    private let interrupt: Interrupt
    /// How long the server may be silent while a statement runs.
    private let answerMilliseconds: Int
    private var isBusy = false

    /// Bytes that one message of COPY holds.
    private static let copyChunk = 1 << 18

    /// Connects.
    /// - Throws: ``PostgresError`` with the server's or libpq's reason.
    init(
        _ parameters: ConnectionParameters,
        interrupt: Interrupt,
        answerMilliseconds: Int = 60_000
    ) throws(PostgresError) {
        self.interrupt = interrupt
        self.answerMilliseconds = answerMilliseconds
        guard let handle = PostgresConnection.start(parameters) else {
            throw PostgresError(.connection, "no memory for a connection")
        }
        self.handle = handle
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        // From here on `deinit` frees the handle, whether this succeeds or not.
        let seconds = parameters.keywords.last { $0.name == "connect_timeout" }.flatMap { Int($0.value) } ?? 10
        try establish(Deadline(in: max(seconds, 1) * 1000))
        PQsetnonblocking(handle, 1)
    }

    deinit {
        if isBusy { cancelElsewhere() }
        PQfinish(handle)
    }

    private static func start(_ parameters: ConnectionParameters) -> OpaquePointer? {
        let names = parameters.keywords.map { strdup($0.name) }
        let values = parameters.keywords.map { strdup($0.value) }
        defer { for pointer in names + values { free(pointer) } }
        let constantNames = names.map { $0.map { UnsafePointer($0) } } + [nil]
        let constantValues = values.map { $0.map { UnsafePointer($0) } } + [nil]
        return PQconnectStartParams(constantNames, constantValues, 0)
    }

    private func establish(_ deadline: Deadline) throws(PostgresError) {
        guard PQstatus(handle) != CONNECTION_BAD else { throw unreachable() }
        var step = PGRES_POLLING_WRITING
        while step != PGRES_POLLING_OK {
            let isReady = try interrupt.wait(
                for: PQsocket(handle),
                reading: step == PGRES_POLLING_READING,
                writing: step == PGRES_POLLING_WRITING,
                milliseconds: deadline.left
            )
            guard isReady else {
                throw PostgresError(
                    .connection,
                    "\(target) does not answer",
                    hint: "is it up, and is a firewall between?"
                )
            }
            step = PQconnectPoll(handle)
            if step == PGRES_POLLING_FAILED { throw unreachable() }
        }
    }

    /// The server's host, port and database, without secrets.
    var target: String {
        func text(_ value: UnsafeMutablePointer<CChar>?) -> String { value.map { String(cString: $0) } ?? "" }
        return
            "postgresql://\(text(PQuser(handle)))@\(text(PQhost(handle))):\(text(PQport(handle)))/\(text(PQdb(handle)))"
    }

    /// Throws when the server closed the connection while nothing was running.
    func checkAlive() throws(PostgresError) {
        guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else { throw lost() }
    }

    private func unreachable() -> PostgresError {
        PostgresError(.connection, "cannot connect: \(reason)", sqlstate: PostgresConnection.sqlstate(of: reason))
    }

    /// A refused connection has no result to ask for its SQLSTATE.
    private static func sqlstate(of reason: String) -> String? {
        let states = [
            "password authentication failed": "28P01", "no pg_hba.conf entry": "28000", "starting up": "57P03",
            "shutting down": "57P03", "in recovery mode": "57P03", "too many clients": "53300",
            "remaining connection slots": "53300", "does not exist": reason.contains("database") ? "3D000" : "28000",
        ]
        return states.first { reason.contains($0.key) }?.value ?? "08001"
    }

    private var reason: String {
        let text = PostgresError.oneLine(String(cString: PQerrorMessage(handle)))
        return text.isEmpty ? "the connection was closed" : text
    }
}

// Statements.
extension PostgresConnection {
    /// Runs one statement with parameters in text form.
    @discardableResult
    func execute(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> PostgresResult {
        let copies = parameters.map { $0.map { strdup($0) } ?? nil }
        defer { for copy in copies { free(copy) } }
        let values = copies.map { $0.map { UnsafePointer($0) } }
        try sent(PQsendQueryParams(handle, sql, Int32(values.count), nil, values, nil, nil, 0))
        return try answer()
    }

    /// Prepares a statement whose parameters have these types.
    func prepare(_ name: String, _ sql: String, types: [UInt32]) throws(PostgresError) {
        try sent(PQsendPrepare(handle, name, sql, Int32(types.count), types))
        _ = try answer()
    }

    /// Runs a prepared statement with parameters in binary form: the parts of `bytes` between `bounds`.
    @discardableResult
    func execute(prepared name: String, _ bytes: borrowing ByteArena, bounds: [Int]) throws(PostgresError)
        -> PostgresResult
    {
        let start = bytes.bytes.baseAddress
        let values = bounds.dropLast().map { offset in
            start.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
        }
        let lengths = zip(bounds.dropFirst(), bounds).map { Int32($0 - $1) }
        let formats = [Int32](repeating: 1, count: lengths.count)
        try sent(PQsendQueryPrepared(handle, name, Int32(lengths.count), values, lengths, formats, 0))
        return try answer()
    }

    /// Runs `COPY … FROM STDIN` and sends it the bytes.
    func copy(_ sql: String, _ bytes: borrowing ByteArena) throws(PostgresError) {
        try sent(PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 0))
        try flush()
        let start = try nextResult()
        guard start.status == PGRES_COPY_IN else {
            while try pendingResult() != nil {}
            isBusy = false
            throw start.error ?? PostgresError(.server, "COPY was not accepted")
        }
        var position = 0
        while position < bytes.count {
            let length = min(bytes.count - position, PostgresConnection.copyChunk)
            let chunk = bytes.bytes.baseAddress.map { ($0 + position).assumingMemoryBound(to: CChar.self) }
            switch PQputCopyData(handle, chunk, Int32(length)) {
            case 1: position += length
            case 0: try waitToWrite()
            default: throw lost()
            }
        }
        while true {
            let ended = PQputCopyEnd(handle, nil)
            if ended == 1 { break }
            if ended < 0 { throw lost() }
            try waitToWrite()
        }
        _ = try answer()
    }

    private func sent(_ result: Int32) throws(PostgresError) {
        guard result == 1 else { throw lost() }
        isBusy = true
    }

    /// Sends what is left and reads to the end of the statement.
    private func answer() throws(PostgresError) -> PostgresResult {
        try flush()
        var result = try nextResult()
        while let more = try pendingResult() {
            // The error counts, whatever comes behind it.
            if result.error == nil { result = more }
        }
        isBusy = false
        if let error = result.error { throw error }
        return result
    }

    private func flush() throws(PostgresError) {
        while true {
            let rest = PQflush(handle)
            if rest == 0 { return }
            if rest < 0 { throw lost() }
            try waitToWrite()
        }
    }

    private func waitToWrite() throws(PostgresError) {
        try wait(writing: true)
        // A server that sends must be heard, or both sides wait.
        guard PQconsumeInput(handle) == 1 else { throw lost() }
    }

    private func nextResult() throws(PostgresError) -> PostgresResult {
        guard let result = try pendingResult() else { throw lost() }
        return result
    }

    private func pendingResult() throws(PostgresError) -> PostgresResult? {
        while PQisBusy(handle) == 1 {
            try wait(writing: false)
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
        guard let result = PQgetResult(handle) else { return nil }
        return PostgresResult(result)
    }

    private func wait(writing: Bool) throws(PostgresError) {
        let isReady = try interrupt.wait(
            for: PQsocket(handle),
            reading: true,
            writing: writing,
            milliseconds: answerMilliseconds
        )
        guard isReady else {
            throw PostgresError(
                .connection,
                "\(target) has not answered for \(answerMilliseconds / 1000) seconds",
                sqlstate: "08006"
            )
        }
    }

    private func lost() -> PostgresError {
        PostgresError(.connection, "connection lost: \(reason)", sqlstate: "08006")
    }

    /// Asks the server to give up the running statement.
    ///
    /// The request is a connection of its own that may take long.
    private func cancelElsewhere() {
        guard let cancel = PQgetCancel(handle) else { return }
        let request = CancelRequest(handle: cancel)
        Thread.detachNewThread { request.send() }
    }
}

/// A request to cancel a statement, sent once.
private struct CancelRequest: @unchecked Sendable {
    // Unchecked: libpq's cancel object is independent of its connection, and one thread uses it.
    let handle: OpaquePointer

    func send() {
        var message = [CChar](repeating: 0, count: 256)
        PQcancel(handle, &message, Int32(message.count))
        PQfreeCancel(handle)
    }
}
