import Runtime
import Values

/// A record of a topic as tests write and compare it.
struct TestRecord: Equatable {
    /// A record header.
    struct Header: Equatable {
        let key: String
        let value: [UInt8]?
    }

    var key: [UInt8]?
    /// Nil for a tombstone.
    var value: [UInt8]?
    /// Milliseconds since the epoch.
    var timestamp: Int64
    var headers: [Header] = []
}

extension TestRecord {
    /// The record as a run of messages for partition 0 of a topic.
    func run(to topic: String) -> OutgoingRun {
        OutgoingRun(
            topic: topic,
            partition: 0,
            timestamps: Column.of(.bigint, [.bigint(timestamp)]),
            keys: Column.of(.bytes, [key.map { .bytes($0) } ?? .null]),
            values: Column.of(.bytes, [value.map { .bytes($0) } ?? .null]),
            headers: headers.isEmpty ? nil : Column.of(headersType, [TestRecord.column(headers)])
        )
    }

    private static func column(_ headers: [Header]) -> Value {
        .array(headers.map { .structure([.string($0.key), $0.value.map { .bytes($0) } ?? .null]) })
    }

    /// The records of messages that were read.
    static func all(of run: MessageRun) -> [TestRecord] {
        let times = run.timestamps.values(as: Int64.self)
        return (0..<run.count).map { row in
            TestRecord(
                key: run.keys.isNull(row) ? nil : [UInt8](run.keys.bytes(row)),
                value: run.values.isNull(row) ? nil : [UInt8](run.values.bytes(row)),
                timestamp: times[row],
                headers: run.headers.map { headers($0.value(at: row)) } ?? []
            )
        }
    }

    /// The records that are to be appended.
    static func all(of run: OutgoingRun) -> [TestRecord] { all(of: run.committed(at: 0)) }

    private static func headers(_ value: Value) -> [Header] {
        guard case .array(let elements) = value else { return [] }
        return elements.compactMap { element in
            guard case .structure(let fields) = element, fields.count == 2, case .string(let key) = fields[0] else {
                return nil
            }
            guard case .bytes(let bytes) = fields[1] else { return Header(key: key, value: nil) }
            return Header(key: key, value: bytes)
        }
    }
}
