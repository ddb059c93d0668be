import Runtime

/// What the local database remembers of the cluster, in the engine's own area under `K`.
enum KafkaStamp {
    private static let area: [UInt8] = [0, 0, 0, 0, 0x4B]

    /// How far a store contains its changelog.
    struct Position: Equatable {
        /// Every message before this offset is in the store.
        var offset: Int64
        /// When that was, in milliseconds since 1970.
        var time: Int64
    }

    private static func positionKey(_ store: StoreID) -> [UInt8] {
        area + [0x53] + store.prefix + Array(store.changelog.utf8)
    }

    static func position(of store: StoreID, in database: any StateDatabase) throws -> Position? {
        guard let value = try database.get(positionKey(store)), value.count == 16 else { return nil }
        return Position(offset: integer(value[..<8]), time: integer(value[8...]))
    }

    static func put(_ position: Position, of store: StoreID) -> RawPut {
        RawPut(positionKey(store), bytes(position.offset) + bytes(position.time))
    }

    private static func offsetKey(_ task: TaskCommitID, _ partition: TopicPartition) -> [UInt8] {
        area + [0x4F] + Array("\(task)\u{0}\(partition.topic)\u{0}\(partition.partition)".utf8)
    }

    /// The input offset of a task at its last commit that reached the local database; the group's offset is the truth, but
    /// the cluster forgets offsets of groups without members after some days.
    static func offset(_ task: TaskCommitID, _ partition: TopicPartition, in database: any StateDatabase) throws
        -> Int64?
    {
        guard let value = try database.get(offsetKey(task, partition)), value.count == 8 else { return nil }
        return integer(value[...])
    }

    static func put(_ offset: Int64, _ task: TaskCommitID, _ partition: TopicPartition) -> RawPut {
        RawPut(offsetKey(task, partition), bytes(offset))
    }

    private static func bytes(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
        Int64(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
