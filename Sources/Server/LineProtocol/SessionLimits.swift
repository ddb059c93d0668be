/// Bounds on what one connection may ask for and hold; every one has its error.
public struct SessionLimits: Sendable {
    /// Longest request line in bytes, line end not counted (SQLSTATE 54000).
    public var lineMax = 1 << 20
    /// Longest statement in bytes over all its lines (54000).
    public var statementMax = 4 << 20
    /// Longest line before the client has authenticated.
    public var unauthenticatedLineMax = 4096
    /// How long a client may take to authenticate, in milliseconds.
    public var authenticationTimeoutMilliseconds = 5000
    /// How many tries it has.
    public var authenticationTriesMax = 3
    /// Requests that wait for their turn on one connection; beyond it reading stops until some have ended.
    public var pendingRequestsMax = 1024
    /// Bytes of statements that wait for their turn; beyond it reading stops.
    public var pendingBytesMax = 4 << 20
    /// Different tags in use at the same time (53400).
    public var tagsMax = 256
    /// Unsent reply bytes at which producers are told to pause.
    public var outputHighWater = 1 << 20
    /// Unsent reply bytes at which they are told to go on.
    public var outputLowWater = 256 << 10
    /// Unsent reply bytes at which a producer that did not pause has its request ended (53400).
    public var outputMax = 16 << 20
    /// Bytes of bulk-insert records handed over and not yet consumed at which reading stops.
    public var bulkWindow = 4 << 20

    /// The defaults.
    public init() {}
}
