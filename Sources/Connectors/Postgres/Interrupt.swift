import Glibc

/// A flag that ends every wait for a socket; raised once and for all, by any thread.
final class Interrupt: Sendable {
    /// The reading end becomes readable when the flag is raised.
    private let ends: (reading: Int32, writing: Int32)

    init() {
        var pair: [Int32] = [-1, -1]
        pipe(&pair)
        for end in pair {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        ends = (pair[0], pair[1])
    }

    deinit {
        close(ends.reading)
        close(ends.writing)
    }

    func raise() {
        var one: UInt8 = 1
        _ = write(ends.writing, &one, 1)
    }

    var isRaised: Bool {
        var waited = pollfd(fd: ends.reading, events: Int16(POLLIN), revents: 0)
        return poll(&waited, 1, 0) > 0
    }

    /// Waits until `socket` is ready or the time is over.
    /// - Returns: false when the time was over.
    /// - Throws: ``PostgresError/stopped`` when the flag was raised.
    func wait(for socket: Int32, reading: Bool, writing: Bool, milliseconds: Int) throws(PostgresError) -> Bool {
        let events = (reading ? POLLIN : 0) | (writing ? POLLOUT : 0)
        let socketEntry = pollfd(fd: socket, events: Int16(events), revents: 0)
        let ownEntry = pollfd(fd: ends.reading, events: Int16(POLLIN), revents: 0)
        var entries = [ownEntry, socketEntry]
        let ready = poll(&entries, 2, Int32(clamping: max(milliseconds, 0)))
        if entries[0].revents != 0 { throw .stopped }
        // A signal counts as ready: the caller asks the socket again.
        return ready != 0
    }
}

/// A point on the monotonic clock.
struct Deadline {
    private let instant: ContinuousClock.Instant

    init(in milliseconds: Int) { instant = .now + .milliseconds(milliseconds) }

    /// Milliseconds that are left, rounded up; 0 when it has passed.
    var left: Int {
        let rest = ContinuousClock.now.duration(to: instant).components
        guard rest.seconds >= 0, rest.attoseconds >= 0 else { return 0 }
        return Int(rest.seconds) * 1000 + Int((rest.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
