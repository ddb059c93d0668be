/// Up to a few thousand rows in columns: the unit of work of every operator.
///
/// A row is a *change*: a new value for its key (or an event of a stream), or, where ``deleted`` says so, the deletion
/// of the key (in a stream: a record whose value is null). Deleted rows carry their key columns; their value columns
/// are NULL.
public struct Batch: Sendable {
    public var schema: Schema
    public var count: Int
    /// One column a field of ``schema``.
    public var columns: [Column]
    /// ROWTIME of each row: Int64 milliseconds, no NULLs, type TIMESTAMP or BIGINT.
    public var timestamps: Column
    /// One byte a row, 1 for a deletion; no buffer when there is none.
    public var deleted: Buffer?
    /// The row that this change replaces, for tables whose reader needs it: the columns of the same schema…
    /// .
    public var before: [Column]?
    /// …and one byte a row, 1 where there was an earlier row; required when ``before`` is there.
    public var hadBefore: Buffer?
    /// Where the rows came from, for messages about bad ones.
    public var origin: RecordOrigin?
    /// Record headers, ARRAY<STRUCT<KEY STRING, VALUE BYTES>>, where the query asks for them.
    public var headers: Column?

    public init(
        schema: Schema,
        count: Int,
        columns: [Column],
        timestamps: Column,
        deleted: Buffer? = nil,
        before: [Column]? = nil,
        hadBefore: Buffer? = nil,
        origin: RecordOrigin? = nil,
        headers: Column? = nil
    ) {
        assert(columns.count == schema.fields.count, "a column for every field")
        self.schema = schema
        self.count = count
        self.columns = columns
        self.timestamps = timestamps
        self.deleted = deleted
        self.before = before
        self.hadBefore = hadBefore
        self.origin = origin
        self.headers = headers
    }

    @inlinable
    public func isDeleted(_ row: Int) -> Bool {
        guard let deleted else { return false }
        return deleted.base.assumingMemoryBound(to: UInt8.self)[row] != 0
    }

    /// The same rows with other columns, such as after a projection; ``before`` is dropped.
    public func with(schema: Schema, columns: [Column]) -> Batch {
        Batch(
            schema: schema,
            count: count,
            columns: columns,
            timestamps: timestamps,
            deleted: deleted,
            origin: origin,
            headers: headers
        )
    }

    /// The rows `indices` in that order; none may be missing.
    public func gather(_ indices: UnsafePointer<Int32>, count rows: Int) -> Batch {
        Batch(
            schema: schema,
            count: rows,
            columns: columns.map { $0.gather(indices, count: rows) },
            timestamps: timestamps.gather(indices, count: rows),
            deleted: deleted.map { gatherFlags($0, indices, rows) },
            before: before.map { $0.map { $0.gather(indices, count: rows) } },
            hadBefore: hadBefore.map { gatherFlags($0, indices, rows) },
            origin: origin?.gathered(indices, rows),
            headers: headers.map { $0.gather(indices, count: rows) }
        )
    }

    private func gatherFlags(_ flags: Buffer, _ indices: UnsafePointer<Int32>, _ rows: Int) -> Buffer {
        let out = Buffer(capacity: rows)
        let source = flags.base.assumingMemoryBound(to: UInt8.self)
        let target = out.base.assumingMemoryBound(to: UInt8.self)
        for row in 0..<rows { target[row] = source[Int(indices[row])] }
        return out
    }
}

/// The topic, partition and offsets that the rows of a batch were read from.
public struct RecordOrigin: Sendable {
    public let topic: String
    public let partition: Int32
    /// Offset of each row, BIGINT without NULLs.
    public let offsets: Column

    public init(topic: String, partition: Int32, offsets: Column) {
        self.topic = topic
        self.partition = partition
        self.offsets = offsets
    }

    func gathered(_ indices: UnsafePointer<Int32>, _ rows: Int) -> RecordOrigin {
        RecordOrigin(topic: topic, partition: partition, offsets: offsets.gather(indices, count: rows))
    }
}
