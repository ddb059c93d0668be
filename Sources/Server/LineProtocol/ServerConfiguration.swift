/// How the network edge of the server is set up.
public struct ServerConfiguration: Sendable {
    /// The address to listen on, an IP address or `localhost`.
    ///
    /// Anything but loopback needs `token` or `insecure`.
    public var host = "127.0.0.1"
    /// The line protocol's port; 0 lets the system choose (see `NetworkServer.port`).
    public var port: UInt16 = 9347
    /// False: nothing listens on `host` and `port`, only on the unix socket.
    public var listensOnPort = true
    /// Path of a unix socket to listen on as well.
    public var unixSocketPath: String?
    /// Port of `GET /metrics` and `/healthz` on `httpHost`; 0 lets the system choose, nil means none.
    public var httpPort: UInt16? = 9348
    /// The address of the HTTP listener.
    public var httpHost = "127.0.0.1"
    /// What a client must send with `AUTH TOKEN`; nil asks for nothing.
    public var token: String?
    /// Listen on an address that others can reach although nobody has to authenticate.
    public var insecure = false
    /// The version in the greeting.
    public var version = "0.1.0"
    /// Connections at the same time; one more is told so and closed (53300).
    public var connectionsMax = 10_000
    /// How long requests may take to end after `stop`, in milliseconds.
    public var drainMilliseconds = 2000
    /// Stop in good order on SIGINT and SIGTERM.
    public var stopsOnSignals = false
    /// Bounds on each connection.
    public var limits = SessionLimits()

    /// The defaults: loopback, no authentication.
    public init() {}
}
