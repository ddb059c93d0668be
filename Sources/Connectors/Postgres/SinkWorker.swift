import Runtime

/// The thread of a sink: makes sessions, writes what comes, waits when something is wrong, and goes on.
final class SinkWorker: @unchecked Sendable {
    // Unchecked: made by one thread, then used by the sink's thread alone.
    private let setup: SinkSetup
    private let report: SinkReport
    private let bell: AppendSignal
    private let interrupt: Interrupt

    private var isOwner = false
    private var isCareful = false
    private var backoff = SinkWorker.backoffMin
    /// A transaction whose COMMIT was sent, by its number.
    private var pending: (epoch: Int64, written: SinkSession.Written)?
    /// Up to where the target is known to have the topics.
    private var offsets: [TopicPartition: Int64] = [:]
    private var lagCheck = Deadline(in: 0)
    private var partitionCheck = Deadline(in: 0)

    private static let backoffMin = 50
    /// How often a quiet sink looks whether the server is still there, and a busy one at the ends of its topics.
    private static let checkMilliseconds = 500
    private static let partitionMilliseconds = 30_000

    init(_ setup: SinkSetup, report: SinkReport, bell: AppendSignal, interrupt: Interrupt) {
        self.setup = setup
        self.report = report
        self.bell = bell
        self.interrupt = interrupt
    }

    /// Works until the sink is stopped or has another owner.
    func run() {
        while !interrupt.isRaised {
            do {
                try runSession()
            } catch let error as PostgresError where error.kind == .stopped {
                return
            } catch let error as PostgresError where error.kind == .fenced {
                report.failed(error.description)
                return
            } catch {
                wait(after: error)
            }
        }
    }

    /// Works over one connection until it breaks.
    private func runSession() throws {
        let session = try SinkSession(setup, interrupt: interrupt, isOwner: isOwner, report: report)
        isOwner = true
        offsets = session.reader.positions
        settlePending(session.epoch)
        report.connected(target: session.target, tables: session.tables, offsets: offsets)
        partitionCheck = Deadline(in: SinkWorker.partitionMilliseconds)
        while true {
            if interrupt.isRaised { throw PostgresError.stopped }
            let seen = bell.count
            if let records = try session.reader.read() {
                try write(records, session)
                checkLag()
                continue
            }
            report.running()
            report.foundEnd()
            bell.wait(after: seen, milliseconds: SinkWorker.checkMilliseconds)
            try session.checkAlive()
            if partitionCheck.left == 0 {
                try session.reader.findPartitions()
                partitionCheck = Deadline(in: SinkWorker.partitionMilliseconds)
            }
        }
    }

    private func write(_ records: SinkReader.Records, _ session: SinkSession) throws {
        let written = try session.write(records, carefully: isCareful) { written in
            pending = (session.epoch, written)
        }
        pending = nil
        offsets = session.reader.positions
        committed(written)
        isCareful = false
        backoff = SinkWorker.backoffMin
        report.running()
    }

    private func committed(_ written: SinkSession.Written) {
        report.committed(written.counts, offsets: offsets)
        for problem in written.problems { setup.onProblem(problem) }
    }

    /// Counts the transaction whose COMMIT was not answered, if the progress row has it.
    private func settlePending(_ epoch: Int64) {
        guard let pending else { return }
        self.pending = nil
        if pending.epoch == epoch { committed(pending.written) }
    }

    private func checkLag() {
        guard lagCheck.left == 0 else { return }
        lagCheck = Deadline(in: SinkWorker.checkMilliseconds)
        // The number is for people; a topic that cannot be asked will say so when it is read.
        if let lag = try? SinkReader.lag(setup, behind: offsets) { report.lag(lag) }
    }

    private func wait(after error: any Error) {
        let failure = error as? PostgresError
        if failure?.isAboutRows == true, !isCareful {
            // The same records again, row by row: the answer tells which one it is.
            isCareful = true
            return
        }
        let isFirst = backoff == SinkWorker.backoffMin
        if failure?.isTransient != true || !isFirst { report.waiting(SinkWorker.reason(error)) }
        checkLag()
        waitForBackoff()
        backoff = min(backoff * 2, max(setup.settings.backoffMilliseconds, 1))
    }

    /// A sink that waits is not woken by new records, only by ``Interrupt``.
    private func waitForBackoff() {
        let deadline = Deadline(in: min(backoff, setup.settings.backoffMilliseconds))
        while deadline.left > 0, !interrupt.isRaised {
            let seen = bell.count
            if interrupt.isRaised { return }
            bell.wait(after: seen, milliseconds: deadline.left)
        }
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? TopicError {
            return error.message + (error.hint.map { " | hint: \($0)" } ?? "")
        }
        return "\(error)"
    }
}
