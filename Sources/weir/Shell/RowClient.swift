import Server

/// A conversation for programs: statements out, rows and outcomes back.
final class RowClient {
    private let client: LineClient

    /// Connects and reads the greeting.
    init(_ address: LineClient.Address, token: String? = nil) throws(ClientError) {
        client = try LineClient(address)
        guard case .success(let greeting)? = try next(), greeting.hasPrefix("WEIR ") else {
            throw ClientError("\(address.description) does not speak the Weir protocol")
        }
        guard let token else { return }
        try client.send(Array("AUTH TOKEN \(token)\n".utf8))
        _ = try finish()
    }

    /// Runs a statement to its end.
    /// - Returns: its rows.
    func rows(_ statement: String) throws(ClientError) -> [[JSONValue]] {
        try start(statement)
        return try finish()
    }

    /// Sends a statement and waits for nothing.
    func start(_ statement: String) throws(ClientError) {
        let payload = Array(statement.utf8)
        try send(Array("SQL \(payload.count)\n".utf8) + payload + [0x0a])
    }

    /// Sends bytes such as records.
    func send(_ bytes: [UInt8]) throws(ClientError) { try client.send(bytes) }

    /// Reads to the end of the request that runs.
    /// - Returns: its rows.
    func finish() throws(ClientError) -> [[JSONValue]] {
        var rows: [[JSONValue]] = []
        while let reply = try next() {
            switch reply {
            case .row(let line, isDeletion: false): rows.append(JSONValue(line)?.elements ?? [])
            case .success: return rows
            default: break
            }
        }
        return rows
    }

    /// The next reply, or nil when none came in time; a failure is thrown.
    /// - Parameter milliseconds: the longest wait; -1 waits for ever.
    func next(waitingAtMost milliseconds: Int32 = -1) throws(ClientError) -> ServerReply? {
        switch client.next(waitingAtMost: milliseconds) {
        case .quiet: return nil
        case .interrupted: throw ClientError("interrupted")
        case .closed: throw ClientError("the server closed the connection")
        case .line(let line):
            let reply = ServerReply(line)
            if case .failure(let failure) = reply {
                throw ClientError(failure.message, hint: failure.hint, sqlstate: failure.sqlstate)
            }
            return reply
        }
    }
}
