/// Takes shares of queries and lets them lie: for an engine that only plans, while others run what it planned.
final class IdleWorker: StreamWorker {
    let name = "idle"

    func start() {}
    func add(_: QueryWork, status _: QueryStatus) {}
    func remove(_: String, done: @escaping @Sendable () -> Void) { done() }
    func stop() {}
    func wake() {}
}
