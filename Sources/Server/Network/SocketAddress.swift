import CLibEvent
import Glibc

/// An address to listen on.
struct SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(0)

    /// The address of an IP in digits, or of `localhost`.
    init(host: String, port: UInt16) throws(ServerError) {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let name = host == "localhost" ? "127.0.0.1" : host
        guard getaddrinfo(name, String(port), &hints, &list) == 0, let first = list else {
            throw ServerError(
                "\"\(host)\" is not an IP address",
                hint: "use 127.0.0.1, ::1, 0.0.0.0 or another address"
            )
        }
        defer { freeaddrinfo(list) }
        length = first.pointee.ai_addrlen
        withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(length)))
        }
    }

    /// The address of a unix socket.
    init(unixPath: String) throws(ServerError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(unixPath.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw ServerError("the path of the unix socket is too long: \(unixPath)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        withUnsafeMutableBytes(of: &storage) { bytes in
            withUnsafeBytes(of: address) { bytes.copyMemory(from: $0) }
        }
    }

    /// Whether only this machine can reach it.
    var isLocal: Bool {
        switch Int32(storage.ss_family) {
        case AF_UNIX: true
        case AF_INET: withUnsafeBytes(of: storage) { $0[4] == 127 }
        case AF_INET6:
            withUnsafeBytes(of: storage) { bytes in
                bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
            }
        default: false
        }
    }

    /// Calls `body` with the address as C wants it.
    mutating func withSocketAddress<Result>(_ body: (UnsafeMutablePointer<sockaddr>, Int32) -> Result) -> Result {
        let count = Int32(length)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, count) }
        }
    }

    /// The port a socket is bound to.
    static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { return 0 }
        // In both families the port stands behind the family, in network order.
        return withUnsafeBytes(of: address) { UInt16($0[2]) << 8 | UInt16($0[3]) }
    }

    /// `address:port` of a peer, or `unix`.
    static func text(_ address: UnsafePointer<sockaddr>?, _ length: Int32) -> String {
        guard let address, address.pointee.sa_family != sa_family_t(AF_UNIX) else { return "unix" }
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let flags = NI_NUMERICHOST | NI_NUMERICSERV
        guard
            getnameinfo(
                address,
                socklen_t(length),
                &host,
                socklen_t(host.count),
                &port,
                socklen_t(port.count),
                flags
            ) == 0
        else { return "unknown" }
        return "\(String(nulTerminated: host)):\(String(nulTerminated: port))"
    }
}

extension String {
    /// The text before the first zero.
    fileprivate init(nulTerminated characters: [CChar]) {
        self.init(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
