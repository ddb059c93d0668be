import CLibEvent
import Glibc

/// HTTP for machines that watch: `GET /metrics` in Prometheus text, `GET /healthz`, and `/` that names the two.
final class MetricsListener {
    private var server: OpaquePointer?
    private let metrics: () -> String
    private let health: () -> String?

    /// The port it listens on.
    private(set) var port: UInt16 = 0

    init(
        _ loop: EventLoop,
        host: String,
        port: UInt16,
        metrics: @escaping () -> String,
        health: @escaping () -> String?
    ) throws(ServerError) {
        self.metrics = metrics
        self.health = health
        server = evhttp_new(loop.base)
        let name = host == "localhost" ? "127.0.0.1" : host
        guard let server, let socket = evhttp_bind_socket_with_handle(server, name, port) else {
            let code = errno
            throw ServerError(
                "cannot serve metrics on \(host):\(port): \(systemMessage(code))",
                hint: code == EADDRINUSE ? "choose another HTTP port" : nil
            )
        }
        self.port = SocketAddress.port(of: evhttp_bound_socket_get_fd(socket))
        evhttp_set_allowed_methods(server, UInt16(EVHTTP_REQ_GET.rawValue | EVHTTP_REQ_HEAD.rawValue))
        evhttp_set_max_headers_size(server, 8192)
        evhttp_set_max_body_size(server, 1024)
        evhttp_set_timeout(server, 5)
        evhttp_set_gencb(
            server,
            { request, context in
                guard let request, let context else { return }
                Unmanaged<MetricsListener>.fromOpaque(context).takeUnretainedValue().answer(request)
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    deinit {
        if let server { evhttp_free(server) }
    }

    private func answer(_ request: OpaquePointer) {
        let target = evhttp_request_get_uri(request).map { String(cString: $0) } ?? "/"
        switch target.prefix(while: { $0 != "?" }) {
        case "/metrics":
            send(request, 200, "OK", metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        case "/healthz":
            if let reason = health() {
                send(request, 503, "Service Unavailable", reason + "\n")
            } else {
                send(request, 200, "OK", "ok\n")
            }
        case "/":
            send(request, 200, "OK", "Weir. See /metrics and /healthz; SQL is spoken on the line protocol's port.\n")
        default:
            send(request, 404, "Not Found", "not found: see /metrics and /healthz\n")
        }
    }

    private func send(
        _ request: OpaquePointer,
        _ status: Int32,
        _ reason: String,
        _ text: String,
        type: String = "text/plain; charset=utf-8"
    ) {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type)
        guard let buffer = evbuffer_new() else { return evhttp_send_error(request, 500, nil) }
        defer { evbuffer_free(buffer) }
        var text = text
        text.withUTF8 { _ = evbuffer_add(buffer, $0.baseAddress, $0.count) }
        evhttp_send_reply(request, status, reason, buffer)
    }
}
