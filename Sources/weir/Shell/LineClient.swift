import Glibc

/// A connection to a server: sends bytes, gives back lines, and wakes up when the user interrupts.
final class LineClient {
    /// Where the server is.
    enum Address: Sendable {
        case host(String, port: UInt16)
        case unixSocket(String)

        var description: String {
            switch self {
            case .host(let name, let port): "\(name):\(port)"
            case .unixSocket(let path): path
            }
        }
    }

    /// What waiting for a line came to.
    enum Event {
        /// A line without its line feed.
        case line([UInt8])
        /// The user pressed Ctrl-C.
        case interrupted
        /// Nothing came in time.
        case quiet
        /// The server closed the connection.
        case closed
    }

    private let descriptor: Int32
    private var input: [UInt8] = []
    private var inputStart = 0
    private var searched = 0
    private var isClosed = false

    /// Connects.
    init(_ address: Address) throws(ClientError) {
        descriptor =
            switch address {
            case .host(let name, let port): try Self.connect(name, port)
            case .unixSocket(let path): try Self.connect(path)
            }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// Sends all bytes; meanwhile what the server says is read, so that neither waits for the other.
    func send(_ bytes: [UInt8]) throws(ClientError) {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + start, bytes.count - start, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                start += count
            } else if errno == EAGAIN {
                var wait = [pollfd(fd: descriptor, events: Int16(POLLIN | POLLOUT), revents: 0)]
                poll(&wait, 1, -1)
                if wait[0].revents & Int16(POLLIN) != 0 { receive() }
            } else if errno != EINTR {
                throw ClientError("the connection to the server is lost: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Whether a line can be had without waiting.
    var hasLine: Bool { nextLineEnd() != nil }

    /// The next line, or what came first.
    ///
    /// - Parameter milliseconds: the longest wait; -1 waits for ever.
    func next(waitingAtMost milliseconds: Int32 = -1) -> Event {
        while true {
            if let end = nextLineEnd() {
                let line = Array(input[inputStart..<end])
                inputStart = end + 1
                searched = inputStart
                return .line(line)
            }
            if isClosed { return .closed }
            var wait = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: Interrupt.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&wait, 2, milliseconds)
            if Interrupt.take() { return .interrupted }
            if count == 0 { return .quiet }
            if wait[0].revents != 0 { receive() }
        }
    }

    private func nextLineEnd() -> Int? {
        let end = input[searched...].firstIndex(of: 0x0a)
        if end == nil { searched = input.count }
        return end
    }

    private func receive() {
        if inputStart > 0 {
            input.removeFirst(inputStart)
            searched -= inputStart
            inputStart = 0
        }
        let before = input.count
        let room = 64 << 10
        var count = 0
        input.reserveCapacity(before + room)
        withUnsafeTemporaryAllocation(byteCount: room, alignment: 16) { buffer in
            count = recv(descriptor, buffer.baseAddress, room, 0)
            if count > 0 { input.append(contentsOf: buffer[..<count]) }
        }
        if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { isClosed = true }
    }

    // MARK: Connecting

    private static func connect(_ name: String, _ port: UInt16) throws(ClientError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name, String(port), &hints, &list)
        guard status == 0 else { throw ClientError("no address of \(name): \(String(cString: gai_strerror(status)))") }
        defer { freeaddrinfo(list) }
        var code = ECONNREFUSED
        var next = list
        while let address = next?.pointee {
            let kind = address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue)
            let descriptor = socket(address.ai_family, kind, 0)
            if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return descriptor }
            code = errno
            close(descriptor)
            next = address.ai_next
        }
        throw ClientError(
            "cannot connect to \(name):\(port): \(String(cString: strerror(code)))",
            hint: code == ECONNREFUSED ? "is the server running? weir server starts one" : nil
        )
    }

    private static func connect(_ path: String) throws(ClientError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw ClientError("the path of the socket is too long: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw ClientError("cannot connect to \(path): \(String(cString: strerror(code)))")
        }
        return descriptor
    }
}

/// Why the client cannot go on.
struct ClientError: Error {
    /// What happened.
    let message: String
    /// What to do about it.
    let hint: String?
    /// The server's code, when the server said it.
    let sqlstate: String?

    init(_ message: String, hint: String? = nil, sqlstate: String? = nil) {
        self.message = message
        self.hint = hint
        self.sqlstate = sqlstate
    }
}
