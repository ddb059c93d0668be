/// How the input offsets of tasks lie in the engine's area of the local database, for brokers that keep them there.
///
/// One entry per task and input partition, so that an epoch rewrites only what it read:
/// `00 00 00 00 'O' ‖ length of query (2) ‖ query ‖ subtopology (4) ‖ partition (4) ‖ input partition (4) ‖ input topic`,
/// numbers big-endian; the value is the next offset (8).
public enum CommittedOffsets {
    /// Every key of the area starts with this.
    public static let area: [UInt8] = EngineArea.offsets.prefix

    /// The writes that commit an epoch's offsets.
    public static func puts(_ offsets: [TaskCommitID: [TopicPartition: Int64]]) -> [RawPut] {
        offsets.flatMap { task, inputs in
            let prefix = prefix(of: task)
            return inputs.map { RawPut(prefix + suffix(of: $0), bigEndian(UInt64(bitPattern: $1))) }
        }
    }

    /// The committed next offsets of a task's inputs; partitions never committed are absent.
    public static func read(
        _ task: TaskCommitID,
        inputs: [TopicPartition],
        from database: any StateDatabase
    ) throws -> [TopicPartition: Int64] {
        let prefix = prefix(of: task)
        var offsets: [TopicPartition: Int64] = [:]
        for input in inputs {
            guard let value = try database.get(prefix + suffix(of: input)), value.count == 8 else { continue }
            offsets[input] = Int64(bitPattern: value.reduce(0) { $0 << 8 | UInt64($1) })
        }
        return offsets
    }

    /// The least committed next offset of any task that reads a partition; nil when none does.
    public static func least(of partition: TopicPartition, in database: any StateDatabase) throws -> Int64? {
        let end = suffix(of: partition)
        var least: Int64?
        try database.scanRaw(from: area, to: successor(of: area)) { key, value in
            guard suffixStart(key).map({ key[$0...].elementsEqual(end) }) == true, value.count == 8 else { return true }
            let offset = Int64(bitPattern: value.reduce(0) { $0 << 8 | UInt64($1) })
            least = min(least ?? offset, offset)
            return true
        }
        return least
    }

    /// Where partition and topic begin in a key of the area.
    private static func suffixStart(_ key: [UInt8]) -> Int? {
        let lengthAt = area.count
        guard key.count >= lengthAt + 2 else { return nil }
        let start = lengthAt + 2 + Int(key[lengthAt]) << 8 + Int(key[lengthAt + 1]) + 8
        return start + 4 <= key.count ? start : nil
    }

    /// The writes that forget every offset of `topic`, for when it is deleted.
    public static func forget(topic: String, in database: any StateDatabase) throws -> [RawPut] {
        var puts: [RawPut] = []
        try scan(database) { key, inputTopic in
            if inputTopic == topic { puts.append(RawPut(key, nil)) }
        }
        return puts
    }

    /// The writes that forget every offset of a query, for when it is dropped.
    public static func forget(query: String, in database: any StateDatabase) throws -> [RawPut] {
        var puts: [RawPut] = []
        let prefix = area + lengthPrefixed(query)
        try database.scanRaw(from: prefix, to: successor(of: prefix)) { key, _ in
            puts.append(RawPut(key, nil))
            return true
        }
        return puts
    }

    /// The smallest byte string behind everything that starts with `prefix`.
    public static func successor(of prefix: [UInt8]) -> [UInt8] {
        var end = prefix
        while let last = end.last, last == 255 { end.removeLast() }
        precondition(!end.isEmpty, "a prefix of only 0xFF bytes has no successor")
        end[end.count - 1] += 1
        return end
    }

    private static func scan(_ database: any StateDatabase, _ body: ([UInt8], String) -> Void) throws {
        try database.scanRaw(from: area, to: successor(of: area)) { key, _ in
            if let start = suffixStart(key) { body(key, String(decoding: key[(start + 4)...], as: UTF8.self)) }
            return true
        }
    }

    private static func prefix(of task: TaskCommitID) -> [UInt8] {
        area + lengthPrefixed(task.query) + bigEndian(UInt32(truncatingIfNeeded: task.subtopology))
            + bigEndian(UInt32(bitPattern: task.partition))
    }

    private static func suffix(of input: TopicPartition) -> [UInt8] {
        bigEndian(UInt32(bitPattern: input.partition)) + Array(input.topic.utf8)
    }

    private static func lengthPrefixed(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        precondition(bytes.count <= Int(UInt16.max), "a query's id stays below 64 KiB")
        return bigEndian(UInt16(bytes.count)) + bytes
    }

    private static func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(_ number: T) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
