import Runtime
import Values

/// One line of separated values, quoted where they need it; no nested types.
struct DelimitedFormat: Format {
    var name: String { "DELIMITED" }

    func check(_ fields: [Schema.Field], isKey: Bool, properties: FormatProperties) throws {
        for field in fields {
            switch field.type {
            case .array, .map, .structure:
                throw unsupported(field, hint: "\(isKey ? "KEY_FORMAT" : "VALUE_FORMAT") = 'JSON' holds nested types")
            default: continue
            }
        }
    }

    func makeReader(
        _ fields: [Schema.Field],
        wanted: [Int],
        properties: FormatProperties
    ) throws -> any FormatReader {
        DelimitedReader(fields, wanted: wanted, delimiter: properties.delimiter)
    }

    func makeWriter(_ fields: [Schema.Field], properties: FormatProperties) throws -> any FormatWriter {
        DelimitedWriter(fields, delimiter: properties.delimiter)
    }
}
