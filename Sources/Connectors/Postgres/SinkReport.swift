import Runtime
import Synchronization

/// What a sink tells about itself; written by its thread, read by anyone.
final class SinkReport: Sendable {
    private struct Facts {
        var state = ConnectorStatus.State.starting
        var reason: String?
        var written: Int64 = 0
        var deleted: Int64 = 0
        var skipped: Int64 = 0
        var lag: Int64 = 0
        var looksAtEnd: Int64 = 0
        var target = ""
        var tables: [String] = []
        var offsets: [TopicPartition: Int64] = [:]
        var commits: Int64 = 0
        var gaps: [String] = []
        var renewals: [String: Int] = [:]
    }

    private let facts = Mutex(Facts())
    private let notices: [String]

    init(notices: [String]) { self.notices = notices }

    var status: ConnectorStatus {
        let facts = facts.withLock { $0 }
        var details: [(name: String, value: String)] = [("target", facts.target)]
        details += facts.tables.map { ("table", $0) }
        details += facts.offsets.sorted { $0.key < $1.key }.map { ("committed \($0.key)", "\($0.value)") }
        details.append(("transactions", "\(facts.commits)"))
        details.append(("records left out", "\(facts.skipped)"))
        details += facts.gaps.map { ("gap", $0) }
        details += facts.renewals.sorted { $0.key < $1.key }.map { topic, count in
            let times = count == 1 ? "once" : "\(count) times"
            return ("made anew", "\(topic): \(times), and read from its first record; rows of the earlier one stay")
        }
        details += notices.map { ("notice", $0) }
        var status = ConnectorStatus(
            state: facts.state,
            reason: facts.reason,
            rowsWritten: facts.written,
            rowsDeleted: facts.deleted,
            lag: facts.lag,
            details: details
        )
        status.looksAtEnd = facts.looksAtEnd
        return status
    }

    func starting() {
        facts.withLock { facts in
            facts.state = .starting
            facts.reason = nil
        }
    }

    func running() {
        facts.withLock { facts in
            facts.state = .running
            facts.reason = nil
        }
    }

    func waiting(_ reason: String) {
        facts.withLock { facts in
            facts.state = .waiting
            facts.reason = reason
        }
    }

    func failed(_ reason: String) {
        facts.withLock { facts in
            facts.state = .failed
            facts.reason = reason
        }
    }

    /// A sink that failed stays so: the reason is worth more than the news that it stopped.
    func stopped() {
        facts.withLock { facts in
            guard facts.state != .failed else { return }
            facts.state = .stopped
            facts.reason = nil
        }
    }

    func connected(target: String, tables: [String], offsets: [TopicPartition: Int64]) {
        facts.withLock { facts in
            facts.target = target
            facts.tables = tables
            facts.offsets = offsets
        }
    }

    func committed(_ counts: SinkCounts, offsets: [TopicPartition: Int64]) {
        facts.withLock { facts in
            facts.written += Int64(counts.written)
            facts.deleted += Int64(counts.deleted)
            facts.skipped += Int64(counts.skipped)
            facts.commits += 1
            facts.offsets = offsets
        }
    }

    func lag(_ records: Int64) { facts.withLock { $0.lag = records } }

    /// Notes that there is nothing more to read and that all of it is written.
    func foundEnd() {
        facts.withLock { facts in
            facts.lag = 0
            facts.looksAtEnd += 1
        }
    }

    /// Notes that a topic was deleted and created again, and the positions with its first records.
    func renewed(_ topic: String, offsets: [TopicPartition: Int64]) {
        facts.withLock { facts in
            facts.renewals[topic, default: 0] += 1
            facts.offsets = offsets
        }
    }

    /// Notes that records were gone before they were read.
    func gap(_ text: String) {
        facts.withLock { facts in
            guard !facts.gaps.contains(text) else { return }
            facts.gaps.append(text)
            if facts.gaps.count > 10 { facts.gaps.removeFirst() }
        }
    }
}

/// What one transaction did.
struct SinkCounts: Equatable, Sendable {
    var written = 0
    var deleted = 0
    /// Records left out because they were bad or empty.
    var skipped = 0
}
