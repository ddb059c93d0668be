/// Grows a ``Column`` row by row.
///
/// Append exactly one value (or NULL) a row. Hot loops of fixed width columns should fill a ``Buffer`` themselves instead.
public final class ColumnBuilder {
    public let type: SQLType
    public private(set) var count = 0
    /// Builders of the element, the key and value, or the fields.
    public let children: [ColumnBuilder]

    @usableFromInline let width: Int
    private let hasOffsets: Bool
    private let isStructure: Bool
    @usableFromInline var data: Buffer
    @usableFromInline var used = 0
    private var offsets: Buffer?
    private var validity: Buffer?
    private var rowCapacity: Int

    /// An empty column of `type` with room for `capacity` rows before it has to grow.
    public init(_ type: SQLType, capacity: Int = 16) {
        self.type = type
        rowCapacity = max(capacity, 1)
        children = type.childTypes.map { ColumnBuilder($0, capacity: capacity) }
        switch type.storage {
        case .fixed(let bytes):
            width = bytes
            hasOffsets = false
            isStructure = false
            data = Buffer(capacity: rowCapacity * bytes)
        case .variable:
            width = 0
            hasOffsets = true
            isStructure = false
            data = Buffer(capacity: rowCapacity * 16)
        case .list:
            width = 0
            hasOffsets = true
            isStructure = false
            data = Buffer(capacity: 0)
        case .structure:
            width = 0
            hasOffsets = false
            isStructure = true
            data = Buffer(capacity: 0)
        }
        if hasOffsets {
            let buffer = Buffer(capacity: (rowCapacity + 1) * 4)
            buffer.base.storeBytes(of: 0, as: Int32.self)
            offsets = buffer
        }
    }

    /// Appends NULL; lists stay empty and struct fields become NULL.
    public func appendNull() {
        reserveRow()
        let bitmap = validity ?? makeValidity()
        Bitmap.clear(bitmap.base.assumingMemoryBound(to: UInt64.self), count)
        if width > 0 {
            (data.base + used).initializeMemory(as: UInt8.self, repeating: 0, count: width)
            used += width
        }
        if isStructure { for child in children { child.appendNull() } }
        closeRow()
    }

    /// Appends a fixed width value whose size must be the type's width.
    @inlinable
    public func append<T: BitwiseCopyable>(_ value: T) {
        assert(MemoryLayout<T>.size == width, "value of another width")
        reserveRow()
        (data.base + used).storeBytes(of: value, as: T.self)
        used += width
        closeRow()
    }

    /// Appends a BOOLEAN.
    public func append(boolean: Bool) { append(boolean ? UInt8(1) : UInt8(0)) }

    /// Appends a STRING or BYTES value.
    public func append(bytes: UnsafeRawBufferPointer) {
        reserveRow()
        reserveBytes(bytes.count)
        if let start = bytes.baseAddress { (data.base + used).copyMemory(from: start, byteCount: bytes.count) }
        used += bytes.count
        closeRow()
    }

    /// Appends a STRING.
    public func append(string: String) {
        var copy = string
        copy.withUTF8 { append(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Ends a list row whose elements were appended to the children, or a struct row whose fields were.
    public func appendComposite() {
        reserveRow()
        closeRow()
    }

    /// The finished column; the builder must not be used afterwards.
    public func finish() -> Column {
        Column(
            type: type,
            count: count,
            validity: validity,
            data: isStructure ? nil : data,
            offsets: offsets,
            children: children.map { $0.finish() }
        )
    }

    @usableFromInline
    func closeRow() {
        count += 1
        guard let offsets else { return }
        let end = width == 0 && !children.isEmpty ? children[0].count : used
        offsets.base.storeBytes(of: Int32(end), toByteOffset: count * 4, as: Int32.self)
    }

    @usableFromInline
    func reserveRow() {
        guard count == rowCapacity else { return }
        let grown = rowCapacity * 2
        if width > 0 { data = grow(data, used: used, to: grown * width) }
        if let old = offsets { offsets = grow(old, used: (count + 1) * 4, to: (grown + 1) * 4) }
        if let old = validity {
            let wide = Bitmap.buffer(grown, allSet: true)
            wide.base.copyMemory(from: old.base, byteCount: Bitmap.words(rowCapacity) * 8)
            // The last old word may hold stale bits behind `count`: all of them mean "valid".
            if count & 63 != 0 {
                let words = wide.base.assumingMemoryBound(to: UInt64.self)
                words[count >> 6] |= ~((1 << UInt64(count & 63)) - 1)
            }
            validity = wide
        }
        rowCapacity = grown
    }

    private func reserveBytes(_ extra: Int) {
        guard used + extra > data.capacity else { return }
        precondition(used + extra <= Int(Int32.max), "a column's bytes stay below 2 GiB")
        data = grow(data, used: used, to: max(data.capacity * 2, used + extra))
    }

    private func makeValidity() -> Buffer {
        let bitmap = Bitmap.buffer(rowCapacity, allSet: true)
        validity = bitmap
        return bitmap
    }

    private func grow(_ old: Buffer, used: Int, to capacity: Int) -> Buffer {
        let wide = Buffer(capacity: capacity)
        wide.base.copyMemory(from: old.base, byteCount: used)
        return wide
    }
}
