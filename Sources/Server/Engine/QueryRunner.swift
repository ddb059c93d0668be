import Runtime
import Values

/// One query's tasks on one stream thread: polls, processes, commits, and starts again from the last commit when
/// something went wrong.
///
/// Used by its thread alone.
///
/// Recovery is the only start: the first start and the one after a failure are the same code.
final class QueryRunner {
    let work: QueryWork
    private let threadID: String
    private let status: QueryStatus
    private var running: RunningTasks?
    private var retryAt: Int64 = 0
    private var backoff: Int64 = QueryRunner.backoffMin

    private static let backoffMin: Int64 = 100
    private static let backoffMax: Int64 = 30_000

    init(_ work: QueryWork, threadID: String, status: QueryStatus) {
        self.work = work
        self.threadID = threadID
        self.status = status
    }

    /// What a turn found.
    enum Turn {
        /// Rows were processed; more may be waiting.
        case busy
        /// Nothing to read; the runner wants its next turn after that many milliseconds at the latest.
        case idle(milliseconds: Int64)
    }

    /// Reads and processes at most one run of messages and commits when that is due.
    /// - Parameter timeoutMilliseconds: how long the read may wait.
    func turn(timeoutMilliseconds: Int) -> Turn {
        let now = work.services.clock.monotonicMilliseconds()
        if status.isPaused {
            leave()
            return .idle(milliseconds: 1000)
        }
        do {
            guard let running = try started(now) else { return .idle(milliseconds: max(retryAt - now, 1)) }
            let turn = try running.turn(timeoutMilliseconds: timeoutMilliseconds)
            if case .busy = turn, backoff != QueryRunner.backoffMin {
                backoff = QueryRunner.backoffMin
                status.recovered()
            }
            return turn
        } catch {
            fail(error)
            return .idle(milliseconds: max(retryAt - work.services.clock.monotonicMilliseconds(), 1))
        }
    }

    /// Commits what was processed and gives everything up, such as before the server stops.
    func stop() {
        do {
            try running?.commit()
        } catch {
            // Nothing is lost: what is not committed is processed again at the next start.
            status.note("the last commit before stopping failed: \(error)")
        }
        leave()
    }

    /// Makes a ``turn(timeoutMilliseconds:)`` that waits return; from any thread.
    var wakeUp: (@Sendable () -> Void)? { running?.wakeUp }

    private func leave() {
        running?.abort()
        running = nil
        work.alignment?.leave(work.tasks)
        status.removeTasks(of: threadID)
    }

    private func started(_ now: Int64) throws -> RunningTasks? {
        if let running { return running }
        guard now >= retryAt else { return nil }
        let fresh = try RunningTasks(work, threadID: threadID, status: status)
        running = fresh
        status.addTasks(of: threadID, fresh.tasks)
        return fresh
    }

    private func fail(_ error: any Error) {
        leave()
        status.failed(error, retryMilliseconds: backoff)
        retryAt = work.services.clock.monotonicMilliseconds() + backoff
        backoff = min(backoff * 2, QueryRunner.backoffMax)
    }
}
