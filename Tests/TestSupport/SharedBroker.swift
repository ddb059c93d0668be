import Synchronization

/// The Kafka broker of the tests, which one of them kills again and again: what cannot live with that waits for its turn.
public enum SharedBroker {
    private static let turn = Mutex(())

    /// Runs `body` while nobody else does.
    public static func alone(_ body: () throws -> Void) rethrows { try turn.withLock { _ in try body() } }
}
