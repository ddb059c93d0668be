import Foundation
import Planner
import Runtime
import Values

/// Compares what a query wrote with what a case expects, by the rules of ksqlDB's runner.
struct RecordComparison {
    let source: SourceDescription?
    /// False: numbers with a fraction may differ by a millionth.
    let isExact: Bool

    /// The first difference; nil when the record is as expected.
    func difference(_ actual: TestRecord, _ expected: ConformanceCase.Record, hasInputs: Bool) -> String? {
        var key = actual.key
        if let window = expected.window {
            guard let found = windowed(actual.key, isSession: window.isSession) else { return "the key has no window" }
            guard found.window == window else {
                return "window \(found.window.start)..\(found.window.end), expected \(window.start)..\(window.end)"
            }
            key = found.key
        } else if source?.window != nil, key != nil {
            return "the key has a window"
        }
        if let problem = compare(key, expected.key, source?.keyFormat ?? "KAFKA", source?.keyFields ?? []) {
            return "key: \(problem)"
        }
        if let problem = compare(actual.value, expected.value, source?.valueFormat ?? "JSON", source?.valueFields ?? [])
        {
            return "value: \(problem)"
        }
        if let timestamp = expected.timestamp, timestamp != actual.timestamp, hasInputs || timestamp != 0 {
            return "timestamp \(actual.timestamp), expected \(timestamp)"
        }
        if actual.headers != expected.headers { return "headers \(actual.headers), expected \(expected.headers)" }
        return nil
    }

    private func windowed(
        _ key: [UInt8]?,
        isSession: Bool
    ) -> (key: [UInt8], window: ConformanceCase.Window)? {
        guard let key, let kind = source?.window?.runtimeKey else { return nil }
        let count = kind.byteCount
        guard key.count >= count else { return nil }
        let bounds = key.withUnsafeBytes { kind.bounds($0) }
        let window = ConformanceCase.Window(start: bounds.start, end: bounds.end, isSession: kind == .session)
        return (Array(key.dropLast(count)), window)
    }

    private func compare(
        _ bytes: [UInt8]?,
        _ expected: JSONValue,
        _ format: String,
        _ fields: [Schema.Field]
    ) -> String? {
        guard let bytes else { return expected == .null ? nil : "null, expected \(expected.compactText)" }
        let text = String(decoding: bytes, as: UTF8.self)
        let actual: Actual
        switch format {
        case "JSON":
            guard let json = JSONValue(bytes) else { return "\(text) is not JSON" }
            actual = Actual(json, isExact: isExact)
        case "KAFKA":
            guard let value = primitive(bytes, fields.first?.type ?? .string) else {
                return "\(bytes.count) bytes are no \(fields.first?.type ?? .string)"
            }
            actual = value
        default: actual = .text(text)
        }
        return actual.difference(from: expected).map { "\($0) (in \(text))" }
    }

    /// Nil when there are too few bytes, or too many.
    private func primitive(_ bytes: [UInt8], _ type: SQLType) -> Actual? {
        let lengths: [SQLType: Int] = [.integer: 4, .bigint: 8, .double: 8]
        if let length = lengths[type], length != bytes.count { return nil }
        let bits = bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        switch type {
        case .integer: return .integer(Int64(Int32(truncatingIfNeeded: bits)))
        case .bigint: return .integer(Int64(bitPattern: bits))
        case .double: return .double(Double(bitPattern: bits))
        case .bytes: return .bytes(bytes)
        default: return .text(String(decoding: bytes, as: UTF8.self))
        }
    }
}

/// A deserialised value as ksqlDB's runner sees it.
private indirect enum Actual {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// A number with a fraction, an exponent or many digits.
    case decimal(String)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    case list([Actual])
    case fields([(name: String, value: Actual)])

    init(_ json: JSONValue, isExact: Bool) {
        switch json {
        case .null: self = .null
        case .bool(let flag): self = .boolean(flag)
        case .number(let digits):
            if ExactNumber.isInteger(digits), let number = Int64(digits) {
                self = .integer(number)
            } else {
                self = isExact ? .decimal(digits) : .double(Double(digits) ?? .nan)
            }
        case .string(let text): self = .text(text)
        case .array(let elements): self = .list(elements.map { Actual($0, isExact: isExact) })
        case .object(let members):
            self = .fields(members.map { ($0.name, Actual($0.value, isExact: isExact)) })
        }
    }

    /// What differs; nil when nothing does.
    func difference(from expected: JSONValue) -> String? {
        switch (self, expected) {
        case (.null, .null): return nil
        case (.boolean(let flag), .bool(let wanted)) where flag == wanted: return nil
        case (.integer(let number), .number(let digits)):
            let wanted = Int64(digits) ?? Double(digits).flatMap { Int64(exactly: $0.rounded(.towardZero)) }
            return wanted == number ? nil : "\(number), expected \(digits)"
        case (.double(let number), .number(let digits)):
            let wanted = Double(digits) ?? .nan
            return number == wanted || abs(number - wanted) < 1e-6 ? nil : "\(number), expected \(digits)"
        case (.decimal(let digits), .number(let wanted)):
            return matches(digits, wanted) ? nil : "\(digits), expected \(wanted)"
        case (.decimal(let digits), .string(let wanted)) where ExactNumber(digits) == ExactNumber(wanted): return nil
        case (.text(let text), .string(let wanted)) where text == wanted: return nil
        case (.bytes(let bytes), .string(let wanted))
        where Data(bytes).base64EncodedString() == wanted || String(decoding: bytes, as: UTF8.self) == wanted:
            return nil
        case (.list(let list), .array(let wanted)): return Actual.difference(list, wanted)
        case (.fields(let fields), .object(let wanted)): return Actual.difference(fields, wanted)
        default: return "\(kind), expected \(expected.compactText)"
        }
    }

    private func matches(_ digits: String, _ wanted: String) -> Bool {
        guard let number = ExactNumber(digits), let expected = ExactNumber(wanted) else { return false }
        return ExactNumber.isInteger(wanted) ? number.scale <= 0 && number == expected : number == expected
    }

    private static func difference(_ list: [Actual], _ wanted: [JSONValue]) -> String? {
        guard list.count == wanted.count else { return "\(list.count) elements, expected \(wanted.count)" }
        for (index, (element, expected)) in zip(list, wanted).enumerated() {
            if let problem = element.difference(from: expected) { return "[\(index)]: \(problem)" }
        }
        return nil
    }

    private static func difference(
        _ fields: [(name: String, value: Actual)],
        _ wanted: [JSONValue.Member]
    ) -> String? {
        for member in wanted {
            let upper = member.name.uppercased()
            // A field that is not there is as good as NULL; the number of fields tells them apart.
            let field = fields.first { $0.name == member.name } ?? fields.first { $0.name == upper }
            let value = field?.value ?? .null
            if let problem = value.difference(from: member.value) { return "\(member.name): \(problem)" }
        }
        guard fields.count == wanted.count else { return "\(fields.count) fields, expected \(wanted.count)" }
        return nil
    }

    private var kind: String {
        switch self {
        case .null: "null"
        case .boolean(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .decimal(let digits): digits
        case .double(let number): "\(number)"
        case .text(let text): "\"\(text)\""
        case .bytes(let bytes): "bytes \(Data(bytes).base64EncodedString())"
        case .list: "a list"
        case .fields: "an object"
        }
    }
}
