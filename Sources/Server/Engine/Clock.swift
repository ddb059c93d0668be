import Glibc

/// Milliseconds, from the system or from a test.
struct Clock: Sendable {
    /// Never goes back; for intervals.
    let monotonicMilliseconds: @Sendable () -> Int64
    /// Since 1970-01-01T00:00:00Z.
    let wallMilliseconds: @Sendable () -> Int64

    /// The system's clocks.
    static let system = Clock(
        monotonicMilliseconds: { read(CLOCK_MONOTONIC) },
        wallMilliseconds: { read(CLOCK_REALTIME) }
    )

    private static func read(_ id: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(id, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
