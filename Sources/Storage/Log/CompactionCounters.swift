import Runtime

/// What compaction has done since the log was opened.
final class CompactionCounters: Sendable {
    /// Files that were written in the place of others.
    let files = Counter()
    /// Records that a later one of their key had replaced, and tombstones whose time was over.
    let removedRecords = Counter()
    /// Bytes that the files became smaller.
    let removedBytes = Counter()
    let failures = Counter()
    let milliseconds = Counter()

    var metrics: [BrokerMetric] {
        [
            BrokerMetric(
                "weir_log_compacted_files_total",
                "Files of the log that compaction wrote in the place of others.",
                Double(files.value)
            ),
            BrokerMetric(
                "weir_log_compaction_removed_records_total",
                "Records that compaction removed, because a later one of their key replaced them.",
                Double(removedRecords.value)
            ),
            BrokerMetric(
                "weir_log_compaction_removed_bytes_total",
                "Bytes by which compaction made the log smaller.",
                Double(removedBytes.value)
            ),
            BrokerMetric(
                "weir_log_compaction_failures_total",
                "Compactions of a partition that failed, such as for want of space.",
                Double(failures.value)
            ),
            BrokerMetric(
                "weir_log_compaction_seconds_total",
                "Time that compaction took.",
                Double(milliseconds.value) / 1000
            ),
        ]
    }
}

extension EmbeddedLog {
    public var metrics: [BrokerMetric] { counters.metrics }
}
