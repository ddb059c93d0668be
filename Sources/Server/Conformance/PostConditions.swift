import Parser
import Planner
import Runtime
import Values

/// Checks what a case says about the sources and topics that are there at its end.
struct PostConditions {
    let catalog: Catalog
    /// Whether a setting of the case says that single columns are wrapped.
    let wrapsSingles: Bool
    /// Topics by name, internal ones included.
    let topics: [String: TopicSettings]

    private var sources: [String: SourceDescription] { catalog.sources }

    /// What the service's internal topics are called in ksqlDB.
    private static let internalPrefix = "_confluent-ksql-"

    /// The first condition that does not hold.
    func difference(_ post: JSONValue) -> CaseDifference? {
        for wanted in post["sources"]?.elements ?? [] {
            if let problem = source(wanted) { return .differs(problem) }
        }
        if let pattern = post["topics"]?["blacklist"]?.text, let problem = unwanted(pattern) {
            return .differs(problem)
        }
        var named: String?
        for wanted in post["topics"]?["topics"]?.elements ?? [] {
            guard let name = wanted["name"]?.text else { continue }
            if name.hasPrefix(PostConditions.internalPrefix) {
                named = name
            } else if let problem = topic(name, wanted) {
                return .differs(problem)
            }
        }
        // Weir's topics between tasks have names and contents of their own.
        return named.map { .deviates(.internalTopics, "there is no topic \($0)") }
    }

    // MARK: Sources

    private func source(_ wanted: JSONValue) -> String? {
        guard let name = wanted["name"]?.text, let source = sources[name] else {
            return "there is no source \(wanted["name"]?.text ?? "?")"
        }
        if let kind = wanted["type"]?.text?.uppercased(), kind != source.kind.rawValue.uppercased() {
            return "\(name) is a \(source.kind.rawValue), expected \(kind)"
        }
        if case .bool(let flag) = wanted["isSource"], flag != source.isReadOnly { return "\(name): isSource differs" }
        if let text = wanted["schema"]?.text, let problem = schema(text, source) { return "\(name): \(problem)" }
        if let format = wanted["keyFormat"], let problem = keyFormat(format, source) { return "\(name): \(problem)" }
        if let format = wanted["valueFormat"]?.text ?? wanted["valueFormat"]?["format"]?.text,
            format != source.valueFormat
        {
            return "\(name): value format \(source.valueFormat), expected \(format)"
        }
        if let features = wanted["valueFeatures"]?.elements?.compactMap(\.text) {
            let found = wrapping(
                source.valueFields,
                source.valueProperties,
                source.valueFormat,
                isExplicit: wrapsSingles || source.sql.uppercased().contains("WRAP_SINGLE_VALUE")
            )
            if found != features { return "\(name): value features \(found), expected \(features)" }
        }
        if let features = wanted["keyFeatures"]?.elements?.compactMap(\.text) {
            let found = wrapping(source.keyFields, source.keyProperties, source.keyFormat)
            if found != features { return "\(name): key features \(found), expected \(features)" }
        }
        return nil
    }

    private func schema(_ text: String, _ source: SourceDescription) -> String? {
        guard let columns = try? SQLParser.parseColumns(text) else { return "schema \"\(text)\" cannot be read" }
        let window = ["WINDOWSTART", "WINDOWEND"]
        var found = source.keyFields.map { ($0.name, $0.type, true) }
        found += source.valueFields.map { ($0.name, $0.type, false) }
        found += source.headers.map { ($0.name, $0.kind.type, false) }
        let wanted = columns.filter { !window.contains($0.name.text) }
        let spelled = found.map { "\(quotedIdentifier($0.0)) \($0.1)\($0.2 ? " KEY" : "")" }.joined(separator: ", ")
        guard wanted.count == found.count else { return "columns \(spelled), expected \(text)" }
        for (column, (name, type, isKey)) in zip(wanted, found) {
            let isWantedKey = column.role == .key || column.role == .primaryKey
            let isSameType = (try? catalog.resolve(column.type)).map { $0 == type } ?? false
            guard column.name.text == name, isSameType, isWantedKey == isKey else {
                return "columns \(spelled), expected \(text)"
            }
        }
        return nil
    }

    private func keyFormat(_ wanted: JSONValue, _ source: SourceDescription) -> String? {
        if let format = wanted["format"]?.text ?? wanted.text, format != source.keyFormat {
            return "key format \(source.keyFormat), expected \(format)"
        }
        guard let window = wanted["windowType"]?.text else { return nil }
        guard let found = source.window, found.typeName == window.uppercased() else {
            return "window \(source.window.map(\.typeName) ?? "none"), expected \(window)"
        }
        guard let size = wanted["windowSize"]?.integer else { return nil }
        return found.runtimeKey == .time(sizeMilliseconds: size) ? nil : "window size differs, expected \(size)"
    }

    /// - Parameter isExplicit: whether the statement or a setting says that a single column is wrapped.
    private func wrapping(
        _ fields: [Schema.Field],
        _ properties: FormatProperties,
        _ format: String,
        isExplicit: Bool = false
    ) -> [String] {
        guard fields.count == 1, format == "JSON" else { return [] }
        guard properties.wrapsSingle else { return ["UNWRAP_SINGLES"] }
        return isExplicit ? ["WRAP_SINGLES"] : []
    }

    // MARK: Topics

    private func unwanted(_ pattern: String) -> String? {
        guard let expression = try? Regex(pattern) else { return "pattern \(pattern) cannot be read" }
        // A topic between tasks is Weir's repartition topic, whatever number it carries.
        let names = topics.keys.map { name in name.contains("-repartition-") ? "\(name)-repartition" : name }
        return names.sorted().first { $0.contains(expression) }.map { "there is a topic \($0)" }
    }

    private func topic(_ name: String, _ wanted: JSONValue) -> String? {
        guard let settings = topics[name] else { return "there is no topic \(name)" }
        if let partitions = wanted["partitions"]?.integer, partitions != settings.partitions {
            return "topic \(name) has \(settings.partitions) partitions, expected \(partitions)"
        }
        guard let source = sources.values.first(where: { $0.topic == name }) else {
            return "nothing is known of the formats of topic \(name)"
        }
        let key = (source.keyFields, source.keyProperties, source.keyFormat)
        let value = (source.valueFields, source.valueProperties, source.valueFormat)
        for (part, wanted, found) in [("key", wanted["keyFormat"], key), ("value", wanted["valueFormat"], value)] {
            if let problem = format(wanted, found.0, found.1, found.2) { return "topic \(name): \(part) \(problem)" }
        }
        for schema in ["keySchema", "valueSchema", "keySchemaId", "valueSchemaId"] {
            if let wanted = wanted[schema], wanted != .null { return "topic \(name) has no \(schema)" }
        }
        return nil
    }

    private func format(
        _ wanted: JSONValue?,
        _ fields: [Schema.Field],
        _ properties: FormatProperties,
        _ name: String
    ) -> String? {
        guard let wanted else { return nil }
        if let format = wanted["format"]?.text, format != name { return "format \(name), expected \(format)" }
        if let features = wanted["features"]?.elements?.compactMap(\.text) {
            let found = wrapping(fields, properties, name, isExplicit: wrapsSingles)
            if found != features { return "features \(found), expected \(features)" }
        }
        if let delimiter = wanted["properties"]?["delimiter"]?.text {
            let found = String(UnicodeScalar(properties.delimiter))
            if found != delimiter { return "delimiter \(found), expected \(delimiter)" }
        }
        return nil
    }
}
