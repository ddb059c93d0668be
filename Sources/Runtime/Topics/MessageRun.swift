import Values

/// Messages of one partition in offset order, as they were read: the payloads are not decoded yet.
public struct MessageRun: Sendable {
    public let topic: String
    public let partition: Int32
    /// Offset of each message, BIGINT without NULLs; gaps are possible.
    public let offsets: Column
    /// Milliseconds since the epoch, BIGINT without NULLs.
    public let timestamps: Column
    /// BYTES; NULL where the message has no key.
    public let keys: Column
    /// BYTES; NULL for a tombstone.
    public let values: Column
    /// ARRAY<STRUCT<KEY STRING, VALUE BYTES>>, when any message has headers.
    public let headers: Column?
    /// The offset to read next.
    public let nextOffset: Int64

    public var count: Int { values.count }

    public init(
        topic: String,
        partition: Int32,
        offsets: Column,
        timestamps: Column,
        keys: Column,
        values: Column,
        headers: Column? = nil,
        nextOffset: Int64
    ) {
        self.topic = topic
        self.partition = partition
        self.offsets = offsets
        self.timestamps = timestamps
        self.keys = keys
        self.values = values
        self.headers = headers
        self.nextOffset = nextOffset
    }
}

/// Messages to be appended to one partition.
public struct OutgoingRun: Sendable {
    public let topic: String
    public let partition: Int32
    /// Milliseconds since the epoch, BIGINT without NULLs.
    public let timestamps: Column
    /// BYTES; NULL for no key.
    public let keys: Column
    /// BYTES; NULL for a tombstone.
    public let values: Column
    public let headers: Column?

    public var count: Int { values.count }

    public init(
        topic: String,
        partition: Int32,
        timestamps: Column,
        keys: Column,
        values: Column,
        headers: Column? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.timestamps = timestamps
        self.keys = keys
        self.values = values
        self.headers = headers
    }
}

/// The type of the headers column of a run or batch.
public let headersType = SQLType.array(.structure([StructField("KEY", .string), StructField("VALUE", .bytes)]))

/// One partition of a topic.
public struct TopicPartition: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let topic: String
    public let partition: Int32

    public init(_ topic: String, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }

    public var description: String { "\(topic)-\(partition)" }
}
