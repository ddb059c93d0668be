import Synchronization

@testable import Server

/// A clock that stands still, or takes a second at every look, so that commits are due exactly when a test says so.
final class SteppedClock: Sendable {
    private let milliseconds = Atomic<Int64>(0)
    private let pace = Atomic<Int64>(0)

    /// The wall clock of every case: 2023-11-14T22:13:20Z.
    static let wall: Int64 = 1_700_000_000_000

    var clock: Clock {
        Clock(
            monotonicMilliseconds: { [self] in
                milliseconds.add(pace.load(ordering: .relaxed), ordering: .relaxed).newValue
            },
            wallMilliseconds: { SteppedClock.wall }
        )
    }

    /// Makes every commit due, or none.
    func run(_ running: Bool) { pace.store(running ? 1000 : 0, ordering: .relaxed) }
}
