import Planner
import Runtime
import Values

/// Writes rows into a source's topic as its declaration says.
struct InsertTarget {
    let layout: RecordLayout
    private let topic: String
    private let partitions: Int
    private let keyWriter: (any FormatWriter)?
    private let valueWriter: (any FormatWriter)?

    /// - Throws: ``FormatError`` or ``TopicError`` when the topic cannot be written.
    init(topic: String, layout: RecordLayout, services: QueryServices) throws {
        self.topic = topic
        self.layout = layout
        guard let settings = try services.broker.describe(topic) else {
            throw TopicError(.notFound, "topic \(topic) does not exist")
        }
        partitions = settings.partitions
        keyWriter = try InsertTarget.writer(layout.keyFields, layout.keyFormat, layout.keyProperties, services)
        valueWriter = try InsertTarget.writer(layout.valueFields, layout.valueFormat, layout.valueProperties, services)
    }

    private static func writer(
        _ fields: [Schema.Field],
        _ name: String,
        _ properties: FormatProperties,
        _ services: QueryServices
    ) throws -> (any FormatWriter)? {
        guard !fields.isEmpty, name.uppercased() != "NONE" else { return nil }
        guard let format = services.formats[name] else { throw FormatError("unknown format \(name)") }
        return try format.makeWriter(fields, properties: properties)
    }

    /// The messages for rows whose columns are the layout's key fields, then its value fields.
    /// - Parameter bad: gets the rows that the formats cannot hold; they are not among the messages.
    func messages(
        _ columns: [Column],
        timestamps: Column,
        keyless: Int32,
        bad: inout [BadPayload]
    ) throws -> [OutgoingRun] {
        let count = timestamps.count
        let keys = try encoded(Array(columns[..<layout.keyFields.count]), count: count, bad: &bad)
        var values = Column.nulls(.bytes, count: count)
        if let valueWriter {
            let valueColumns = Array(columns[layout.keyFields.count...])
            values = try valueWriter.write(valueColumns, count: count, absent: nil, bad: &bad)
        }
        return runs(keys, values, timestamps, keyless: keyless, without: bad)
    }

    /// The messages that delete the rows of keys.
    func deletions(_ keyColumns: [Column], timestamps: Column, bad: inout [BadPayload]) throws -> [OutgoingRun] {
        let count = timestamps.count
        let keys = try encoded(keyColumns, count: count, bad: &bad)
        return runs(keys, Column.nulls(.bytes, count: count), timestamps, keyless: 0, without: bad)
    }

    private func encoded(_ keys: [Column], count: Int, bad: inout [BadPayload]) throws -> Column {
        let absent = keys.count == 1 ? keys[0].nullFlags : nil
        return try keyWriter?.write(keys, count: count, absent: absent, bad: &bad) ?? Column.nulls(.bytes, count: count)
    }

    private func runs(
        _ keys: Column,
        _ values: Column,
        _ timestamps: Column,
        keyless: Int32,
        without bad: [BadPayload]
    ) -> [OutgoingRun] {
        var (keys, values, times) = (keys, values, timestamps)
        if !bad.isEmpty {
            let count = timestamps.count
            let rows = Set(bad.map(\.row))
            let kept = (0..<Int32(count)).filter { !rows.contains(Int($0)) }
            guard !kept.isEmpty else { return [] }
            kept.withUnsafeBufferPointer { list in
                guard let base = list.baseAddress else { return }
                keys = keys.gather(base, count: list.count)
                values = values.gather(base, count: list.count)
                times = times.gather(base, count: list.count)
            }
        }
        let run = OutgoingRun(topic: topic, partition: 0, timestamps: times, keys: keys, values: values)
        return run.partitioned(into: partitions, keyless: keyless)
    }
}
