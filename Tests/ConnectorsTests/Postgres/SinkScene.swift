import Foundation
import Runtime
import Synchronization
import Testing
import Values

@testable import Connectors

/// A topic in memory, its source, and sinks that carry it into the test server.
final class SinkScene: Sendable {
    let server: TestPostgres
    let broker = MemoryBroker()
    /// Of the topic, and in lower case of the table.
    let name: String
    let source: ConnectorTopic
    let problems = Mutex<[RecordProblem]>([])
    private let partitions: Int

    /// - Parameters:
    ///   - key: the key columns: a single one is a bare JSON value, several a JSON object.
    init(
        _ stem: String,
        key: [(String, SQLType)] = [("ID", .bigint)],
        values: [(String, SQLType)] = [("NAME", .string), ("N", .integer)],
        window: WindowedKey? = nil,
        isTable: Bool = true,
        partitions: Int = 1
    ) throws {
        server = try #require(TestPostgres.shared)
        name = "\(stem)_\(UUID().uuidString.prefix(8))".uppercased().replacing("-", with: "_")
        self.partitions = partitions
        try broker.createTopic(name, TopicSettings(partitions: partitions))
        let keyFields = key.map { Schema.Field($0.0, $0.1) }
        let valueFields = values.map { Schema.Field($0.0, $0.1) }
        let layout = RecordLayout(
            keyFormat: key.isEmpty ? "NONE" : "JSON",
            keyProperties: FormatProperties(wrapsSingle: false),
            keyFields: keyFields,
            valueFormat: "JSON",
            valueFields: valueFields,
            wanted: Array(valueFields.indices),
            window: window
        )
        source = ConnectorTopic(
            topic: name,
            layout: layout,
            schema: Schema(key: keyFields, isWindowed: window != nil, values: valueFields),
            isTable: isTable
        )
    }

    var table: String { name.lowercased() }

    /// A sink for the topic.
    func sink(_ settings: [String: String] = [:], connector: String = "c", service: String = "s") throws -> PostgresSink
    {
        var all = ["connection.url": server.url, "topics": name, "auto.create": "true", "retry.backoff.ms": "100"]
        all.merge(settings) { _, given in given }
        return try PostgresSink(
            name: "\(connector)-\(name)",
            settings: all,
            topics: [source],
            broker: broker,
            serviceID: service
        ) { problem in self.problems.withLock { $0.append(problem) } }
    }

    /// Appends records of key and value text; nil is null.
    func append(_ letters: [(String?, String?)], to partition: Int32 = 0) throws {
        try broker.append([OutgoingRun(name, partition, letters.map { Letter(key: $0.0, value: $0.1) })])
    }

    /// Appends rows through the formats' writers; keys and values together.
    func append(rows: [[Value]]) throws {
        var bad: [BadPayload] = []
        func payloads(_ fields: [Schema.Field], _ format: String, _ properties: FormatProperties, _ start: Int) throws
            -> Column
        {
            let writer = try #require(FormatRegistry(Formats.all)[format]).makeWriter(fields, properties: properties)
            let columns = fields.indices.map { index in Column.of(fields[index].type, rows.map { $0[start + index] }) }
            return try writer.write(columns, count: rows.count, absent: nil, bad: &bad)
        }
        let layout = source.layout
        let run = OutgoingRun(
            topic: name,
            partition: 0,
            timestamps: Column.constant(.bigint, .bigint(0), count: rows.count),
            keys: try payloads(layout.keyFields, layout.keyFormat, layout.keyProperties, 0),
            values: try payloads(layout.valueFields, layout.valueFormat, layout.valueProperties, layout.keyFields.count)
        )
        try broker.append([run])
        #expect(bad.isEmpty)
    }

    /// Runs a sink until it has everything, and returns its last status.
    @discardableResult
    func carry(_ settings: [String: String] = [:], connector: String = "c") throws -> ConnectorStatus {
        let sink = try sink(settings, connector: connector)
        sink.start()
        let status = finished(sink)
        sink.stop()
        return status
    }

    /// Waits until the sink has read everything, failed, or waits for more than a moment.
    func finished(_ sink: PostgresSink, seconds: Double = 60) -> ConnectorStatus {
        wait(for: sink, seconds) { status in
            status.state == .failed || status.state == .waiting
                || (status.state == .running && status.committed >= self.end)
        }
    }

    /// Waits until the status is as wanted.
    func wait(for sink: PostgresSink, _ seconds: Double = 10, _ wanted: (ConnectorStatus) -> Bool) -> ConnectorStatus {
        let deadline = Date().addingTimeInterval(seconds)
        while true {
            let status = sink.status
            if wanted(status) || Date() > deadline { return status }
            usleep(5000)
        }
    }

    /// Messages in the topic.
    var end: Int64 {
        (0..<Int32(partitions)).reduce(0) { total, partition in
            total + ((try? broker.offsets(of: TopicPartition(name, partition)).upperBound) ?? 0)
        }
    }

    /// The table's rows in the order of its first columns.
    func rows(_ columns: String = "*") throws -> [[String?]] {
        try server.query("SELECT \(columns) FROM \(table) ORDER BY 1, 2")
    }
}

extension ConnectorStatus {
    /// The sum of the committed offsets.
    var committed: Int64 {
        details.filter { $0.name.hasPrefix("committed ") }.reduce(0) { $0 + (Int64($1.value) ?? 0) }
    }
}
