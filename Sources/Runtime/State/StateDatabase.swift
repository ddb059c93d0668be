import Values

/// The local key-value database below all state, with atomic batches: RocksDB, or memory in tests.
///
/// Safe on any thread.
///
/// Keys of stores are `StoreID.prefix ‖ user key`; keys whose first four bytes are zero belong to the engine (catalog,
/// offsets, log ends).
public protocol StateDatabase: AnyObject, Sendable {
    /// The value of `key`, copied; nil when there is none.
    func get(_ key: [UInt8]) throws -> [UInt8]?
    /// Looks up every key of a BYTES column without NULLs, all of one store; fastest when they are sorted.
    /// - Returns: a BYTES column of the values in the same order, NULL where there is none.
    func multiGet(_ store: StoreID, _ keys: Column) throws -> Column
    /// Calls `body` with each key (without the store's prefix) and value in ascending key order, from `lower` (inclusive)
    /// to `upper` (exclusive, nil: to the end of the store), until it returns false. Both buffers are valid during the call.
    func scan(
        _ store: StoreID,
        from lower: [UInt8],
        to upper: [UInt8]?,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Bool
    ) throws
    /// The same over raw keys of the engine's own area.
    func scanRaw(from lower: [UInt8], to upper: [UInt8], _ body: ([UInt8], [UInt8]) throws -> Bool) throws
    /// Writes all changes or none.
    func write(_ changes: [StateChange], _ puts: [RawPut], sync: Bool) throws
    /// Bytes on disk and in memtables of one store, about.
    func approximateBytes(of store: StoreID) -> Int64
}

/// One write to the engine's own area; a nil value deletes.
public struct RawPut: Sendable {
    public let key: [UInt8]
    public let value: [UInt8]?

    public init(_ key: [UInt8], _ value: [UInt8]?) {
        self.key = key
        self.value = value
    }
}

/// The state store of one task: a number that the catalog hands out once per query and store name, and the partition.
public struct StoreID: Hashable, Sendable {
    /// 1 or more; 0 is the engine's own area.
    public let number: UInt32
    public let partition: Int32
    /// The changelog topic, where the broker keeps one, such as `weir-CTAS_T_3-aggregate-changelog`.
    public let changelog: String

    public init(number: UInt32, partition: Int32, changelog: String) {
        precondition(number > 0, "store 0 is the engine's own area")
        self.number = number
        self.partition = partition
        self.changelog = changelog
    }

    /// Eight bytes, big-endian number and partition, so that a store is one key range.
    public var prefix: [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
            + withUnsafeBytes(of: UInt32(bitPattern: partition).bigEndian) { Array($0) }
    }
}

/// The dirty entries of one store at a commit.
public struct StateChange: Sendable {
    public let store: StoreID
    /// BYTES without NULLs, no key twice.
    public let keys: Column
    /// BYTES; NULL deletes.
    public let values: Column
    /// Key ranges (lower inclusive, upper exclusive) deleted before the puts, such as expired windows.
    public let deletedRanges: [(lower: [UInt8], upper: [UInt8])]

    public init(
        store: StoreID,
        keys: Column,
        values: Column,
        deletedRanges: [(lower: [UInt8], upper: [UInt8])] = []
    ) {
        self.store = store
        self.keys = keys
        self.values = values
        self.deletedRanges = deletedRanges
    }
}
