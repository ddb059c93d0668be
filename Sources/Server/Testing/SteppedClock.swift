import Synchronization

/// A clock that stands still, or takes a second at every look, so that commits are due exactly when a test says so.
final class SteppedClock: Sendable {
    private let milliseconds = Atomic<Int64>(0)
    private let pace: Atomic<Int64>
    private let wall: Int64

    /// - Parameters:
    ///   - wall: what the wall clock always shows, in milliseconds since the epoch.
    ///   - isRunning: whether every commit is due, see ``run(_:)``.
    init(wall: Int64 = 0, isRunning: Bool = false) {
        self.wall = wall
        pace = Atomic(isRunning ? 1000 : 0)
    }

    var clock: Clock {
        Clock(
            monotonicMilliseconds: { [self] in
                milliseconds.add(pace.load(ordering: .relaxed), ordering: .relaxed).newValue
            },
            wallMilliseconds: { [wall] in wall }
        )
    }

    /// Makes every commit due, or none.
    func run(_ running: Bool) { pace.store(running ? 1000 : 0, ordering: .relaxed) }
}
