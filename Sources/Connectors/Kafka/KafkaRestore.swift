import Runtime
import Values

/// Brings local stores up to the end of their changelogs.
struct KafkaRestore {
    private let topics: KafkaTopics
    private let target: KafkaTarget
    private let database: any StateDatabase

    private static let rowsMax = 16_384
    private static let bytesMax = 8 << 20
    /// After this time away a store is built anew: tombstones that it has not seen may be gone from the changelog
    /// (`delete.retention.ms` is 24 hours unless set otherwise), and rows they deleted would come back.
    private static let absenceMillisecondsMax: Int64 = 12 * 3_600_000

    init(_ topics: KafkaTopics, _ target: KafkaTarget, _ database: any StateDatabase) {
        self.topics = topics
        self.target = target
        self.database = database
    }

    func restore(_ stores: [StoreID]) throws {
        let partitions = stores.map { TopicPartition($0.changelog, $0.partition) }
        // Open transactions count: one that a dead thread left may be about to be committed, and its input offsets with it.
        let ends = try topics.ends(of: partitions)
        for (store, partition) in zip(stores, partitions) {
            guard let end = ends[partition] else { continue }
            try restore(store, partition, to: end)
        }
    }

    private func restore(_ store: StoreID, _ partition: TopicPartition, to end: Int64) throws {
        let start = try startOffset(of: store, partition, end)
        guard start < end else { return }
        let began = monotonicMilliseconds()
        let reader = try KafkaPartitionReader(partition, from: start, topics.restoring)
        var deadline = deadlineFromNow()
        var count = 0
        while reader.position < end, reader.end ?? 0 < end {
            let run = try reader.next(
                rowsMax: KafkaRestore.rowsMax,
                bytesMax: KafkaRestore.bytesMax,
                timeoutMilliseconds: 100
            )
            if let run {
                try apply(run, store)
                count += run.count
                deadline = deadlineFromNow()
            } else if monotonicMilliseconds() > deadline {
                throw topics.client.timedOut("restore state from \(partition) at offset \(reader.position)")
            }
        }
        try database.write([], [stamp(max(reader.position, min(end, reader.end ?? 0)), store)], sync: false)
        if count > 0 {
            target.log(6, "restored \(count) changes of \(partition) in \(monotonicMilliseconds() - began) ms")
        }
    }

    /// Where to begin; a store that cannot be continued is emptied first.
    private func startOffset(of store: StoreID, _ partition: TopicPartition, _ end: Int64) throws -> Int64 {
        let position = try KafkaStamp.position(of: store, in: database)
        // One behind the end: the marker of the last commit is not written yet.
        if let position, position.offset == end || position.offset == end + 1 { return end }
        let first = try topics.client.watermarks(
            of: partition,
            timeoutMilliseconds: target.settings.requestTimeoutMilliseconds
        ).lowerBound
        if let position, position.offset >= first, position.offset < end,
            wallClockMilliseconds() - position.time < KafkaRestore.absenceMillisecondsMax
        {
            return position.offset
        }
        if position != nil {
            target.log(4, "state of \(partition) cannot be continued and is built anew from its changelog")
        }
        let none = Column.of(.bytes, [])
        let everything = (lower: [UInt8](), upper: [UInt8](repeating: 0xFF, count: 256))
        try database.write(
            [StateChange(store: store, keys: none, values: none, deletedRanges: [everything])],
            [stamp(first, store)],
            sync: false
        )
        return first
    }

    private func apply(_ run: MessageRun, _ store: StoreID) throws {
        for change in KafkaChangelog.changes(in: run, store) { try database.write([change], [], sync: false) }
        try database.write([], [stamp(run.nextOffset, store)], sync: false)
    }

    private func stamp(_ offset: Int64, _ store: StoreID) -> RawPut {
        KafkaStamp.put(KafkaStamp.Position(offset: offset, time: wallClockMilliseconds()), of: store)
    }

    /// An open transaction of a dead thread holds a changelog up until the broker aborts it.
    private func deadlineFromNow() -> Int {
        monotonicMilliseconds() + target.settings.transactionTimeoutMilliseconds
            + target.settings.requestTimeoutMilliseconds * 2
    }
}
