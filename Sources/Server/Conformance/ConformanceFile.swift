import Foundation

/// Reads ksqlDB's query validation files and expands their cases by format and configuration.
enum ConformanceFile {
    /// Every enabled case of a file.
    static func cases(of data: Data, path: String) throws -> [ConformanceCase] {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        guard let json = JSONValue(data) else { throw TestFileError(file: path, reason: "this is not JSON") }
        guard let nodes = json["tests"]?.elements else {
            throw TestFileError(file: path, reason: "there are no \"tests\"")
        }
        return try nodes.filter { $0["enabled"] != .bool(false) }.flatMap { try expand($0, file: file) }
    }

    private static func expand(_ node: JSONValue, file: String) throws -> [ConformanceCase] {
        let formats: [String?] = node["format"]?.elements?.map(\.text) ?? [nil]
        let configs: [String?] = node["config"]?.elements?.map(\.text) ?? [nil]
        return try formats.flatMap { format in
            try configs.map { config in try make(node, file: file, format: format, config: config) }
        }
    }

    private static func make(
        _ node: JSONValue,
        file: String,
        format: String?,
        config: String?
    ) throws -> ConformanceCase {
        guard let name = node["name"]?.text, let statements = node["statements"]?.elements?.compactMap(\.text) else {
            throw TestFileError(file: file, reason: "a case has no name or no statements")
        }
        func inserted(_ text: String) -> String { format.map { text.replacing("{FORMAT}", with: $0) } ?? text }
        var properties: [String: String] = [:]
        var configProperty: String?
        if case .object(let members) = node["properties"] {
            for member in members {
                let text = member.value.text ?? member.value.compactText
                if text == "{CONFIG}", let config {
                    properties[member.name] = config
                    configProperty = member.name
                } else {
                    properties[member.name] = text
                }
            }
        }
        return ConformanceCase(
            file: file,
            name: name,
            format: format,
            config: config,
            configProperty: configProperty,
            statements: statements.map(inserted),
            properties: properties,
            topics: try (node["topics"]?.elements ?? []).map { try topic($0, file, inserted) },
            inputs: try (node["inputs"]?.elements ?? []).map { try record($0, file) },
            outputs: try (node["outputs"]?.elements ?? []).map { try record($0, file) },
            isNegative: node["expectedException"] != nil,
            post: node["post"]
        )
    }

    private static func topic(
        _ node: JSONValue,
        _ file: String,
        _ inserted: (String) -> String
    ) throws -> ConformanceCase.Topic {
        guard let name = node["name"]?.text else { throw TestFileError(file: file, reason: "a topic has no name") }
        let schemas = ["keySchema", "valueSchema", "keySchemaId", "valueSchemaId"]
        return ConformanceCase.Topic(
            name: inserted(name),
            partitions: node["partitions"]?.integer.map(Int.init) ?? 1,
            needsRegistry: schemas.contains { node[$0] != nil && node[$0] != .null }
        )
    }

    private static func record(_ node: JSONValue, _ file: String) throws -> ConformanceCase.Record {
        guard let topic = node["topic"]?.text else { throw TestFileError(file: file, reason: "a record has no topic") }
        var window: ConformanceCase.Window?
        if let bounds = node["window"], let start = bounds["start"]?.integer, let end = bounds["end"]?.integer {
            let isSession = bounds["type"]?.text?.lowercased() == "session"
            window = ConformanceCase.Window(start: start, end: end, isSession: isSession)
        }
        return ConformanceCase.Record(
            topic: topic,
            key: node["key"] ?? .null,
            value: node["value"] ?? .null,
            timestamp: node["timestamp"]?.integer,
            window: window,
            headers: (node["headers"]?.elements ?? []).map { header in
                TestRecord.Header(
                    key: header["KEY"]?.text ?? "",
                    value: header["VALUE"]?.text.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
                )
            }
        )
    }
}

extension JSONValue {
    /// A number without fraction.
    var integer: Int64? {
        guard case .number(let digits) = self else { return nil }
        return Int64(digits)
    }
}
