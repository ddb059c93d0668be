extension Column {
    /// `count` NULLs.
    public static func nulls(_ type: SQLType, count: Int) -> Column {
        let validity = Bitmap.buffer(count, allSet: false)
        switch type.storage {
        case .fixed(let width):
            return Column(type: type, count: count, validity: validity, data: Buffer.zeroed(capacity: count * width))
        case .variable:
            let offsets = Buffer.zeroed(capacity: (count + 1) * 4)
            return Column(type: type, count: count, validity: validity, data: Buffer(capacity: 0), offsets: offsets)
        case .list:
            let offsets = Buffer.zeroed(capacity: (count + 1) * 4)
            let children = type.childTypes.map { Column.of($0, []) }
            return Column(type: type, count: count, validity: validity, offsets: offsets, children: children)
        case .structure:
            let children = type.childTypes.map { Column.nulls($0, count: count) }
            return Column(type: type, count: count, validity: validity, children: children)
        }
    }

    /// One byte a row, 1 where the row is NULL; nil when none is.
    public var nullFlags: Buffer? {
        guard let words = validityWords, nullCount > 0 else { return nil }
        let flags = Buffer(capacity: count)
        let out = flags.base.assumingMemoryBound(to: UInt8.self)
        for row in 0..<count { out[row] = Bitmap.get(words, row) ? 0 : 1 }
        return flags
    }
}
