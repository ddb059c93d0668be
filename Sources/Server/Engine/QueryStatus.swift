import Runtime
import Synchronization

/// What SHOW QUERIES tells about a query: written by its stream threads, read by anyone.
final class QueryStatus: Sendable {
    /// The state as SHOW QUERIES writes it.
    enum State: String, Sendable {
        case running = "RUNNING"
        case paused = "PAUSED"
        case error = "ERROR"
    }

    private struct Facts {
        var error: String?
        /// ``error`` without what comes next.
        var reason: String?
        var isPaused = false
        var restarts = 0
        var lastCommit: Int64?
        var note: String?
        var tasks: [String: [TaskFacts]] = [:]
        var positions: [TopicPartition: Int64] = [:]
    }

    /// The metrics of one running task.
    struct TaskFacts: Sendable {
        let id: TaskCommitID
        let metrics: [StreamTask.NamedMetrics]
    }

    private let facts = Mutex(Facts())

    var isPaused: Bool { facts.withLock(\.isPaused) }

    func setPaused(_ paused: Bool) { facts.withLock { $0.isPaused = paused } }

    var state: State { facts.withLock { $0.isPaused ? .paused : $0.error == nil ? .running : .error } }

    /// The last failure while it lasts.
    var error: String? { facts.withLock(\.error) }

    /// The reason of the last failure while it lasts.
    var failure: String? { facts.withLock { $0.error == nil ? nil : $0.reason } }

    /// How often the query had to start again.
    var restarts: Int { facts.withLock(\.restarts) }

    /// Wall clock of the last commit in milliseconds.
    var lastCommit: Int64? { facts.withLock(\.lastCommit) }

    /// The metrics of all running tasks.
    var tasks: [TaskFacts] { facts.withLock { $0.tasks.values.flatMap { $0 } } }

    func addTasks(of thread: String, _ tasks: [StreamTask]) {
        let list = tasks.map { TaskFacts(id: $0.id, metrics: $0.metrics) }
        facts.withLock { $0.tasks[thread] = list }
    }

    func removeTasks(of thread: String) {
        facts.withLock { _ = $0.tasks.removeValue(forKey: thread) }
    }

    func failed(_ error: any Error, retryMilliseconds: Int64) {
        let text = "\(error); starting again in \(retryMilliseconds) ms"
        facts.withLock {
            $0.error = text
            $0.reason = "\(error)"
            $0.restarts += 1
        }
    }

    func recovered() { facts.withLock { $0.error = nil } }

    /// Next input offset of each partition as of the last commit.
    var positions: [TopicPartition: Int64] { facts.withLock(\.positions) }

    /// Notes a commit and how far the inputs were read.
    func committed(at wall: Int64, positions: [TopicPartition: Int64]) {
        facts.withLock {
            $0.lastCommit = wall
            $0.error = nil
            $0.positions.merge(positions) { $1 }
        }
    }

    /// Notes where reading starts.
    func started(at positions: [TopicPartition: Int64]) {
        facts.withLock { $0.positions.merge(positions) { $1 } }
    }

    func note(_ text: String) { facts.withLock { $0.note = text } }
}
