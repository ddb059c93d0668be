import Runtime
import Values

/// JSON objects, one member a column; or any JSON value for a single unwrapped column.
///
/// Members are found by the exact name first, otherwise by a name that equals the column's in upper case (ASCII letters);
/// of equal names the last one counts, unknown ones are ignored, missing ones and `null` are NULL.
struct JSONFormat: Format {
    var name: String { "JSON" }

    func check(_ fields: [Schema.Field], isKey: Bool, properties: FormatProperties) throws {
        for field in fields where field.type.hasMapKeyOtherThanString {
            throw FormatError(
                "the keys of a MAP are names of a JSON object and so must be STRING, "
                    + "but \(quotedIdentifier(field.name)) is \(field.type)",
                hint: "declare the MAP with STRING keys, or CAST the keys"
            )
        }
    }

    func makeReader(
        _ fields: [Schema.Field],
        wanted: [Int],
        properties: FormatProperties
    ) throws -> any FormatReader {
        let isWrapped = properties.wrapsSingle || fields.count != 1
        return try JSONReader(wanted.map { fields[$0] }, isWrapped: isWrapped)
    }

    func makeWriter(_ fields: [Schema.Field], properties: FormatProperties) throws -> any FormatWriter {
        JSONWriter(fields, isWrapped: properties.wrapsSingle || fields.count != 1)
    }
}

extension SQLType {
    /// True when there is a MAP anywhere in the type whose keys are not STRING.
    var hasMapKeyOtherThanString: Bool {
        if case .map(let key, _) = self, key != .string { return true }
        return childTypes.contains { $0.hasMapKeyOtherThanString }
    }
}
