import CLibEvent
import Glibc

/// A listening socket; owns the C listener.
///
/// Used on the loop's thread once the loop runs.
final class Listener {
    private var listener: OpaquePointer?
    private let accept: (Int32, String) -> Void
    private var retry: LoopEvent?
    private var unixPath: String?

    /// The port it listens on; 0 for a unix socket.
    private(set) var port: UInt16 = 0

    /// Listens at once; connections are taken when the loop runs.
    init(
        _ loop: EventLoop,
        _ address: SocketAddress,
        unixPath: String? = nil,
        named name: String,
        accept: @escaping (Int32, String) -> Void
    ) throws(ServerError) {
        self.accept = accept
        var address = address
        let flags =
            LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC
        listener = address.withSocketAddress { pointer, length in
            evconnlistener_new_bind(
                loop.base,
                { _, descriptor, address, length, context in
                    guard let context else { return }
                    let listener = Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
                    listener.accept(descriptor, SocketAddress.text(address, length))
                },
                Unmanaged.passUnretained(self).toOpaque(),
                flags,
                4096,
                pointer,
                length
            )
        }
        guard let listener else {
            let code = errno
            let hint = code == EADDRINUSE ? "another server runs there; choose another port" : nil
            throw ServerError("cannot listen on \(name): \(systemMessage(code))", hint: hint)
        }
        self.unixPath = unixPath
        if unixPath == nil { port = SocketAddress.port(of: evconnlistener_get_fd(listener)) }
        retry = LoopEvent(loop, descriptor: -1, []) { [unowned self] _ in
            if let listener = self.listener { evconnlistener_enable(listener) }
        }
        evconnlistener_set_error_cb(listener) { listener, context in
            guard let context else { return }
            // Mostly no descriptors left: leave the queue alone for a moment instead of spinning on it.
            evconnlistener_disable(listener)
            Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue().retry?.add(milliseconds: 200)
        }
    }

    deinit {
        retry = nil
        if let listener { evconnlistener_free(listener) }
        if let unixPath { unlink(unixPath) }
    }

    /// Listens on a unix socket that only this user can open, in the place of one that a dead server left behind.
    static func unix(
        _ loop: EventLoop,
        path: String,
        accept: @escaping (Int32, String) -> Void
    ) throws(ServerError) -> Listener {
        var address = try SocketAddress(unixPath: path)
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(probe) }
        let answers = address.withSocketAddress { connect(probe, $0, socklen_t($1)) } == 0
        guard !answers else {
            throw ServerError("another server listens on \(path)", hint: "choose another path")
        }
        if errno == ECONNREFUSED { unlink(path) }
        let mask = umask(0o077)
        defer { umask(mask) }
        return try Listener(loop, address, unixPath: path, named: path, accept: accept)
    }
}
