/// A column of up to a few thousand values in Arrow's memory layout, immutable once built.
///
/// - fixed width types: `count` values in ``data`` (BOOLEAN one byte a row, INTEGER DATE TIME Int32, BIGINT TIMESTAMP Int64,
///   DOUBLE Double, DECIMAL of up to 38 digits Int128 unscaled with the scale in the type);
/// - STRING and BYTES: `count + 1` Int32 ``offsets`` into the byte arena ``data``; the first offset need not be 0;
/// - DECIMAL of more digits: the same, each value as ``BigInteger/orderedBytes`` of the unscaled number, so that bytes
///   compare as the numbers do;
/// - ARRAY and MAP: `count + 1` ``offsets`` into the children (element; key and value);
/// - STRUCT: one child a field, each with `count` rows.
/// A NULL row's slot holds arbitrary bytes of the right width; its list or string is empty.
public final class Column: @unchecked Sendable {
    // Unchecked: nothing changes after initialisation, buffers included.
    public let type: SQLType
    public let count: Int
    /// Bit i set: row i is not NULL.
    ///
    /// No buffer: no row is NULL.
    public let validity: Buffer?
    public let data: Buffer?
    public let offsetBuffer: Buffer?
    public let children: [Column]

    public init(
        type: SQLType,
        count: Int,
        validity: Buffer? = nil,
        data: Buffer? = nil,
        offsets: Buffer? = nil,
        children: [Column] = []
    ) {
        self.type = type
        self.count = count
        self.validity = validity
        self.data = data
        self.offsetBuffer = offsets
        self.children = children
    }

    /// The values as `T`; only for fixed width types of that width.
    @inlinable
    public func values<T: BitwiseCopyable>(as _: T.Type = T.self) -> UnsafeMutablePointer<T> {
        data.unsafelyUnwrapped.base.assumingMemoryBound(to: T.self)
    }

    /// The offsets of a STRING, BYTES, ARRAY or MAP column; `count + 1` of them.
    @inlinable
    public var offsets: UnsafeMutablePointer<Int32> {
        offsetBuffer.unsafelyUnwrapped.base.assumingMemoryBound(to: Int32.self)
    }

    /// The byte arena of a STRING or BYTES column.
    @inlinable
    public var arena: UnsafeMutablePointer<UInt8> {
        data.unsafelyUnwrapped.base.assumingMemoryBound(to: UInt8.self)
    }

    /// The validity words, or nil when no row is NULL.
    @inlinable
    public var validityWords: UnsafeMutablePointer<UInt64>? {
        validity?.base.assumingMemoryBound(to: UInt64.self)
    }

    @inlinable
    public func isNull(_ row: Int) -> Bool {
        guard let validity else { return false }
        return !Bitmap.get(validity.base.assumingMemoryBound(to: UInt64.self), row)
    }

    /// The bytes of row `row` of a STRING or BYTES column; valid while the column lives.
    @inlinable
    public func bytes(_ row: Int) -> UnsafeRawBufferPointer {
        let offsets = offsets
        let start = Int(offsets[row])
        return UnsafeRawBufferPointer(start: arena + start, count: Int(offsets[row + 1]) - start)
    }

    /// How many rows are NULL.
    public var nullCount: Int {
        guard let words = validityWords else { return 0 }
        return count - Bitmap.population(words, count)
    }

    /// The same values under another type of the same storage, such as BIGINT as TIMESTAMP.
    public func retyped(_ type: SQLType) -> Column {
        precondition(type.storage == self.type.storage, "a column keeps its layout under another type")
        return Column(
            type: type,
            count: count,
            validity: validity,
            data: data,
            offsets: offsetBuffer,
            children: children
        )
    }

    /// The same values with NULL wherever `mask` is clear as well.
    public func masked(by mask: Buffer?) -> Column {
        guard let mask else { return self }
        return Column(
            type: type,
            count: count,
            validity: Bitmap.and(validity, mask, count: count),
            data: data,
            offsets: offsetBuffer,
            children: children
        )
    }
}
