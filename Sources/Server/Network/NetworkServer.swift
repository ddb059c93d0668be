import CLibEvent
import Glibc
import Synchronization

/// The network edge, on one thread of its own.
///
/// It speaks the line protocol on TCP and, if asked for, on a unix socket, and HTTP for metrics.
public final class NetworkServer: @unchecked Sendable {
    // Sendable: what changes is touched on the loop's thread only, except before `start` and `isStopping`.

    private let configuration: ServerConfiguration
    private let executor: any StatementExecutor
    private let metrics: @Sendable () -> String
    private let health: @Sendable () -> String?
    private let onSignal: (@Sendable () -> Void)?

    private let loop: EventLoop
    private let scratch = ReadBuffer()
    private var connectionsMax: Int
    private var connections: [UInt64: Connection] = [:]
    private var connectionCount: UInt64 = 0
    private var listeners: [Listener] = []
    private var http: MetricsListener?
    private var signals: [LoopEvent] = []
    private var drainTimer: LoopEvent?
    private let isStopping = Atomic<Bool>(false)
    /// Itself while it runs, so that no callback finds it gone.
    private var running: NetworkServer?

    /// The port of the line protocol, after `start`.
    public private(set) var port: UInt16 = 0
    /// The port of the HTTP listener, after `start`; 0 without one.
    public private(set) var httpPort: UInt16 = 0

    /// Connections that are open now.
    public let openConnections = Atomic<Int>(0)
    /// Connections taken since the start.
    public let acceptedConnections = Atomic<Int>(0)

    /// A server that does not listen yet.
    ///
    /// - Parameters:
    ///   - metrics: the text of `GET /metrics`; called on the network thread, so it should only read counters.
    ///   - health: nil when all is well, or the reason why not, for `GET /healthz`; called on the network thread.
    ///   - onSignal: called on SIGINT and SIGTERM instead of `stop()`, if `configuration.stopsOnSignals`.
    public init(
        configuration: ServerConfiguration,
        executor: any StatementExecutor,
        metrics: @escaping @Sendable () -> String = { "" },
        health: @escaping @Sendable () -> String? = { nil },
        onSignal: (@Sendable () -> Void)? = nil
    ) throws(ServerError) {
        self.configuration = configuration
        self.executor = executor
        self.metrics = metrics
        self.health = health
        self.onSignal = onSignal
        connectionsMax = configuration.connectionsMax
        loop = try EventLoop()
    }

    deinit {
        // Before the loop, whose events they own.
        releaseEvents()
    }

    /// Listens and serves until `stop`.
    public func start() throws(ServerError) {
        raiseDescriptorLimit()
        let accept: (Int32, String) -> Void = { [unowned self] in welcome($0, $1) }
        if configuration.listensOnPort { try listenOnPort(accept) }
        if let path = configuration.unixSocketPath {
            listeners.append(try Listener.unix(loop, path: path, accept: accept))
        }
        try startHTTP()
        watchSignals()
        running = self
        do throws(ServerError) {
            try loop.start()
        } catch {
            running = nil
            throw error
        }
    }

    /// Takes no more connections, tells clients, ends their requests and closes; returns at once.
    public func stop() {
        guard !isStopping.exchange(true, ordering: .relaxed) else { return }
        loop.post { [self] in drain() }
    }

    /// Blocks until everything is closed.
    public func waitUntilStopped() {
        loop.waitUntilStopped()
    }

    // MARK: Start

    private func listenOnPort(_ accept: @escaping (Int32, String) -> Void) throws(ServerError) {
        let address = try SocketAddress(host: configuration.host, port: configuration.port)
        guard address.isLocal || configuration.token != nil || configuration.insecure else {
            throw ServerError(
                "refusing to listen on \(configuration.host): others could reach it without authentication",
                hint: "give a token file, or --insecure if that is meant"
            )
        }
        let name = "\(configuration.host):\(configuration.port)"
        let listener = try Listener(loop, address, named: name, accept: accept)
        port = listener.port
        listeners.append(listener)
    }

    private func startHTTP() throws(ServerError) {
        guard let port = configuration.httpPort else { return }
        let address = try SocketAddress(host: configuration.httpHost, port: port)
        guard address.isLocal || configuration.insecure else {
            throw ServerError(
                "refusing to serve metrics on \(configuration.httpHost): others could read them",
                hint: "use --insecure if that is meant"
            )
        }
        let http = try MetricsListener(loop, host: configuration.httpHost, port: port, metrics: metrics, health: health)
        httpPort = http.port
        self.http = http
    }

    private func watchSignals() {
        guard configuration.stopsOnSignals else { return }
        signals = [SIGINT, SIGTERM].map { number in
            let event = LoopEvent(loop, descriptor: number, [.signal, .persist]) { [unowned self] _ in
                if let onSignal { onSignal() } else { stop() }
            }
            event.add()
            return event
        }
    }

    /// Descriptors are what limits connections: take what the system allows.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        // Some are for files: state, segments, sinks.
        let spare = 256
        let available = Int(clamping: limit.rlim_cur)
        connectionsMax = max(16, min(connectionsMax, available - spare))
    }

    // MARK: The loop's thread

    private func welcome(_ descriptor: Int32, _ peer: String) {
        guard connections.count < connectionsMax else {
            refuse(descriptor)
            return
        }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // On a unix socket these have no meaning and fail, which is fine.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &one, size)
        connectionCount += 1
        let id = connectionCount
        let take: @Sendable () -> Void = { [unowned self] in connections[id]?.takeReplies() }
        let channel = ReplyChannel(limits: configuration.limits) { [loop] in loop.post(take) }
        let session = Session(
            context: SessionContext(id: "c\(id)", peer: peer),
            limits: configuration.limits,
            token: configuration.token,
            version: configuration.version
        )
        let connection = Connection(
            id: id,
            descriptor: descriptor,
            session: session,
            loop: loop,
            executor: executor,
            channel: channel,
            scratch: scratch,
            onClose: { [unowned self] in forget($0) }
        )
        connections[id] = connection
        openConnections.store(connections.count, ordering: .relaxed)
        acceptedConnections.add(1, ordering: .relaxed)
        connection.open()
    }

    private func refuse(_ descriptor: Int32) {
        let error = ReplyError("53300", "too many connections: \(connectionsMax) are open", hint: "try again later")
        let line = error.replyLine
        line.withUnsafeBytes { _ = send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        close(descriptor)
    }

    private func forget(_ connection: Connection) {
        connections[connection.id] = nil
        openConnections.store(connections.count, ordering: .relaxed)
        if drainTimer != nil, connections.isEmpty { finish() }
    }

    private func drain() {
        listeners = []
        http = nil
        drainTimer = LoopEvent(loop, descriptor: -1, []) { [unowned self] _ in
            for connection in Array(connections.values) { connection.abort() }
            if drainTimer != nil { finish() }
        }
        drainTimer?.add(milliseconds: configuration.drainMilliseconds)
        for connection in Array(connections.values) { connection.drain() }
        if connections.isEmpty { finish() }
    }

    private func finish() {
        releaseEvents()
        loop.stop()
        running = nil
    }

    private func releaseEvents() {
        listeners = []
        http = nil
        signals = []
        drainTimer = nil
        connections = [:]
    }
}
