import Parser
import Runtime
import Values

/// The formats of a source's records, checked against its columns.
public struct SourceFormats {
    var keyFormat: String
    var keyProperties: FormatProperties
    var valueFormat: String
    var valueProperties: FormatProperties

    /// Formats that cannot put a single column into a record of its own.
    private static let neverWrap: Set<String> = ["KAFKA", "DELIMITED", "NONE"]
    /// Formats that cannot leave a single column bare.
    private static let alwaysWrap: Set<String> = ["PROTOBUF", "PROTOBUF_NOSR"]

    /// Formats of the dialect that the engine does not read yet.
    public static let unread: Set<String> = ["AVRO", "JSON_SR", "PROTOBUF", "PROTOBUF_NOSR"]

    /// - Parameters:
    ///   - keyFormat, valueFormat: where the properties say nothing.
    ///   - inherited: delimiters and wrapping where the properties say nothing.
    init(
        _ properties: SourceProperties,
        keyFormat: String,
        valueFormat: String,
        inherited: (key: FormatProperties, value: FormatProperties)? = nil,
        valueCount: Int,
        wrapsByDefault: Bool
    ) throws(PlanError) {
        self.keyFormat = properties.keyFormat ?? keyFormat
        self.valueFormat = properties.valueFormat ?? valueFormat
        let comma = UInt8(ascii: ",")
        let sameKey = properties.keyFormat == nil ? inherited?.key.delimiter : nil
        let sameValue = properties.valueFormat == nil ? inherited?.value.delimiter : nil
        keyProperties = FormatProperties(
            wrapsSingle: SourceFormats.alwaysWrap.contains(self.keyFormat),
            delimiter: properties.keyDelimiter ?? sameKey ?? comma
        )
        valueProperties = FormatProperties(
            wrapsSingle: !SourceFormats.neverWrap.contains(self.valueFormat),
            delimiter: properties.valueDelimiter ?? sameValue ?? comma
        )
        try checkDelimiters(properties)
        try setWrapping(properties, valueCount: valueCount, wrapsByDefault: wrapsByDefault)
    }

    private func checkDelimiters(_ properties: SourceProperties) throws(PlanError) {
        let given = [
            ("KEY_DELIMITER", properties.keyDelimiter, keyFormat),
            ("VALUE_DELIMITER", properties.valueDelimiter, valueFormat),
        ]
        for (name, delimiter, format) in given where delimiter != nil && format != "DELIMITED" {
            throw PlanError(
                SQLState.invalidProperty,
                "\(name) is only for format DELIMITED, not \(format)",
                at: properties.reader.position(name),
                hint: "leave \(name) out, or set \(name.replacing("DELIMITER", with: "FORMAT")) = 'DELIMITED'"
            )
        }
    }

    private mutating func setWrapping(
        _ properties: SourceProperties,
        valueCount: Int,
        wrapsByDefault: Bool
    ) throws(PlanError) {
        let position = properties.reader.position("WRAP_SINGLE_VALUE")
        guard let wraps = properties.wrapsSingle else {
            let canChoose =
                !SourceFormats.neverWrap.contains(valueFormat) && !SourceFormats.alwaysWrap.contains(valueFormat)
            if canChoose { valueProperties.wrapsSingle = wrapsByDefault || valueCount != 1 }
            return
        }
        guard valueCount == 1 else {
            throw PlanError(
                SQLState.invalidProperty,
                "WRAP_SINGLE_VALUE is only for one value column, and there are \(valueCount)",
                at: position,
                hint: "leave WRAP_SINGLE_VALUE out"
            )
        }
        if wraps ? SourceFormats.neverWrap.contains(valueFormat) : SourceFormats.alwaysWrap.contains(valueFormat) {
            throw PlanError(
                SQLState.invalidProperty,
                "format \(valueFormat) \(wraps ? "never" : "always") wraps a single value, "
                    + "so WRAP_SINGLE_VALUE cannot be \(wraps)",
                at: position,
                hint: "leave WRAP_SINGLE_VALUE out\(wraps ? ", or use VALUE_FORMAT = 'JSON'" : "")"
            )
        }
        valueProperties.wrapsSingle = wraps
    }

    /// - Throws: when a format is not known or cannot hold its columns.
    func check(
        _ formats: FormatRegistry,
        key: [Schema.Field],
        values: [Schema.Field],
        _ properties: SourceProperties,
        at position: SourcePosition?
    ) throws(PlanError) {
        let place = { (name: String) in
            properties.reader.properties[name]?.valuePosition ?? properties.reader.properties["FORMAT"]?.valuePosition
        }
        try check(formats, keyFormat, key, true, keyProperties, at: place("KEY_FORMAT") ?? position)
        try check(formats, valueFormat, values, false, valueProperties, at: place("VALUE_FORMAT") ?? position)
    }

    private func check(
        _ formats: FormatRegistry,
        _ name: String,
        _ fields: [Schema.Field],
        _ isKey: Bool,
        _ properties: FormatProperties,
        at position: SourcePosition?
    ) throws(PlanError) {
        guard let format = formats[name] else {
            guard !SourceFormats.unread.contains(name) else {
                throw PlanError(
                    SQLState.notSupported,
                    "format \(name) is not supported",
                    at: position,
                    hint: "the formats are \(formats.names.joined(separator: ", "))"
                )
            }
            throw PlanError(
                SQLState.unknownObject,
                "there is no format \(name)",
                at: position,
                hint: didYouMean(name, among: formats.names)
                    ?? "the formats are \(formats.names.joined(separator: ", "))"
            )
        }
        guard !(isKey && fields.isEmpty) else { return }
        do {
            try format.check(fields, isKey: isKey, properties: properties)
        } catch {
            let reason = error as? FormatError
            throw PlanError(
                SQLState.invalidDefinition,
                "the \(isKey ? "key" : "value") format \(name) cannot hold the columns: \(reason?.message ?? "\(error)")",
                at: position,
                hint: reason?.hint
            )
        }
    }
}
