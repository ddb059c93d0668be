import Runtime
import Values

/// Turns the messages of a topic into rows of its source's columns, and behind them partition and offset.
final class RowDecoder {
    private let topic: ConnectorTopic
    private let keyReader: any FormatReader
    private let valueReader: any FormatReader
    /// The source's columns, then INTEGER partition and BIGINT offset.
    let schema: Schema

    init(_ topic: ConnectorTopic, _ formats: FormatRegistry) throws {
        self.topic = topic
        let layout = topic.layout
        keyReader = try RowDecoder.format(layout.keyFormat, formats).makeReader(
            layout.keyFields,
            wanted: Array(layout.keyFields.indices),
            properties: layout.keyProperties
        )
        valueReader = try RowDecoder.format(layout.valueFormat, formats).makeReader(
            layout.valueFields,
            wanted: layout.wanted,
            properties: layout.valueProperties
        )
        let source = topic.schema
        schema = Schema(
            key: Array(source.key),
            isWindowed: source.isWindowed,
            values: Array(source.values) + [Schema.Field("", .integer), Schema.Field("", .bigint)]
        )
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

    /// A row for each message, the bad ones too; ``Batch/deleted`` where the value is null.
    func decode(_ run: MessageRun, bad: inout [BadPayload]) throws -> Batch {
        let (keys, bounds) = splitWindow(run.keys, bad: &bad)
        var columns = try keyReader.read(keys, bad: &bad)
        columns += bounds
        columns += try valueReader.read(run.values, bad: &bad)
        columns += [Column.constant(.integer, .integer(run.partition), count: run.count), run.offsets]
        return Batch(
            schema: schema,
            count: run.count,
            columns: columns,
            timestamps: run.timestamps,
            deleted: nullRows(run.values)
        )
    }

    private func nullRows(_ values: Column) -> Buffer? {
        guard values.nullCount > 0 else { return nil }
        let flags = Buffer(capacity: values.count)
        let out = flags.base.assumingMemoryBound(to: UInt8.self)
        for row in 0..<values.count { out[row] = values.isNull(row) ? 1 : 0 }
        return flags
    }

    /// The keys without their windows, and the windows' bounds.
    private func splitWindow(_ keys: Column, bad: inout [BadPayload]) -> (Column, [Column]) {
        guard let window = topic.layout.window else { return (keys, []) }
        let bare = ColumnBuilder(.bytes, capacity: keys.count)
        let starts = ColumnBuilder(.bigint, capacity: keys.count)
        let ends = ColumnBuilder(.bigint, capacity: keys.count)
        for row in 0..<keys.count {
            let bytes = keys.bytes(row)
            guard !keys.isNull(row), bytes.count >= window.byteCount else {
                if !keys.isNull(row) {
                    let reason = "the key has \(bytes.count) bytes, a windowed key has \(window.byteCount) or more"
                    bad.append(BadPayload(row: row, field: nil, value: nil, reason: reason))
                }
                bare.appendNull()
                starts.append(Int64(0))
                ends.append(Int64(0))
                continue
            }
            let (start, end) = window.bounds(bytes)
            bare.append(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - window.byteCount)]))
            starts.append(start)
            ends.append(end)
        }
        return (bare.finish(), [starts.finish(), ends.finish()])
    }
}
