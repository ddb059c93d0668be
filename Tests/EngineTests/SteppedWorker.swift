import Foundation
import Runtime

@testable import Server

/// Gives the shares of queries their turns on the caller's thread, commits when it is told to, and crashes on purpose.
///
/// A crash drops the tasks and the session of a share as the death of the process would: what was not committed is lost,
/// and the next turn starts from the last commit.
final class SteppedWorker: StreamWorker, @unchecked Sendable {
    // Unchecked: whatever is not constant is touched under the lock.

    /// What happens in one turn of every share.
    enum Step: Sendable {
        /// Reads and processes a run without a commit.
        case run
        /// Reads and processes a run and commits.
        case commit
        /// Loses everything that was not committed.
        case crash
    }

    private struct Share {
        let work: QueryWork
        let status: QueryStatus
        var runner: QueryRunner
        /// True when a crash would lose something.
        var isDirty = false
    }

    let name: String
    private let clock: SteppedClock
    private let lock = NSLock()
    private var shares: [Share] = []

    init(name: String, clock: SteppedClock) {
        self.name = name
        self.clock = clock
    }

    func start() {}

    func wake() {}

    func add(_ work: QueryWork, status: QueryStatus) {
        lock.withLock { shares.append(Share(work: work, status: status, runner: runner(work, status))) }
    }

    func remove(_ query: String, done: @escaping @Sendable () -> Void) {
        lock.withLock {
            for share in shares where share.work.query == query { share.runner.stop() }
            shares.removeAll { $0.work.query == query }
        }
        done()
    }

    func stop() {
        lock.withLock {
            for share in shares { share.runner.stop() }
            shares = []
        }
    }

    /// Drops everything as a crash of the process does.
    func crash() { lock.withLock { shares = [] } }

    /// Takes one step with each share.
    /// - Returns: false when no share found anything to read or to commit.
    func take(_ step: Step) -> Bool { lock.withLock { give(step) } }

    private func give(_ step: Step) -> Bool {
        var worked = false
        clock.run(step == .commit)
        for index in shares.indices {
            switch step {
            case .crash:
                let share = shares[index]
                guard share.isDirty else { continue }
                shares[index].runner = runner(share.work, share.status)
                shares[index].isDirty = false
            case .run, .commit:
                let found = turn(shares[index])
                worked = found || worked
                shares[index].isDirty = step == .run && (found || shares[index].isDirty)
            }
        }
        return worked
    }

    /// True when a share has tasks on that partition.
    func takes(_ partition: TopicPartition) -> Bool {
        lock.withLock { shares.contains { $0.work.tasks.contains { $0.partition == partition.partition } } }
    }

    /// The failures of the queries, with their ids.
    var failures: [(query: String, error: String)] {
        lock.withLock { shares.compactMap { share in share.status.error.map { (share.work.query, $0) } } }
    }

    private func turn(_ share: Share) -> Bool {
        // A query that failed would only fail again.
        if share.status.error != nil { return false }
        switch share.runner.turn(timeoutMilliseconds: 0) {
        case .busy: return true
        case .idle(let milliseconds): return milliseconds < 1000 && share.status.error == nil
        }
    }

    private func runner(_ work: QueryWork, _ status: QueryStatus) -> QueryRunner {
        QueryRunner(work, threadID: "\(work.query)-\(name)", status: status)
    }
}
