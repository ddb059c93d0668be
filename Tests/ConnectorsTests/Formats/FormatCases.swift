import Connectors
import Runtime
import Testing
import Values

/// Reads and writes a few payloads as text, for tables of cases.
struct FormatCase {
    let format: any Format
    let fields: [Schema.Field]
    var properties = FormatProperties()

    init(_ name: String, _ fields: [(String, SQLType)], wraps: Bool = true, delimiter: String = ",") throws {
        format = try #require(FormatRegistry(Formats.all)[name])
        self.fields = fields.map { Schema.Field($0.0, $0.1) }
        properties = FormatProperties(wrapsSingle: wraps, delimiter: delimiter.utf8.first ?? 44)
    }

    /// The rows and the reasons of refused payloads by row.
    func read(_ payloads: [[UInt8]?], wanted: [Int]? = nil) throws -> (rows: [[Value]], bad: [BadPayload]) {
        let column = Column.of(.bytes, payloads.map { $0.map(Value.bytes) ?? .null })
        let wanted = wanted ?? Array(fields.indices)
        let reader = try format.makeReader(fields, wanted: wanted, properties: properties)
        var bad: [BadPayload] = []
        let columns = try reader.read(column, bad: &bad)
        #expect(columns.map(\.type) == wanted.map { fields[$0].type })
        #expect(columns.allSatisfy { $0.count == payloads.count })
        return (payloads.indices.map { row in columns.map { $0.value(at: row) } }, bad)
    }

    func read(_ payloads: [String?], wanted: [Int]? = nil) throws -> (rows: [[Value]], bad: [BadPayload]) {
        try read(payloads.map { $0.map { [UInt8]($0.utf8) } }, wanted: wanted)
    }

    /// The payloads of the rows.
    func write(_ rows: [[Value]], absent: [Int] = []) throws -> (payloads: [[UInt8]?], bad: [BadPayload]) {
        let writer = try format.makeWriter(fields, properties: properties)
        let columns = fields.indices.map { index in Column.of(fields[index].type, rows.map { $0[index] }) }
        var flags: Buffer?
        if !absent.isEmpty {
            let buffer = Buffer.zeroed(capacity: rows.count)
            for row in absent { buffer.base.storeBytes(of: 1, toByteOffset: row, as: UInt8.self) }
            flags = buffer
        }
        var bad: [BadPayload] = []
        let column = try writer.write(columns, count: rows.count, absent: flags, bad: &bad)
        #expect(column.count == rows.count)
        return (rows.indices.map { column.isNull($0) ? nil : [UInt8](column.bytes($0)) }, bad)
    }

    /// The payload of one row as text.
    func text(_ row: [Value]) throws -> String? {
        try write([row]).payloads[0].map { String(decoding: $0, as: UTF8.self) }
    }
}
