import Glibc
import Synchronization

/// A bell that one thread waits for and any thread rings; a ring before the wait is not lost.
///
/// Ringing while nobody waits is one atomic addition, so that it may be done for every commit.
public final class AppendSignal: @unchecked Sendable {
    // Unchecked: the mutex and the condition are only passed to pthread functions, which may be called from any thread.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let rings = Atomic<UInt64>(0)
    private let waiters = Atomic<Int>(0)

    public init() {
        pthread_mutex_init(mutex, nil)
        // The monotonic clock: setting the system's time must not stretch or cut a wait.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// How often the bell has rung; read it before looking for work, and pass it to ``wait(after:milliseconds:)``.
    public var count: UInt64 { rings.load(ordering: .sequentiallyConsistent) }

    public func ring() {
        rings.wrappingAdd(1, ordering: .sequentiallyConsistent)
        guard waiters.load(ordering: .sequentiallyConsistent) > 0 else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Returns once the bell has rung more than `seen` times, or after that many milliseconds.
    public func wait(after seen: UInt64, milliseconds: Int) {
        guard milliseconds > 0, count == seen else { return }
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + (milliseconds % 1000) * 1_000_000
        deadline.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(mutex)
        waiters.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while count == seen, pthread_cond_timedwait(condition, mutex, &deadline) == 0 {}
        waiters.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }
}
