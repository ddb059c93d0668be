import CRdKafka
import Glibc
import Runtime
import Synchronization

/// A file descriptor that librdkafka writes to when a queue gets messages, and that anybody may signal who wants a
/// waiting thread to look up.
final class KafkaWakeUp: Sendable {
    let descriptor: Int32
    private let isRequested = Atomic(false)

    init() throws {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else {
            throw TopicError(.refused, "cannot make an event descriptor: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Ends a wait, or the next one.
    func signal() {
        isRequested.store(true, ordering: .releasing)
        var one: UInt64 = 1
        // The only failure is a full counter, and then the reader wakes anyway.
        _ = write(descriptor, &one, 8)
    }

    /// True when ``signal()`` was called since the last time.
    func takeRequest() -> Bool { isRequested.exchange(false, ordering: .acquiringAndReleasing) }

    /// Waits until something happened or the time is over; false when nothing did.
    func wait(milliseconds: Int) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, Int32(clamping: milliseconds)) > 0 else { return false }
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
        return true
    }
}

/// Milliseconds of a clock that only goes forward.
func monotonicMilliseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}

/// Milliseconds since 1970-01-01T00:00:00Z.
func wallClockMilliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
}
