extension Column {
    /// The rows `indices`, in that order; an index of -1 gives NULL.
    public func gather(_ indices: UnsafePointer<Int32>, count rows: Int, mayBeMissing: Bool = false) -> Column {
        let validity = gatherValidity(indices, rows, mayBeMissing)
        switch type.storage {
        case .fixed(let width):
            let out = Buffer(capacity: rows * width)
            gatherFixed(indices, rows, width, into: out)
            return Column(type: type, count: rows, validity: validity, data: out)
        case .variable:
            let (data, offsets) = gatherBytes(indices, rows)
            return Column(type: type, count: rows, validity: validity, data: data, offsets: offsets)
        case .list:
            return gatherLists(indices, rows, validity)
        case .structure:
            let fields = children.map { $0.gather(indices, count: rows, mayBeMissing: mayBeMissing) }
            return Column(type: type, count: rows, validity: validity, children: fields)
        }
    }

    private func gatherValidity(_ indices: UnsafePointer<Int32>, _ rows: Int, _ mayBeMissing: Bool) -> Buffer? {
        guard validity != nil || mayBeMissing else { return nil }
        let buffer = Bitmap.buffer(rows, allSet: true)
        let out = buffer.base.assumingMemoryBound(to: UInt64.self)
        let words = validityWords
        var nulls = false
        for row in 0..<rows {
            let source = Int(indices[row])
            if source < 0 || (words.map { !Bitmap.get($0, source) } ?? false) {
                Bitmap.clear(out, row)
                nulls = true
            }
        }
        return nulls ? buffer : nil
    }

    private func gatherFixed(_ indices: UnsafePointer<Int32>, _ rows: Int, _ width: Int, into out: Buffer) {
        switch width {
        case 1: copyRows(UInt8.self, indices, rows, out)
        case 4: copyRows(UInt32.self, indices, rows, out)
        case 8: copyRows(UInt64.self, indices, rows, out)
        default: copyRows(Int128.self, indices, rows, out)
        }
    }

    private func copyRows<T: FixedWidthInteger & BitwiseCopyable>(
        _: T.Type,
        _ indices: UnsafePointer<Int32>,
        _ rows: Int,
        _ out: Buffer
    ) {
        let source = values(as: T.self)
        let target = out.base.assumingMemoryBound(to: T.self)
        for row in 0..<rows {
            let index = Int(indices[row])
            target[row] = index < 0 ? 0 : source[index]
        }
    }

    private func gatherBytes(_ indices: UnsafePointer<Int32>, _ rows: Int) -> (Buffer, Buffer) {
        let from = offsets
        let offsetBuffer = Buffer(capacity: (rows + 1) * 4)
        let to = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        var total: Int32 = 0
        to[0] = 0
        for row in 0..<rows {
            let index = Int(indices[row])
            if index >= 0 { total += from[index + 1] - from[index] }
            to[row + 1] = total
        }
        let data = Buffer(capacity: Int(total))
        let source = arena
        for row in 0..<rows {
            let index = Int(indices[row])
            guard index >= 0 else { continue }
            let start = Int(from[index])
            (data.base + Int(to[row])).copyMemory(from: source + start, byteCount: Int(from[index + 1]) - start)
        }
        return (data, offsetBuffer)
    }

    private func gatherLists(_ indices: UnsafePointer<Int32>, _ rows: Int, _ validity: Buffer?) -> Column {
        let from = offsets
        let offsetBuffer = Buffer(capacity: (rows + 1) * 4)
        let to = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        var elements: [Int32] = []
        to[0] = 0
        for row in 0..<rows {
            let index = Int(indices[row])
            if index >= 0 { elements.append(contentsOf: from[index]..<from[index + 1]) }
            to[row + 1] = Int32(elements.count)
        }
        let children = elements.withUnsafeBufferPointer { list in
            self.children.map { child in
                list.baseAddress.map { child.gather($0, count: list.count) } ?? Column.of(child.type, [])
            }
        }
        return Column(type: type, count: rows, validity: validity, offsets: offsetBuffer, children: children)
    }

    /// Rows `range` as a column of their own.
    public func slice(_ range: Range<Int>) -> Column {
        if range == 0..<count { return self }
        let indices = Array(Int32(range.lowerBound)..<Int32(range.upperBound))
        return indices.withUnsafeBufferPointer { list in
            list.baseAddress.map { gather($0, count: list.count) } ?? Column.of(type, [])
        }
    }
}

extension ColumnBuilder {
    /// Appends rows `range` of a column of the same type.
    public func append(rowsOf column: Column, _ range: Range<Int>) {
        for row in range { append(rowOf: column, row) }
    }

    /// Appends row `row` of a column of the same type.
    public func append(rowOf column: Column, _ row: Int) {
        if column.isNull(row) {
            appendNull()
            return
        }
        switch column.type.storage {
        case .fixed(1): append(column.values(as: UInt8.self)[row])
        case .fixed(4): append(column.values(as: Int32.self)[row])
        case .fixed(8): append(column.values(as: Int64.self)[row])
        case .fixed: append(column.values(as: Int128.self)[row])
        case .variable: append(bytes: column.bytes(row))
        case .list:
            let range = Int(column.offsets[row])..<Int(column.offsets[row + 1])
            for (child, source) in zip(children, column.children) { child.append(rowsOf: source, range) }
            appendComposite()
        case .structure:
            for (child, source) in zip(children, column.children) { child.append(rowOf: source, row) }
            appendComposite()
        }
    }
}
