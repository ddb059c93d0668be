import Glibc

@testable import Server

/// A blocking socket to a server under test; every wait ends after ten seconds.
final class TestClient {
    let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0

    /// Connects; nil when the system refuses.
    init?(port: UInt16) {
        guard var address = try? SocketAddress(host: "127.0.0.1", port: port) else { return nil }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        Self.setTimeouts(descriptor)
        guard address.withSocketAddress({ connect(descriptor, $0, socklen_t($1)) }) == 0 else { return nil }
    }

    /// Connects to a unix socket.
    init?(path: String) {
        guard var address = try? SocketAddress(unixPath: path) else { return nil }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        Self.setTimeouts(descriptor)
        guard address.withSocketAddress({ connect(descriptor, $0, socklen_t($1)) }) == 0 else { return nil }
    }

    deinit { close(descriptor) }

    private static func setTimeouts(_ descriptor: Int32) {
        var time = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
    }

    /// Sends all of `text`; false when the other side does not take it.
    @discardableResult
    func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Ends this side of the connection.
    func endInput() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Drops the connection with a reset instead of an orderly end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RD))
        // The descriptor itself is closed by `deinit`; a connection to nowhere in its place resets the old one now.
        let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        dup2(other, descriptor)
        close(other)
    }

    /// The next line without its line feed, or nil at the end (or after ten seconds).
    func line() -> String? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0a) {
                defer { start = end + 1 }
                return String(decoding: buffer[start..<end], as: UTF8.self)
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            buffer.append(contentsOf: chunk[..<count])
        }
    }

    /// Lines up to and with the first final one.
    func reply() -> [String] {
        var lines: [String] = []
        while let line = line() {
            lines.append(line)
            if line.hasPrefix("+") || line.hasPrefix("-") { break }
        }
        return lines
    }

    /// Everything to the end.
    func rest() -> [String] {
        var lines: [String] = []
        while let line = line() { lines.append(line) }
        return lines
    }
}
