import Values

extension TopicError {
    /// The topic does not exist.
    public static func noTopic(_ name: String) -> TopicError {
        TopicError(
            .notFound,
            "topic '\(name)' does not exist",
            hint: "SHOW TOPICS lists the topics; names are case-sensitive"
        )
    }

    /// The topic has fewer partitions.
    public static func noPartition(_ partition: TopicPartition, of count: Int) -> TopicError {
        TopicError(
            .notFound,
            "topic '\(partition.topic)' has \(count) partitions, so there is no partition \(partition.partition)"
        )
    }

    /// The topic exists with another number of partitions.
    public static func partitionsDiffer(_ name: String, has: Int, wanted: Int) -> TopicError {
        TopicError(
            .partitionsDiffer,
            "topic '\(name)' exists with \(has) partitions, not \(wanted)",
            hint: "leave PARTITIONS out, or name another topic"
        )
    }

    /// A topic was to be created without any partition.
    public static func withoutPartitions(_ name: String) -> TopicError {
        TopicError(.refused, "topic '\(name)' needs at least one partition")
    }
}

extension MessageRun {
    /// A run without messages at `offset`.
    public static func empty(_ partition: TopicPartition, at offset: Int64) -> MessageRun {
        MessageRun(
            topic: partition.topic,
            partition: partition.partition,
            offsets: Column.of(.bigint, []),
            timestamps: Column.of(.bigint, []),
            keys: Column.of(.bytes, []),
            values: Column.of(.bytes, []),
            nextOffset: offset
        )
    }

    /// The partition the messages were read from.
    public var source: TopicPartition { TopicPartition(topic, partition) }
}

extension OutgoingRun {
    /// The partition the messages go to.
    public var target: TopicPartition { TopicPartition(topic, partition) }
}
