import Connectors
import Runtime
import Values

/// Payloads of a format: each is a row or a complaint, alone or among others, and what was a row is the same when it is
/// written and read again.
struct FormatTarget {
    private let name: String
    private let format: any Format
    /// The columns, by the choice that the first byte makes.
    private let schemas: [[Schema.Field]]
    /// Stands between payloads.
    private let separator: UInt8

    private init(format name: String, schemas: [[Schema.Field]], separator: UInt8 = 0) {
        guard let format = FormatRegistry(Formats.all)[name] else { preconditionFailure("there is the format") }
        self.name = name
        self.format = format
        self.schemas = schemas
        self.separator = separator
    }

    private static let scalars: [SQLType] = [
        .boolean, .integer, .bigint, .double, .decimal(precision: 12, scale: 3), .string, .bytes, .time, .date,
        .timestamp,
    ]
    private static let nested: [SQLType] = [
        .array(.integer), .map(key: .string, value: .double), .array(.array(.string)),
        .structure([StructField("A", .string), StructField("B", .array(.structure([StructField("C", .bigint)])))]),
    ]

    static let json = FormatTarget(
        format: "JSON",
        schemas: [columns(scalars + nested)] + (scalars + nested).map { columns([$0]) }
    )
    static let delimited = FormatTarget(
        format: "DELIMITED",
        schemas: [columns(scalars), columns([.string, .string])] + scalars.map { columns([$0]) }
    )
    static let kafka = FormatTarget(
        format: "KAFKA",
        schemas: [SQLType.integer, .bigint, .double, .string, .bytes].map { columns([$0]) },
        separator: 0xFD
    )

    private static func columns(_ types: [SQLType]) -> [Schema.Field] {
        types.enumerated().map { Schema.Field("C\($0)", $1) }
    }

    /// The first byte chooses columns and properties; the rest are payloads with separators between them.
    func run(_ bytes: UnsafeRawBufferPointer) {
        guard let choice = bytes.first else { return }
        let fields = schemas[Int(choice >> 2) % schemas.count]
        let properties = FormatProperties(
            wrapsSingle: choice & 1 == 0,
            delimiter: UInt8(ascii: choice & 2 == 0 ? "," : "\t")
        )
        let payloads = bytes.dropFirst().split(separator: separator, omittingEmptySubsequences: false).map { part in
            part.isEmpty ? Value.null : .bytes([UInt8](part))
        }
        let column = Column.of(.bytes, payloads)
        let together = read(column, made(fields, properties))
        let reader = made(fields, properties)
        for row in 0..<column.count {
            let alone = read(Column.of(.bytes, [payloads[row]]), reader)
            precondition(together.bad.contains(row) == alone.bad.contains(0), "a row is bad alone and among others")
            guard alone.bad.isEmpty else { continue }
            for (one, all) in zip(alone.columns, together.columns) {
                precondition(shown(one, 0) == shown(all, row), "a row is the same alone and among others")
            }
        }
        roundTrip(together.columns, good: (0..<column.count).filter { !together.bad.contains($0) }, fields, properties)
    }

    private func roundTrip(
        _ columns: [Column],
        good: [Int],
        _ fields: [Schema.Field],
        _ properties: FormatProperties
    ) {
        let rows = good.map { Int32(truncatingIfNeeded: $0) }
        let values = rows.withUnsafeBufferPointer { rows in
            columns.map { column in
                rows.baseAddress.map { column.gather($0, count: rows.count) } ?? Column.of(column.type, [])
            }
        }
        guard let writer = try? format.makeWriter(fields, properties: properties) else { return }
        var bad: [BadPayload] = []
        guard let written = try? writer.write(values, count: rows.count, absent: nil, bad: &bad) else {
            preconditionFailure("a writer writes")
        }
        let again = read(written, made(fields, properties))
        for row in 0..<rows.count where !written.isNull(row) && !bad.contains(where: { $0.row == row }) {
            precondition(!again.bad.contains(row), "what was written can be read")
            for (before, after) in zip(values, again.columns) {
                precondition(
                    shown(before, row) == shown(after, row) || isBlank(before, row),
                    "what was written is what it was: \(shown(before, row)), \(shown(after, row))"
                )
            }
        }
    }

    /// An empty text is NULL where the format has no other way to write it.
    private func isBlank(_ column: Column, _ row: Int) -> Bool {
        name == "DELIMITED" && (column.type == .string || column.type == .bytes) && column.bytes(row).isEmpty
    }

    private func made(_ fields: [Schema.Field], _ properties: FormatProperties) -> any FormatReader {
        do {
            return try format.makeReader(fields, wanted: Array(fields.indices), properties: properties)
        } catch {
            preconditionFailure("there is a reader: \(error)")
        }
    }

    private func read(_ payloads: Column, _ reader: any FormatReader) -> (columns: [Column], bad: Set<Int>) {
        var bad: [BadPayload] = []
        do {
            let columns = try reader.read(payloads, bad: &bad)
            precondition(columns.allSatisfy { $0.count == payloads.count }, "a row for every payload")
            return (columns, Set(bad.map(\.row)))
        } catch {
            preconditionFailure("a reader reads: \(error)")
        }
    }

    /// A value as text, so that NaN is what it is.
    private func shown(_ column: Column, _ row: Int) -> String { "\(column.value(at: row))" }
}
