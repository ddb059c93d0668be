/// How much memory and disk the storage layer may use, and what a power cut may take.
public struct StorageSettings: Sendable {
    /// Bytes for blocks, indexes and filters of the state database; a hard limit.
    ///
    /// A hundredth of the state or more: lookups take longer when not even the indexes fit.
    public var cacheBytes = 64 << 20
    /// State is compressed (LZ4): a third of the disk or less, for about a quarter more work per lookup and write.
    public var isCompressed = false
    /// Bytes for state that was committed and not yet sorted into files, all of it also in the write-ahead log.
    ///
    /// Larger is
    /// less work in the background and more to replay after a crash (about 20 ms a megabyte).
    public var writeBufferBytes = 32 << 20
    public var durability = Durability.interval(milliseconds: 100)
    /// A segment file of the log is closed when it reaches this size.
    public var segmentBytes = 128 << 20
    /// The same for internal topics, which are removed segment by segment as soon as they have been read.
    public var internalSegmentBytes = 16 << 20
    /// The same for compacted topics: only closed files are compacted.
    public var compactedSegmentBytes = 16 << 20
    /// A partition is compacted when at least this part of its closed files was written since the last time.
    public var compactionRatio = 0.5
    /// Or when that is at least so many bytes.
    public var compactionBytes = 1 << 30
    /// Bytes for the keys that one round of a compaction can tell apart, 24 for each; more keys take more rounds.
    public var compactionBufferBytes = 32 << 20
    /// Milliseconds from when compaction first meets a tombstone until it removes it; readers from the start must be through.
    public var tombstoneMilliseconds: Int64 = 24 * 3_600_000
    /// How often it is looked for what retention removes and compaction shortens.
    public var upkeepMilliseconds = 10_000
    /// Topics that name no retention of their own keep at most this many bytes a partition; nil: no limit.
    public var retentionBytes: Int64?
    /// Threads for flushes and compactions of the state database.
    public var backgroundThreads = 2
    /// Files that the state database and the log each hold open at most, about.
    public var openFilesMax = 512

    public init() {}
}

/// When commits reach the disk itself.
///
/// A crash of the process, SIGKILL included, never loses a committed epoch whichever
/// it is, since the operating system already has the bytes; this is about power cuts and crashes of the system.
public enum Durability: Hashable, Sendable {
    /// Every commit waits for the disk: a power cut loses nothing that was committed.
    case commit
    /// Commits reach the disk together, at the latest that many milliseconds after the first of them.
    ///
    /// A power cut loses at
    /// most the commits of that time. The default, with 100 milliseconds.
    case interval(milliseconds: Int)
    /// The operating system decides (Linux: within about 30 seconds).
    ///
    /// A power cut loses what it had not written yet; the
    /// end of a topic may then lie before the state computed from it.
    case none
}
