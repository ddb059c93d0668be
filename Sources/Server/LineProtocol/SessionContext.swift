import Synchronization

/// What a session remembers between statements: its properties (`SET`) and variables (`DEFINE`).
///
/// One per connection, shared by its requests. Tagged requests run at the same time, so every access takes a lock;
/// it is control-plane only.
public final class SessionContext: Sendable {
    /// The name of the session in the greeting and in listings, such as `c17`.
    public let id: String
    /// The peer as `address:port`, or `unix`.
    public let peer: String

    private struct Settings {
        var properties: [String: String] = [:]
        var variables: [String: String] = [:]
    }
    private let settings = Mutex(Settings())

    /// A session with nothing set.
    public init(id: String, peer: String = "") {
        self.id = id
        self.peer = peer
    }

    /// Every property set in this session.
    public var properties: [String: String] { settings.withLock { $0.properties } }

    /// Every variable defined in this session.
    public var variables: [String: String] { settings.withLock { $0.variables } }

    /// The value of a property, or nil when the session did not set it.
    public func property(_ name: String) -> String? { settings.withLock { $0.properties[name] } }

    /// Sets a property, or unsets it with nil, and returns what it was.
    @discardableResult
    public func setProperty(_ name: String, to value: String?) -> String? {
        settings.withLock { settings in
            let previous = settings.properties[name]
            settings.properties[name] = value
            return previous
        }
    }

    /// Defines a variable, or undefines it with nil, and returns what it was.
    @discardableResult
    public func setVariable(_ name: String, to value: String?) -> String? {
        settings.withLock { settings in
            let previous = settings.variables[name]
            settings.variables[name] = value
            return previous
        }
    }
}
