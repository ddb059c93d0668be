import Runtime
import Values

/// No payload at all: only for keys of sources without key columns.
struct NoneFormat: Format {
    var name: String { "NONE" }

    func check(_ fields: [Schema.Field], isKey: Bool, properties: FormatProperties) throws {
        guard fields.isEmpty else {
            throw FormatError(
                "NONE holds no columns, and there \(fields.count == 1 ? "is" : "are") \(listed(fields))",
                hint: "use \(isKey ? "KEY_FORMAT" : "VALUE_FORMAT") = 'JSON'"
            )
        }
    }

    func makeReader(
        _ fields: [Schema.Field],
        wanted: [Int],
        properties: FormatProperties
    ) throws -> any FormatReader {
        NoneReader(wanted.map { fields[$0].type })
    }

    func makeWriter(_ fields: [Schema.Field], properties: FormatProperties) throws -> any FormatWriter {
        NoneWriter()
    }
}

/// Reads nothing.
private final class NoneReader: FormatReader {
    private let types: [SQLType]

    init(_ types: [SQLType]) { self.types = types }

    func read(_ payloads: Column, bad: inout [BadPayload]) -> [Column] {
        types.map { Column.constant($0, .null, count: payloads.count) }
    }
}

/// Writes nothing.
private final class NoneWriter: FormatWriter {
    func write(_ columns: [Column], count: Int, absent: Buffer?, bad: inout [BadPayload]) -> Column {
        Column.constant(.bytes, .null, count: count)
    }
}
