/// What a session reads, and whose turn it is.
public struct FairPositions {
    /// One assigned partition.
    public struct Position {
        public let partition: TopicPartition
        public var next: Int64
        public var isPaused = false
    }

    /// Sorted by partition, so that turns are the same in every run.
    public private(set) var all: [Position] = []
    private var turn = 0

    public init() {}

    /// Replaces the partitions; one that stays at its current position also stays paused.
    public mutating func assign(_ positions: [TopicPartition: Int64]) {
        let before = Dictionary(uniqueKeysWithValues: all.map { ($0.partition, $0) })
        all = positions.sorted { $0.key < $1.key }.map { partition, next in
            if let old = before[partition], old.next == next { return old }
            return Position(partition: partition, next: next)
        }
        turn = 0
    }

    public mutating func pause(_ partitions: Set<TopicPartition>) {
        for index in all.indices { all[index].isPaused = partitions.contains(all[index].partition) }
    }

    /// Asks the partitions in turn until one gives a run with messages, and moves its position behind them.
    /// - Parameter read: the messages from a position on; nil when there are none.
    public mutating func next(_ read: (Position) throws -> MessageRun?) rethrows -> MessageRun? {
        for step in 0..<all.count {
            let index = (turn + step) % all.count
            guard !all[index].isPaused, let run = try read(all[index]) else { continue }
            all[index].next = run.nextOffset
            turn = (index + 1) % all.count
            return run
        }
        return nil
    }
}
