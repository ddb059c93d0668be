import Dispatch
import Glibc
import Runtime
import Synchronization

/// What gives the shares of queries their turns: a ``StreamThread``, or a test that gives them one by one.
protocol StreamWorker: AnyObject, Sendable {
    /// Unique in the engine and stable over restarts.
    var name: String { get }
    func start()
    /// Takes over a share of a query.
    func add(_ work: QueryWork, status: QueryStatus)
    /// Stops a query's share; `done` is called once nothing of it runs.
    func remove(_ query: String, done: @escaping @Sendable () -> Void)
    /// Commits and stops everything; nothing runs any more when it returns.
    func stop()
    /// There may be something to read, or a query is no longer paused.
    func wake()
}

/// A thread that owns runners: gives each a turn, sleeps when none has anything to do.
///
/// Everything that touches a runner happens on the thread; others send it orders.
final class StreamThread: StreamWorker {
    private enum Order: Sendable {
        case add(QueryWork, QueryStatus)
        case remove(String, @Sendable () -> Void)
        case stop
    }

    private struct Inbox {
        var orders: [Order] = []
        var signalled = false
        var wakeUp: (@Sendable () -> Void)?
    }

    let name: String
    private let inbox = Mutex(Inbox())
    private let signal = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    init(name: String) { self.name = name }

    /// Starts the thread.
    func start() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, 4 << 20)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let created = pthread_create(
            &thread,
            &attributes,
            { context in
                if let context { Unmanaged<StreamThread>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            },
            context
        )
        precondition(created == 0, "the system refused a thread")
        pthread_detach(thread)
        pthread_attr_destroy(&attributes)
    }

    func add(_ work: QueryWork, status: QueryStatus) { send(.add(work, status)) }

    func remove(_ query: String, done: @escaping @Sendable () -> Void) { send(.remove(query, done)) }

    func stop() {
        send(.stop)
        finished.wait()
    }

    /// Wakes the thread, such as because messages were appended.
    func wake() {
        let (waiter, asleep) = inbox.withLock { inbox in
            let asleep = !inbox.signalled
            inbox.signalled = true
            return (inbox.wakeUp, asleep)
        }
        if asleep { signal.signal() }
        waiter?()
    }

    private func send(_ order: Order) {
        inbox.withLock { $0.orders.append(order) }
        wake()
    }

    private func run() {
        var runners: [QueryRunner] = []
        var running = true
        while running {
            let orders = inbox.withLock { inbox in
                let orders = inbox.orders
                inbox.orders = []
                inbox.signalled = false
                return orders
            }
            for order in orders { running = obey(order, &runners) && running }
            guard running else { break }
            giveTurns(runners)
        }
        for runner in runners { runner.stop() }
        finished.signal()
    }

    private func obey(_ order: Order, _ runners: inout [QueryRunner]) -> Bool {
        switch order {
        case .add(let work, let status):
            runners.append(QueryRunner(work, threadID: "\(work.query)-\(name)", status: status))
        case .remove(let query, let done):
            for runner in runners where runner.work.query == query { runner.stop() }
            runners.removeAll { $0.work.query == query }
            done()
        case .stop: return false
        }
        return true
    }

    private func giveTurns(_ runners: [QueryRunner]) {
        // A lone runner may wait in its own poll; several must not wait for each other.
        let alone = runners.count == 1
        if alone, let wakeUp = runners[0].wakeUp { inbox.withLock { $0.wakeUp = wakeUp } }
        var busy = false
        var pause: Int64 = 1000
        for runner in runners {
            switch runner.turn(timeoutMilliseconds: alone ? 100 : 0) {
            case .busy: busy = true
            case .idle(let milliseconds): pause = min(pause, milliseconds)
            }
        }
        inbox.withLock { $0.wakeUp = nil }
        if busy || alone && pause == 1000 { return }
        // Brokers that cannot say when messages arrive are asked again soon.
        let isTold = runners.allSatisfy { $0.work.services.broker.announcesCommits }
        let bounded = isTold ? pause : min(pause, StreamThread.idleMilliseconds)
        _ = signal.wait(timeout: .now() + .milliseconds(Int(bounded)))
    }

    /// The longest sleep of a thread with several runners that found nothing to read.
    private static let idleMilliseconds: Int64 = 20
}
