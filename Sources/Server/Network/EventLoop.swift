import CLibEvent
import Dispatch
import Glibc
import Synchronization

/// One libevent loop on one thread that it owns.
///
/// Everything that touches libevent happens on that thread; other threads hand it work with `post`.
final class EventLoop: @unchecked Sendable {
    // Sendable: `base` is used on the loop's thread only once the loop runs, the queue has its lock, and the
    // descriptor of the wake-up is constant.

    let base: OpaquePointer
    private let wakeDescriptor: Int32
    private var wakeEvent: LoopEvent?
    private let queue = Mutex<[@Sendable () -> Void]>([])
    private let finished = DispatchGroup()
    private var hasStarted = false

    /// A loop that does not run yet.
    init() throws(ServerError) {
        guard let base = event_base_new() else { throw ServerError("no event loop: event_base_new failed") }
        self.base = base
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard wakeDescriptor >= 0 else { throw ServerError("no event loop: eventfd: \(systemMessage(errno))") }
    }

    deinit {
        wakeEvent = nil
        event_base_free(base)
        close(wakeDescriptor)
    }

    /// Runs the loop on a new thread; once.
    func start() throws(ServerError) {
        precondition(!hasStarted, "an event loop starts once")
        hasStarted = true
        wakeEvent = LoopEvent(self, descriptor: wakeDescriptor, [.read, .persist]) { [unowned self] _ in runQueue() }
        wakeEvent?.add()
        finished.enter()
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                let loop = Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue()
                event_base_loop(loop.base, EVLOOP_NO_EXIT_ON_EMPTY)
                loop.finished.leave()
                return nil
            },
            argument.toOpaque()
        )
        guard status == 0 else {
            argument.release()
            finished.leave()
            throw ServerError("no thread for the event loop: \(systemMessage(status))")
        }
        pthread_detach(thread)
    }

    /// Runs `body` on the loop's thread soon; in the order of the calls.
    func post(_ body: @escaping @Sendable () -> Void) {
        let mustWake = queue.withLock { queue in
            queue.append(body)
            return queue.count == 1
        }
        guard mustWake else { return }
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, 8)
    }

    /// Leaves the loop after the callbacks that are due; on its thread.
    func stop() {
        event_base_loopbreak(base)
    }

    /// Blocks until the loop has ended.
    func waitUntilStopped() {
        finished.wait()
    }

    private func runQueue() {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
        let work = queue.withLock { queue in
            let work = queue
            queue.removeAll(keepingCapacity: true)
            return work
        }
        for body in work { body() }
    }
}

/// A descriptor, signal or timer that a loop watches; owns the C event.
final class LoopEvent {
    /// What is waited for.
    struct Kinds: OptionSet {
        let rawValue: Int32
        static let read = Kinds(rawValue: EV_READ)
        static let write = Kinds(rawValue: EV_WRITE)
        static let signal = Kinds(rawValue: EV_SIGNAL)
        static let persist = Kinds(rawValue: EV_PERSIST)
    }

    private var event: OpaquePointer?
    private let handler: (Kinds) -> Void

    /// An event that does not wait yet.
    ///
    /// A timer has descriptor -1 and no kinds.
    init(_ loop: EventLoop, descriptor: Int32, _ kinds: Kinds, handler: @escaping (Kinds) -> Void) {
        self.handler = handler
        event = event_new(
            loop.base,
            descriptor,
            Int16(kinds.rawValue),
            { _, kinds, context in
                guard let context else { return }
                // The handler may drop the last reference to its event.
                let event = Unmanaged<LoopEvent>.fromOpaque(context).takeUnretainedValue()
                withExtendedLifetime(event) { event.handler(Kinds(rawValue: Int32(kinds))) }
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    deinit {
        if let event { event_free(event) }
    }

    /// Waits, at most so long if a time is given (a timer's only way to happen).
    func add(milliseconds: Int? = nil) {
        guard let event else { return }
        guard let milliseconds else {
            event_add(event, nil)
            return
        }
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        event_add(event, &time)
    }

    /// Waits no more.
    func remove() {
        if let event { event_del(event) }
    }
}

/// What the system says about an error number.
func systemMessage(_ code: Int32) -> String {
    String(cString: strerror(code))
}
