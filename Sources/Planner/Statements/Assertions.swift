import Parser
import Runtime
import Values

/// What `ASSERT VALUES` or `ASSERT NULL VALUES` says about the next record of a source.
public struct ExpectedRecord: Sendable {
    public let source: SourceDescription
    /// Values of columns of ``SourceDescription/schema``, by number.
    public let values: [(column: Int, value: Value)]
    /// ROWTIME in milliseconds, if the statement gives it.
    public let rowTime: Int64?
    /// Whether the record has no value.
    public let isTombstone: Bool
}

extension Planner {
    /// The record that an assertion expects.
    public func expectedRecord(
        _ assertion: AssertValues,
        sql: String,
        properties: [String: String]
    ) throws(PlanError) -> ExpectedRecord {
        guard let source = catalog.source(assertion.source.text) else { throw catalog.unknownSource(assertion.source) }
        let schema = source.schema
        let columns = try assertedColumns(assertion, schema)
        let planning = try planning(sql: sql, properties: properties, queryNumber: 0)
        var values: [(column: Int, value: Value)] = []
        var rowTime: Int64?
        for (column, syntax) in zip(columns, assertion.values) {
            guard let column else {
                let value = try planning.value(syntax, for: Schema.Field("ROWTIME", .bigint), of: source)
                if case .bigint(let time) = value { rowTime = time }
                continue
            }
            values.append((column, try planning.value(syntax, for: schema.fields[column], of: source)))
        }
        return ExpectedRecord(source: source, values: values, rowTime: rowTime, isTombstone: assertion.isTombstone)
    }

    /// The columns that an assertion names, nil being ROWTIME.
    private func assertedColumns(_ assertion: AssertValues, _ schema: Schema) throws(PlanError) -> [Int?] {
        var columns: [Int?] = assertion.isTombstone ? Array(schema.key.indices) : Array(schema.fields.indices)
        if !assertion.columns.isEmpty {
            columns = []
            for name in assertion.columns {
                if name.text == "ROWTIME" {
                    columns.append(nil)
                } else if let index = schema.index(of: name.text) {
                    columns.append(index)
                } else {
                    throw PlanError(
                        SQLState.unknownColumn,
                        "there is no column named \(quotedIdentifier(name.text)) in \(assertion.source.text)",
                        at: name.position,
                        hint: didYouMean(name.text, among: schema.fields.map(\.name))
                            ?? "the columns are \(schema.fields.map { quotedIdentifier($0.name) }.joined(separator: ", "))"
                    )
                }
            }
        }
        guard columns.count == assertion.values.count else {
            throw PlanError(
                SQLState.syntax,
                "there are \(counted(assertion.values.count, "value")) for \(counted(columns.count, "column"))",
                at: assertion.values.first?.position,
                hint:
                    "name the columns that have values: ASSERT VALUES \(quotedIdentifier(assertion.source.text)) (…) VALUES …"
            )
        }
        return columns
    }

    /// What is not as `ASSERT STREAM` or `ASSERT TABLE` says; nil when all is.
    ///
    /// Columns, topic and formats are compared where the statement writes them, everything else always.
    public func difference(_ assertion: AssertSource) throws(PlanError) -> String? {
        guard let source = catalog.source(assertion.name.text) else { throw catalog.unknownSource(assertion.name) }
        guard source.kind == assertion.source else {
            return "\(source.name) is a \(source.kind.rawValue), expected a \(assertion.source.rawValue)"
        }
        if !assertion.columns.isEmpty {
            var wanted: [String] = []
            for definition in assertion.columns {
                let isKey = definition.role == .key || definition.role == .primaryKey
                let column = Planner.spelled(definition.name.text, try catalog.resolve(definition.type), isKey)
                wanted.append(column + definition.role.spelled)
            }
            var found = source.keyFields.map { Planner.spelled($0.name, $0.type, true) }
            found += source.valueFields.map { Planner.spelled($0.name, $0.type, false) }
            found += source.headers.map { Planner.spelled($0.name, $0.kind.type, false) + $0.kind.spelled }
            guard wanted == found else {
                return "the columns are \(found.joined(separator: ", ")), expected \(wanted.joined(separator: ", "))"
            }
        }
        let properties = try SourceProperties(assertion.properties, for: .create(assertion.source))
        return properties.differences(from: source, wrapsByDefault: settings.wrapsSingleValue).first
    }

    private static func spelled(_ name: String, _ type: SQLType, _ isKey: Bool) -> String {
        "\(quotedIdentifier(name)) \(type)\(isKey ? " KEY" : "")"
    }
}

extension HeaderColumn.Kind {
    fileprivate var spelled: String {
        switch self {
        case .all: " HEADERS"
        case .named(let name): " HEADER('\(name)')"
        }
    }
}

extension ColumnDefinition.Role {
    fileprivate var spelled: String {
        switch self {
        case .headers: " HEADERS"
        case .header(let name): " HEADER('\(name)')"
        default: ""
        }
    }
}

extension SourceProperties {
    /// What a source has otherwise than the properties say.
    ///
    /// The topic and the formats may be left out; everything else is then as it is without the property.
    fileprivate func differences(from source: SourceDescription, wrapsByDefault: Bool) -> [String] {
        func compare<T: Equatable>(_ name: String, _ wanted: T?, _ found: T?) -> String? {
            guard wanted != found else { return nil }
            let texts = [found, wanted].map { value in value.map { "\($0)" } ?? "not set" }
            return "\(name) is \(texts[0]), expected \(texts[1])"
        }
        func character(_ byte: UInt8) -> String { "'\(Character(UnicodeScalar(byte)))'" }
        let comma = UInt8(ascii: ",")
        let canWrap = source.valueFields.count == 1 && source.valueFormat == "JSON"
        return [
            compare("KAFKA_TOPIC", topic ?? source.topic, source.topic),
            compare("KEY_FORMAT", keyFormat ?? source.keyFormat, source.keyFormat),
            compare("VALUE_FORMAT", valueFormat ?? source.valueFormat, source.valueFormat),
            compare("KEY_DELIMITER", character(keyDelimiter ?? comma), character(source.keyProperties.delimiter)),
            compare("VALUE_DELIMITER", character(valueDelimiter ?? comma), character(source.valueProperties.delimiter)),
            canWrap
                ? compare("WRAP_SINGLE_VALUE", wrapsSingle ?? wrapsByDefault, source.valueProperties.wrapsSingle) : nil,
            compare("TIMESTAMP", timestamp?.name, source.timestamp?.name),
            compare("TIMESTAMP_FORMAT", timestamp?.pattern, source.timestamp?.pattern),
            compare("WINDOW_TYPE", window?.typeName, source.window?.typeName),
            compare("WINDOW_SIZE", window?.sizeText, source.window?.sizeText),
        ].compactMap { $0 }
    }
}

extension KeyWindow {
    /// The size with its unit; nil for sessions.
    fileprivate var sizeText: String? {
        switch self {
        case .tumbling(let size), .hopping(let size): "\(size) MILLISECONDS"
        case .session: nil
        }
    }
}
