import Runtime
import Values

/// The single column as Kafka's own serialisers have it: big-endian numbers, UTF-8, raw bytes.
struct KafkaFormat: Format {
    var name: String { "KAFKA" }

    func check(_ fields: [Schema.Field], isKey: Bool, properties: FormatProperties) throws {
        for field in fields {
            switch field.type {
            case .integer, .bigint, .double, .string, .bytes: continue
            default:
                throw unsupported(
                    field,
                    hint:
                        "it holds INTEGER, BIGINT, DOUBLE, STRING and BYTES; \(isKey ? "KEY_FORMAT" : "VALUE_FORMAT") = 'JSON' "
                        + "holds every type"
                )
            }
        }
        guard fields.count <= 1 else {
            throw FormatError(
                "KAFKA holds one column, and there are \(fields.count): \(listed(fields))",
                hint: "\(isKey ? "KEY_FORMAT" : "VALUE_FORMAT") = 'JSON' or 'DELIMITED' holds several columns"
            )
        }
    }

    func makeReader(
        _ fields: [Schema.Field],
        wanted: [Int],
        properties: FormatProperties
    ) throws -> any FormatReader {
        KafkaReader(wanted.map { fields[$0] })
    }

    func makeWriter(_ fields: [Schema.Field], properties: FormatProperties) throws -> any FormatWriter {
        KafkaWriter(fields.first)
    }
}

/// Encodes one column.
final class KafkaWriter: FormatWriter {
    private let field: Schema.Field?

    /// - Parameter field: nil when there is no column, and so no payload.
    init(_ field: Schema.Field?) { self.field = field }

    func write(_ columns: [Column], count: Int, absent: Buffer?, bad: inout [BadPayload]) throws -> Column {
        guard field != nil, let column = columns.first else { return Column.constant(.bytes, .null, count: count) }
        let validity = Bitmap.and(column.validity, absentRows(absent, count), count: count)
        switch column.type.storage {
        case .fixed(4): return fixed(column, UInt32.self, validity)
        case .fixed: return fixed(column, UInt64.self, validity)
        default: return text(column, validity)
        }
    }

    /// Every row takes its room, so that offsets are a ramp; NULL rows do not, as a NULL slot is empty.
    private func fixed<T: FixedWidthInteger & BitwiseCopyable>(_ column: Column, _: T.Type, _ validity: Buffer?)
        -> Column
    {
        let count = column.count
        let width = MemoryLayout<T>.size
        let data = Buffer(capacity: count * width)
        let offsetBuffer = Buffer(capacity: (count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        let words = validity?.base.assumingMemoryBound(to: UInt64.self)
        let values = column.values(as: T.self)
        var used = 0
        offsets[0] = 0
        for row in 0..<count {
            if words.map({ Bitmap.get($0, row) }) ?? true {
                (data.base + used).storeBytes(of: values[row].bigEndian, as: T.self)
                used += width
            }
            offsets[row + 1] = Int32(truncatingIfNeeded: used)
        }
        return Column(type: .bytes, count: count, validity: validity, data: data, offsets: offsetBuffer)
    }

    private func text(_ column: Column, _ validity: Buffer?) -> Column {
        let shared = Column(
            type: .bytes,
            count: column.count,
            validity: validity,
            data: column.data,
            offsets: column.offsetBuffer
        )
        guard validity !== column.validity else { return shared }
        // Rows that became NULL here must be empty.
        let builder = ColumnBuilder(.bytes, capacity: column.count)
        builder.append(rowsOf: shared, 0..<column.count)
        return builder.finish()
    }
}
