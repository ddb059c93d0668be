import Runtime

/// What the log keeps in the engine's area of the state database.
///
/// Under ``topics`` by name: a topic's settings; under ``ends`` by topic number (4) and partition (4): the end of a
/// partition. Numbers are big-endian.
enum LogRecords {
    static let topics = EngineArea.topics.prefix
    static let ends = EngineArea.ends.prefix
    static let nextNumber = EngineArea.nextTopic.prefix
    static let identity = EngineArea.logIdentity.prefix
    static let boot = EngineArea.boot.prefix

    static func topicKey(_ name: String) -> [UInt8] { topics + Array(name.utf8) }

    static func endKey(_ topic: UInt32, _ partition: Int32) -> [UInt8] {
        ends + bytes(topic) + bytes(UInt32(bitPattern: partition))
    }

    /// Topic number and partition of a key under ``ends``.
    static func endTarget(_ key: [UInt8]) -> (topic: UInt32, partition: Int)? {
        var fields = FieldReader(key.dropFirst(ends.count))
        guard let topic: UInt32 = fields.next(), let partition: UInt32 = fields.next() else { return nil }
        return (topic, Int(partition))
    }

    static func bytes<T: FixedWidthInteger & BitwiseCopyable>(_ number: T) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    static func topicValue(_ number: UInt32, _ settings: TopicSettings) -> [UInt8] {
        bytes(number) + bytes(UInt32(settings.partitions)) + bytes(UInt32(settings.replicas))
            + bytes(settings.retentionMilliseconds ?? -1)
            + [(settings.isCompacted ? 1 : 0) | (settings.isInternal ? 2 : 0)]
    }

    static func topic(_ value: [UInt8]) -> (number: UInt32, settings: TopicSettings)? {
        var fields = FieldReader(value[...])
        guard let number: UInt32 = fields.next(), let partitions: UInt32 = fields.next(),
            let replicas: UInt32 = fields.next(), let retention: Int64 = fields.next(),
            let flags: UInt8 = fields.next()
        else { return nil }
        let settings = TopicSettings(
            partitions: Int(partitions),
            replicas: Int(replicas),
            retentionMilliseconds: retention < 0 ? nil : retention,
            isCompacted: flags & 1 != 0,
            isInternal: flags & 2 != 0
        )
        return (number, settings)
    }
}

/// Where a partition begins and ends, as it was last committed.
struct PartitionEnd: Equatable {
    /// The offset of the next message.
    var offset: Int64 = 0
    /// The first offset that is still kept.
    var start: Int64 = 0
    /// The segment that is appended to, by its first offset, and the bytes of it that are committed.
    var segment: Int64 = 0
    var position: Int64 = 0
    /// Up to where the files are known to be on the disk itself.
    var syncedSegment: Int64 = 0
    var syncedPosition: Int64 = 0

    var isSynced: Bool { syncedSegment == segment && syncedPosition == position }

    mutating func markSynced() {
        syncedSegment = segment
        syncedPosition = position
    }

    var value: [UInt8] {
        [offset, start, segment, position, syncedSegment, syncedPosition].flatMap { LogRecords.bytes($0) }
    }

    init() {}

    init?(_ value: [UInt8]) {
        var fields = FieldReader(value[...])
        guard let offset: Int64 = fields.next(), let start: Int64 = fields.next(), let segment: Int64 = fields.next(),
            let position: Int64 = fields.next(), let syncedSegment: Int64 = fields.next(),
            let syncedPosition: Int64 = fields.next()
        else { return nil }
        self.offset = offset
        self.start = start
        self.segment = segment
        self.position = position
        self.syncedSegment = syncedSegment
        self.syncedPosition = syncedPosition
    }
}

/// Takes big-endian numbers from bytes one after the other.
private struct FieldReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next<T: FixedWidthInteger>() -> T? {
        let width = T.bitWidth / 8
        guard rest.count >= width else { return nil }
        defer { rest = rest.dropFirst(width) }
        return rest.prefix(width).reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
    }
}
