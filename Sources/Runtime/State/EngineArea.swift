/// The parts of the database's own area, which lies before all stores: one letter each, given out here so that no two
/// layers take the same.
public enum EngineArea: Character, CaseIterable, Sendable {
    /// The statements of the catalog, by number.
    case catalog = "C"
    /// The next numbers of entries, stores and queries.
    case catalogCounters = "Q"
    /// Input offsets of tasks, see ``CommittedOffsets``.
    case offsets = "O"
    /// Settings of the embedded log's topics.
    case topics = "T"
    /// Ends of the embedded log's partitions.
    case ends = "E"
    /// The number of the embedded log's next topic.
    case nextTopic = "N"
    /// A random number that tells the embedded log from every other one.
    case logIdentity = "I"
    /// The run of the operating system that wrote last.
    case boot = "B"
    /// Never there, for writes that only sync.
    case boundary = "S"

    /// What every key of the part starts with: four zero bytes, which no store has, and the letter.
    public var prefix: [UInt8] { [0, 0, 0, 0, rawValue.asciiValue ?? 0] }
}
