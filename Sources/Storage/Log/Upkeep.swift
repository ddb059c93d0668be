import Glibc
import Runtime
import Synchronization

/// The log's one thread: syncs after commits, removes what is kept no longer, and compacts.
final class Upkeep: Sendable {
    private let signal = AppendSignal()
    private let isStopping = Atomic<Bool>(false)
    private let thread = Mutex<pthread_t?>(nil)

    /// Starts the thread; it ends when `log` is released or ``stop(andWait:)`` is called.
    func start(_ log: EmbeddedLog) {
        let work = Work(self, log)
        var id = pthread_t()
        let argument = Unmanaged.passRetained(work).toOpaque()
        let code = pthread_create(
            &id,
            nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            },
            argument
        )
        precondition(code == 0, "a thread can be started")
        thread.withLock { $0 = id }
    }

    func wake() { signal.ring() }

    /// Ends the thread; `andWait` must not be set on the thread itself.
    func stop(andWait: Bool) {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        signal.ring()
        guard
            let id = thread.withLock({ thread in
                defer { thread = nil }
                return thread
            })
        else { return }
        if andWait { pthread_join(id, nil) } else { pthread_detach(id) }
    }

    /// What the thread runs; it holds the log only while it works on it.
    private final class Work: @unchecked Sendable {
        // Unchecked: `log` is a weak reference to a Sendable object, which may be read from any thread.
        private let upkeep: Upkeep
        private weak let log: EmbeddedLog?
        private let interval: Int?
        /// How often old segments are looked for.
        private let removalInterval: Int

        init(_ upkeep: Upkeep, _ log: EmbeddedLog) {
            self.upkeep = upkeep
            self.log = log
            removalInterval = log.settings.upkeepMilliseconds
            if case .interval(let milliseconds) = log.settings.durability {
                interval = max(milliseconds, 1)
            } else {
                interval = nil
            }
        }

        func run() {
            var removedAt = Self.milliseconds()
            while !isStopping {
                // Before looking for work: a ring meanwhile must end the wait below.
                let seen = upkeep.signal.count
                if let interval, log?.needsSync == true {
                    rest(interval)
                    // A failure is kept by the log and answers the next commit.
                    if !isStopping { try? log?.sync() }
                }
                if Self.milliseconds() >= removedAt + removalInterval {
                    log?.removeOld()
                    compact()
                    removedAt = Self.milliseconds()
                }
                let next = removedAt + removalInterval
                upkeep.signal.wait(after: seen, milliseconds: next - Self.milliseconds())
            }
        }

        /// Compacts; what is committed meanwhile is synced in time.
        private func compact() {
            guard let log else { return }
            var unsyncedSince: Int?
            log.compact(now: EmbeddedLog.wallMilliseconds()) {
                if let interval, log.needsSync {
                    let now = Self.milliseconds()
                    if now - (unsyncedSince ?? now) >= interval {
                        // A failure is kept by the log and answers the next commit.
                        try? log.sync()
                        unsyncedSince = nil
                    } else if unsyncedSince == nil {
                        unsyncedSince = now
                    }
                }
                return !isStopping
            }
        }

        private var isStopping: Bool { upkeep.isStopping.load(ordering: .sequentiallyConsistent) }

        /// Waits that long, whatever is committed meanwhile, but not when told to stop.
        private func rest(_ milliseconds: Int) {
            let end = Self.milliseconds() + milliseconds
            while !isStopping, Self.milliseconds() < end {
                usleep(UInt32(min(end - Self.milliseconds(), 20)) * 1000)
            }
        }

        private static func milliseconds() -> Int {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
        }
    }
}
