import Values

/// Decodes keys, windows, values, pseudo columns and timestamps of a topic's records into one batch a run.
struct RecordDecoder {
    private let spec: SourceSpec
    private let layout: RecordLayout
    private let keyReader: (any FormatReader)?
    private let valueReader: (any FormatReader)?
    private let timestamps: TimestampExtractor

    init(spec: SourceSpec, layout: RecordLayout, formats: FormatRegistry) throws {
        self.spec = spec
        self.layout = layout
        let keyFormat = try RecordDecoder.format(layout.keyFormat, formats)
        let valueFormat = try RecordDecoder.format(layout.valueFormat, formats)
        keyReader =
            layout.keyFields.isEmpty
            ? nil
            : try keyFormat.makeReader(
                layout.keyFields,
                wanted: Array(layout.keyFields.indices),
                properties: layout.keyProperties
            )
        // Even when no column is wanted the payload is read, because a malformed record must not pass.
        valueReader =
            layout.valueFields.isEmpty
            ? nil
            : try valueFormat.makeReader(layout.valueFields, wanted: layout.wanted, properties: layout.valueProperties)
        timestamps = try TimestampExtractor(spec.timestamp, schema: spec.output)
    }

    private static func format(_ name: String, _ formats: FormatRegistry) throws -> any Format {
        guard let format = formats[name] else {
            throw FormatError(
                "unknown format \(name)",
                hint: "the formats are \(formats.names.joined(separator: ", "))"
            )
        }
        return format
    }

    /// The good rows of a run, and how many were dropped without being bad (table records without a key).
    func decode(_ run: MessageRun, bad: inout [BadPayload]) throws -> (Batch, dropped: Int) {
        let count = run.count
        let (keyBytes, window) = splitWindow(run.keys, bad: &bad)
        let values = layout.valueFormat.uppercased() == "JSON" ? withoutNullTexts(run.values) : run.values
        var columns: [Column] = []
        if let keyReader { columns += try keyReader.read(keyBytes, bad: &bad) }
        columns += window
        if let valueReader { columns += try valueReader.read(values, bad: &bad) }
        columns += layout.pseudoColumns.map { pseudoColumn($0, run) }
        let times = timestamps.extract(columns, run.timestamps, bad: &bad)
        let batch = Batch(
            schema: spec.output,
            count: count,
            columns: columns,
            timestamps: times,
            deleted: deletedFlags(values),
            origin: RecordOrigin(topic: run.topic, partition: run.partition, offsets: run.offsets),
            headers: spec.readsHeaders ? run.headers : nil
        )
        return without(bad, batch, keys: run.keys)
    }

    private func without(_ bad: [BadPayload], _ batch: Batch, keys: Column) -> (Batch, dropped: Int) {
        let dropsNullKeys = spec.isTable && keys.validity != nil
        guard !bad.isEmpty || dropsNullKeys else { return (batch, 0) }
        let badRows = Set(bad.map(\.row))
        var kept: [Int32] = []
        var dropped = 0
        for row in 0..<batch.count where !badRows.contains(row) {
            if dropsNullKeys, keys.isNull(row) {
                dropped += 1
            } else {
                kept.append(Int32(row))
            }
        }
        if kept.count == batch.count { return (batch, 0) }
        let good = kept.withUnsafeBufferPointer { list in
            list.baseAddress.map { batch.gather($0, count: list.count) }
        }
        return (good ?? batch.gather([], count: 0), dropped)
    }

    /// The payloads with NULL for those that are the text `null`: a JSON record that is null is no row either.
    private func withoutNullTexts(_ values: Column) -> Column {
        let null: StaticString = "null"
        var rows: [Int] = []
        for row in 0..<values.count where values.offsets[row + 1] - values.offsets[row] == 4 {
            let isNull = values.bytes(row).elementsEqual(UnsafeBufferPointer(start: null.utf8Start, count: 4))
            if isNull { rows.append(row) }
        }
        guard !rows.isEmpty else { return values }
        let mask = Bitmap.buffer(values.count, allSet: true)
        let words = mask.base.assumingMemoryBound(to: UInt64.self)
        for row in rows { Bitmap.clear(words, row) }
        return values.masked(by: mask)
    }

    private func deletedFlags(_ values: Column) -> Buffer? {
        // Without a value format nothing can be said about a payload: no row counts as deleted.
        guard values.validity != nil, valueReader != nil, values.nullCount > 0 else { return nil }
        let flags = Buffer(capacity: values.count)
        let out = flags.base.assumingMemoryBound(to: UInt8.self)
        for row in 0..<values.count { out[row] = values.isNull(row) ? 1 : 0 }
        return flags
    }

    private func pseudoColumn(_ kind: PseudoColumn, _ run: MessageRun) -> Column {
        switch kind {
        case .partition: return Column.constant(.integer, .integer(run.partition), count: run.count)
        case .offset: return run.offsets.retyped(.bigint)
        case .headers:
            return run.headers ?? Column.constant(headersType, .array([]), count: run.count)
        case .header(let key): return lastHeader(key, run)
        }
    }

    private func lastHeader(_ key: String, _ run: MessageRun) -> Column {
        let builder = ColumnBuilder(.bytes, capacity: run.count)
        for row in 0..<run.count {
            guard let headers = run.headers, case .array(let list) = headers.value(at: row) else {
                builder.appendNull()
                continue
            }
            let match = list.last { header in
                guard case .structure(let parts) = header else { return false }
                return parts[0] == .string(key)
            }
            guard case .structure(let parts)? = match else {
                builder.appendNull()
                continue
            }
            builder.append(parts[1])
        }
        return builder.finish()
    }

    /// Cuts the window off the keys: the bare key bytes and WINDOWSTART and WINDOWEND columns.
    private func splitWindow(_ keys: Column, bad: inout [BadPayload]) -> (Column, [Column]) {
        guard let window = layout.window else { return (keys, []) }
        let tail = window.byteCount
        let bare = ColumnBuilder(.bytes, capacity: keys.count)
        let starts = ColumnBuilder(.bigint, capacity: keys.count)
        let ends = ColumnBuilder(.bigint, capacity: keys.count)
        for row in 0..<keys.count {
            let bytes = keys.bytes(row)
            guard !keys.isNull(row), bytes.count >= tail else {
                if !keys.isNull(row) {
                    bad.append(
                        BadPayload(
                            row: row,
                            field: nil,
                            value: nil,
                            reason: "the key has \(bytes.count) bytes, a windowed key has at least \(tail)"
                        )
                    )
                }
                bare.appendNull()
                starts.append(Int64(0))
                ends.append(Int64(0))
                continue
            }
            let (start, end) = window.bounds(bytes)
            bare.append(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - tail)]))
            starts.append(start)
            ends.append(end)
        }
        return (bare.finish(), [starts.finish(), ends.finish()])
    }
}
