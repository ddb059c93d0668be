import Foundation
import Planner
import Runtime
import Values

/// How a source's records are written in golden files: the key as JSON, the window, the timestamp, the value as it is.
struct RecordText {
    let source: SourceDescription

    /// Why a line of a file cannot be read.
    struct Malformed: Error, CustomStringConvertible {
        let line: Substring
        var description: String { "this is no record: \(line)" }
    }

    struct Record {
        var partition: Int32?
        let timestamp: Int64
        let key: [UInt8]?
        let value: [UInt8]?
    }

    // MARK: Reading

    /// Parses `KEY[@START..END] TIMESTAMP VALUE`.
    func record(_ line: Substring) throws -> Record {
        var rest = line
        let token = RecordText.takeToken(&rest)
        rest = rest.drop { $0 == " " }
        let time = rest.prefix { $0 != " " }
        guard let timestamp = Int64(time) else { throw Malformed(line: line) }
        rest = rest.dropFirst(time.count).drop { $0 == " " }
        return Record(timestamp: timestamp, key: try key(token, line), value: try value(rest, line))
    }

    /// Takes a JSON value (and what follows it up to a blank) off the front.
    static func takeToken(_ rest: inout Substring) -> Substring {
        var depth = 0
        var quoted = false
        var escaped = false
        var end = rest.startIndex
        while end < rest.endIndex {
            let character = rest[end]
            if quoted {
                if escaped {
                    escaped = false
                } else if character == "\\" {
                    escaped = true
                } else if character == "\"" {
                    quoted = false
                }
            } else {
                switch character {
                case "\"": quoted = true
                case "{", "[": depth += 1
                case "}", "]": depth -= 1
                default: break
                }
                if character == " ", depth == 0 { break }
            }
            end = rest.index(after: end)
        }
        let token = rest[..<end]
        rest = rest[end...]
        return token
    }

    private func key(_ token: Substring, _ line: Substring) throws -> [UInt8]? {
        let parts = token.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bare = try payload(parts[0], source.keyFormat, source.keyFields, line) else { return nil }
        guard let window = source.window, parts.count == 2 else { return bare }
        let bounds = parts[1].split(separator: ".").compactMap { Int64($0) }
        guard bounds.count == 2 else { throw Malformed(line: line) }
        return window == .session ? bare + bytes(bounds[1]) + bytes(bounds[0]) : bare + bytes(bounds[0])
    }

    private func value(_ text: Substring, _ line: Substring) throws -> [UInt8]? {
        if text == "tombstone" || source.valueFormat == "NONE" { return nil }
        if source.valueFormat == "KAFKA" { return try payload(text, "KAFKA", source.valueFields, line) }
        return Array(text.utf8)
    }

    private func payload(
        _ text: Substring,
        _ format: String,
        _ fields: [Schema.Field],
        _ line: Substring
    ) throws -> [UInt8]? {
        if format == "NONE" || text == "null" { return nil }
        if format == "JSON" { return Array(text.utf8) }
        let type = format == "KAFKA" ? fields.first?.type ?? .string : .string
        switch type {
        case .integer:
            guard let number = Int32(text) else { throw Malformed(line: line) }
            return withUnsafeBytes(of: number.bigEndian) { Array($0) }
        case .bigint:
            guard let number = Int64(text) else { throw Malformed(line: line) }
            return bytes(number)
        case .double:
            guard let number = Double(text) else { throw Malformed(line: line) }
            return withUnsafeBytes(of: number.bitPattern.bigEndian) { Array($0) }
        default:
            guard let string = RecordText.string(text) else { throw Malformed(line: line) }
            return type == .bytes ? Data(base64Encoded: string).map { [UInt8]($0) } : Array(string.utf8)
        }
    }

    private static func string(_ json: Substring) -> String? {
        let value = try? JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        return value as? String
    }

    private func bytes(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    // MARK: Writing

    /// The lines of a run.
    func lines(_ run: MessageRun) -> [String] {
        (0..<run.count).map { row in
            let key = run.keys.isNull(row) ? nil : [UInt8](run.keys.bytes(row))
            let value = run.values.isNull(row) ? nil : [UInt8](run.values.bytes(row))
            return "\(source.name) \(keyText(key)) \(run.timestamps.values(as: Int64.self)[row]) \(valueText(value))"
        }
    }

    private func keyText(_ key: [UInt8]?) -> String {
        guard let key else { return "null" }
        switch source.window {
        case nil: return text(key[...], source.keyFormat, source.keyFields)
        case .session:
            let bare = text(key.dropLast(16), source.keyFormat, source.keyFields)
            return "\(bare)@\(number(key.suffix(8)))..\(number(key.dropLast(8).suffix(8)))"
        case .tumbling(let size), .hopping(let size):
            let start = number(key.suffix(8))
            return "\(text(key.dropLast(8), source.keyFormat, source.keyFields))@\(start)..\(start + size)"
        }
    }

    private func valueText(_ value: [UInt8]?) -> String {
        guard let value else { return "tombstone" }
        if source.valueFormat == "KAFKA" { return text(value[...], "KAFKA", source.valueFields) }
        return String(decoding: value, as: UTF8.self)
    }

    private func text(_ bytes: ArraySlice<UInt8>, _ format: String, _ fields: [Schema.Field]) -> String {
        if format == "JSON" { return String(decoding: bytes, as: UTF8.self) }
        switch format == "KAFKA" ? fields.first?.type : .string {
        case .integer: return "\(Int32(truncatingIfNeeded: number(bytes)))"
        case .bigint: return "\(number(bytes))"
        case .double: return "\(Double(bitPattern: UInt64(bitPattern: number(bytes))))"
        case .bytes: return "\"\(Data(bytes).base64EncodedString())\""
        default:
            let string = String(decoding: bytes, as: UTF8.self)
            let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .withoutEscapingSlashes]
            let json = try? JSONSerialization.data(withJSONObject: string, options: options)
            return json.map { String(decoding: $0, as: UTF8.self) } ?? "?"
        }
    }

    /// A big-endian number of any width.
    private func number(_ bytes: ArraySlice<UInt8>) -> Int64 { bytes.reduce(0) { $0 << 8 | Int64($1) } }
}
