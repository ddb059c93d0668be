extension Column {
    /// The rows of all `columns` one after the other; they have one type.
    public static func concatenated(_ columns: [Column]) -> Column {
        precondition(!columns.isEmpty, "nothing to concatenate")
        if columns.count == 1 { return columns[0] }
        let type = columns[0].type
        let count = columns.reduce(0) { $0 + $1.count }
        let validity = concatenatedValidity(columns, count)
        switch type.storage {
        case .fixed(let width):
            let data = Buffer(capacity: count * width)
            var used = 0
            for column in columns where column.count > 0 {
                let bytes = column.count * width
                (data.base + used).copyMemory(from: column.values(as: UInt8.self), byteCount: bytes)
                used += bytes
            }
            return Column(type: type, count: count, validity: validity, data: data)
        case .variable:
            let offsets = concatenatedOffsets(columns, count)
            let data = Buffer(capacity: Int(offsets.base.load(fromByteOffset: count * 4, as: Int32.self)))
            var used = 0
            for column in columns where column.count > 0 {
                let start = Int(column.offsets[0])
                let bytes = Int(column.offsets[column.count]) - start
                (data.base + used).copyMemory(from: column.arena + start, byteCount: bytes)
                used += bytes
            }
            return Column(type: type, count: count, validity: validity, data: data, offsets: offsets)
        case .list:
            let children = type.childTypes.indices.map { child in
                concatenated(
                    columns.map { column in
                        column.children[child].slice(Int(column.offsets[0])..<Int(column.offsets[column.count]))
                    }
                )
            }
            let offsets = concatenatedOffsets(columns, count)
            return Column(type: type, count: count, validity: validity, offsets: offsets, children: children)
        case .structure:
            let children = type.childTypes.indices.map { child in concatenated(columns.map { $0.children[child] }) }
            return Column(type: type, count: count, validity: validity, children: children)
        }
    }

    private static func concatenatedOffsets(_ columns: [Column], _ count: Int) -> Buffer {
        let buffer = Buffer(capacity: (count + 1) * 4)
        let out = buffer.base.assumingMemoryBound(to: Int32.self)
        out[0] = 0
        var row = 0
        for column in columns {
            let source = column.offsets
            let (shift, overflow) = out[row].subtractingReportingOverflow(source[0])
            precondition(
                !overflow && !source[column.count].addingReportingOverflow(shift).overflow,
                "a column's bytes stay below 2 GiB"
            )
            for index in 1..<(column.count + 1) { out[row &+ index] = source[index] &+ shift }
            row += column.count
        }
        return buffer
    }

    private static func concatenatedValidity(_ columns: [Column], _ count: Int) -> Buffer? {
        guard columns.contains(where: { $0.validity != nil }) else { return nil }
        let buffer = Bitmap.buffer(count, allSet: true)
        let words = buffer.base.assumingMemoryBound(to: UInt64.self)
        var row = 0
        for column in columns {
            if let validity = column.validityWords {
                for index in 0..<column.count where !Bitmap.get(validity, index) { Bitmap.clear(words, row + index) }
            }
            row += column.count
        }
        return buffer
    }
}

extension Batch {
    /// The rows of all `batches` one after the other; they have one schema.
    ///
    /// What only some of them have (deletions, rows before, headers) is filled in, and the origin is left out.
    public static func concatenated(_ batches: [Batch]) -> Batch {
        precondition(!batches.isEmpty, "nothing to concatenate")
        if batches.count == 1 { return batches[0] }
        let first = batches[0]
        let count = batches.reduce(0) { $0 + $1.count }
        var result = Batch(
            schema: first.schema,
            count: count,
            columns: first.columns.indices.map { column in Column.concatenated(batches.map { $0.columns[column] }) },
            timestamps: Column.concatenated(batches.map(\.timestamps)),
            deleted: flags(batches, count) { $0.deleted }
        )
        if batches.contains(where: { $0.before != nil }) {
            result.hadBefore = flags(batches, count) { $0.hadBefore } ?? Buffer.zeroed(capacity: count)
            result.before = first.columns.indices.map { column in
                let type = first.schema.fields[column].type
                return Column.concatenated(batches.map { $0.before?[column] ?? Column.nulls(type, count: $0.count) })
            }
        }
        if let type = batches.compactMap(\.headers).first?.type {
            result.headers = Column.concatenated(batches.map { $0.headers ?? Column.nulls(type, count: $0.count) })
        }
        return result
    }

    private static func flags(_ batches: [Batch], _ count: Int, _ part: (Batch) -> Buffer?) -> Buffer? {
        guard batches.contains(where: { part($0) != nil }) else { return nil }
        let out = Buffer.zeroed(capacity: count)
        var row = 0
        for batch in batches {
            if let flags = part(batch) { (out.base + row).copyMemory(from: flags.base, byteCount: batch.count) }
            row += batch.count
        }
        return out
    }
}
