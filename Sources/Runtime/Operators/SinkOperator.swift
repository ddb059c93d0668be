import Values

extension SinkSpec: OperatorSpec {
    public var output: Schema { input }

    public var summary: String { "Sink \(topic) (key \(layout.keyFormat), value \(layout.valueFormat))" }

    public func makeOperator(_ context: TaskContext) throws -> any Operator { try SinkOperator(self, context) }
}

/// Encodes rows into records and holds them for the epoch's commit.
private final class SinkOperator: Operator {
    private let spec: SinkSpec
    private let context: TaskContext
    private let keyWriter: (any FormatWriter)?
    private let valueWriter: (any FormatWriter)?
    private let partitions: Int

    init(_ spec: SinkSpec, _ context: TaskContext) throws {
        self.spec = spec
        self.context = context
        partitions = context.partitionCount(of: spec.topic)
        let layout = spec.layout
        keyWriter =
            layout.keyFields.isEmpty
            ? nil : try context.format(layout.keyFormat).makeWriter(layout.keyFields, properties: layout.keyProperties)
        valueWriter =
            layout.valueFields.isEmpty
            ? nil
            : try context.format(layout.valueFormat).makeWriter(layout.valueFields, properties: layout.valueProperties)
    }

    func process(_ batch: Batch, input _: Int, into _: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        var bad: [BadPayload] = []
        var keys = try writeKeys(batch, &bad)
        var values = try writeValues(batch, &bad)
        var timestamps = try recordTimes(batch, &bad)
        var headers = batch.headers
        if !bad.isEmpty {
            let kept = keep(batch, without: bad)
            kept.withUnsafeBufferPointer { list in
                let rows = list.baseAddress ?? UnsafePointer(bitPattern: 8).unsafelyUnwrapped
                keys = keys.gather(rows, count: list.count)
                values = values.gather(rows, count: list.count)
                timestamps = timestamps.gather(rows, count: list.count)
                headers = headers?.gather(rows, count: list.count)
            }
        }
        guard values.count > 0 else { return }
        context.metrics.rowsOut.add(values.count)
        let run = OutgoingRun(
            topic: spec.topic,
            partition: 0,
            timestamps: timestamps,
            keys: keys,
            values: values,
            headers: headers
        )
        for part in run.partitioned(into: partitions, keyless: context.partition) { try context.session.append(part) }
    }

    private func writeKeys(_ batch: Batch, _ bad: inout [BadPayload]) throws -> Column {
        guard let keyWriter else { return Column.nulls(.bytes, count: batch.count) }
        let columns = Array(batch.columns[..<spec.input.keyCount])
        let absent = columns.count > 1 && spec.writesNullKeys ? nil : columns.allNullFlags
        let bare = try keyWriter.write(columns, count: batch.count, absent: absent, bad: &bad)
        guard let window = spec.layout.window else { return bare }
        return window.append(to: bare, batch.columns[spec.input.keyCount], batch.columns[spec.input.keyCount + 1])
    }

    private func writeValues(_ batch: Batch, _ bad: inout [BadPayload]) throws -> Column {
        guard let valueWriter else { return Column.nulls(.bytes, count: batch.count) }
        let columns = Array(batch.columns[spec.input.valueStart...].prefix(spec.layout.valueFields.count))
        return try valueWriter.write(columns, count: batch.count, absent: batch.deleted, bad: &bad)
    }

    private func recordTimes(_ batch: Batch, _ bad: inout [BadPayload]) throws -> Column {
        guard let index = spec.timestampColumn else { return batch.timestamps }
        let column = batch.columns[index]
        let values = column.values(as: Int64.self)
        let records = batch.timestamps.values(as: Int64.self)
        let out = Buffer(capacity: batch.count * 8)
        let times = out.base.assumingMemoryBound(to: Int64.self)
        for row in 0..<batch.count {
            times[row] = values[row]
            if batch.isDeleted(row) {
                times[row] = records[row]
            } else if column.isNull(row) || values[row] < 0 {
                times[row] = 0
                bad.append(
                    BadPayload(
                        row: row,
                        field: spec.input.fields[index].name,
                        value: column.isNull(row) ? nil : String(values[row]),
                        reason: "the TIMESTAMP column must be milliseconds since 1970, 0 or more"
                            + (column.isNull(row) ? ", and is NULL" : "")
                    )
                )
            }
        }
        return Column(type: .bigint, count: batch.count, data: out)
    }

    private func keep(_ batch: Batch, without bad: [BadPayload]) -> [Int32] {
        let rows = Set(bad.map(\.row))
        context.metrics.errors.add(rows.count)
        for problem in bad {
            context.log.record(
                RecordProblem(
                    kind: .serialization,
                    query: context.query,
                    topic: spec.topic,
                    field: problem.field,
                    value: problem.value,
                    reason: problem.reason
                )
            )
        }
        return (0..<Int32(batch.count)).filter { !rows.contains(Int($0)) }
    }
}

extension TaskContext {
    /// The format `name`.
    /// - Throws: ``FormatError`` when the engine has none of that name.
    func format(_ name: String) throws -> any Format {
        guard let format = formats[name] else {
            throw FormatError(
                "unknown format \(name)",
                hint: "the formats are \(formats.names.joined(separator: ", "))"
            )
        }
        return format
    }
}

extension WindowedKey {
    /// The keys with their window behind them, as ksqlDB lays them out.
    func append(to keys: Column, _ starts: Column, _ ends: Column) -> Column {
        let tail = byteCount
        let count = keys.count
        let offsets = Buffer(capacity: (count + 1) * 4)
        let to = offsets.base.assumingMemoryBound(to: Int32.self)
        let data = Buffer(capacity: Int(keys.offsets[count] - keys.offsets[0]) + count * tail)
        let start = starts.values(as: Int64.self)
        let end = ends.values(as: Int64.self)
        var used = 0
        to[0] = 0
        for row in 0..<count {
            let key = keys.bytes(row)
            if let base = key.baseAddress { (data.base + used).copyMemory(from: base, byteCount: key.count) }
            used += key.count
            if case .session = self {
                data.base.storeBytes(of: end[row].bigEndian, toByteOffset: used, as: Int64.self)
                used += 8
            }
            data.base.storeBytes(of: start[row].bigEndian, toByteOffset: used, as: Int64.self)
            used += 8
            to[row + 1] = Int32(used)
        }
        return Column(type: .bytes, count: count, validity: keys.validity, data: data, offsets: offsets)
    }
}

extension [Column] {
    /// One byte a row, not zero where every column is NULL; nil where that is nowhere so.
    fileprivate var allNullFlags: Buffer? {
        guard let first = first?.nullFlags, count > 1 else { return self.first?.nullFlags }
        let flags = first.base.assumingMemoryBound(to: UInt8.self)
        for column in dropFirst() {
            guard let others = column.nullFlags?.base.assumingMemoryBound(to: UInt8.self) else { return nil }
            for row in 0..<column.count where others[row] == 0 { flags[row] = 0 }
        }
        return first
    }
}
