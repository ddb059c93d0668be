import Foundation
import Planner
import Values

/// Serialises what a case's record says into the bytes that its topic's declaration asks for.
struct PayloadWriter {
    let source: SourceDescription?

    /// Why a record cannot be written.
    struct Unwritable: Error, CustomStringConvertible {
        let description: String
    }

    func record(_ record: ConformanceCase.Record) throws -> TestRecord {
        var key = try bytes(record.key, source?.keyFormat ?? "KAFKA", source?.keyFields ?? [])
        if let window = record.window, let plain = key {
            key = plain + (window.isSession ? PayloadWriter.word(window.end) : []) + PayloadWriter.word(window.start)
        }
        return TestRecord(
            key: key,
            value: try bytes(record.value, source?.valueFormat ?? "JSON", source?.valueFields ?? []),
            timestamp: record.timestamp ?? 0,
            headers: record.headers
        )
    }

    private func bytes(_ json: JSONValue, _ format: String, _ fields: [Schema.Field]) throws -> [UInt8]? {
        if json == .null { return nil }
        switch format {
        case "NONE": return nil
        case "JSON": return Array(json.compactText.utf8)
        case "DELIMITED": return Array((json.text ?? json.compactText).utf8)
        case "KAFKA": return try primitive(json, fields.first?.type ?? .string)
        default: throw Unwritable(description: "records of format \(format) cannot be written")
        }
    }

    /// The KAFKA format's bytes: numbers are converted to the column's type.
    private func primitive(_ json: JSONValue, _ type: SQLType) throws -> [UInt8] {
        let text = json.text ?? json.compactText
        switch type {
        case .integer:
            if let number = Double(text) {
                return withUnsafeBytes(of: Int32(clamping: Int64(number)).bigEndian, Array.init)
            }
        case .bigint:
            if let number = Int64(text) ?? Double(text).map({ Int64($0) }) { return PayloadWriter.word(number) }
        case .double:
            if let number = Double(text) { return withUnsafeBytes(of: number.bitPattern.bigEndian, Array.init) }
        case .bytes: return Data(base64Encoded: text).map { [UInt8]($0) } ?? Array(text.utf8)
        default: return Array(text.utf8)
        }
        throw Unwritable(description: "\(text) is no \(type)")
    }

    /// Eight bytes, the most significant one first.
    static func word(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian, Array.init) }
}
