import Glibc

/// Makes reply lines: a class character, text without control characters, a line feed.
enum ReplyLine {
    /// The first character of a line tells what it is.
    enum Class: UInt8 {
        case header = 0x23  // #
        case progress = 0x7e  // ~
        case notice = 0x2a  // *
        case success = 0x2b  // +
        case failure = 0x2d  // -
    }

    /// One line; control characters become spaces, so that a line is always one line.
    static func make(_ kind: Class, _ text: String) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(text.utf8.count + 2)
        line.append(kind.rawValue)
        for byte in text.utf8 {
            line.append(byte < 0x20 || byte == 0x7f ? 0x20 : byte)
        }
        line.append(0x0a)
        return line
    }
}

extension ReplyError {
    /// The line `-42703 1:8 sentence | detail: … | hint: …`.
    var replyLine: [UInt8] {
        var text = sqlstate
        if let line, let column { text += " \(line):\(column)" }
        text += " \(message)"
        if let detail { text += " | detail: \(detail)" }
        if let hint { text += " | hint: \(hint)" }
        return ReplyLine.make(.failure, text)
    }
}

extension ReplyHeader {
    /// The line `#{"query":"q12","columns":[["ID","BIGINT"]],"key":["ID"],"changes":"upsert"}`.
    var replyLine: [UInt8] {
        var line: [UInt8] = [ReplyLine.Class.header.rawValue, UInt8(ascii: "{")]
        if let query {
            line.append(contentsOf: "\"query\":".utf8)
            line.appendJSONString(query)
            line.append(UInt8(ascii: ","))
        }
        line.append(contentsOf: "\"columns\":[".utf8)
        for (index, column) in columns.enumerated() {
            line.append(contentsOf: index == 0 ? "[".utf8 : ",[".utf8)
            line.appendJSONString(column.name)
            line.append(UInt8(ascii: ","))
            line.appendJSONString(column.type)
            line.append(UInt8(ascii: "]"))
        }
        line.append(UInt8(ascii: "]"))
        if !key.isEmpty {
            line.append(contentsOf: ",\"key\":[".utf8)
            for (index, name) in key.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                line.appendJSONString(name)
            }
            line.append(UInt8(ascii: "]"))
        }
        if let changes { line.append(contentsOf: ",\"changes\":\"\(changes.rawValue)\"".utf8) }
        line.append(contentsOf: "}\n".utf8)
        return line
    }
}

extension [UInt8] {
    /// Appends `text` as a JSON string with its quotes.
    mutating func appendJSONString(_ text: String) {
        let digits = Array("0123456789abcdef".utf8)
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0x0a: append(contentsOf: "\\n".utf8)
            case 0x0d: append(contentsOf: "\\r".utf8)
            case 0x09: append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7f:
                append(contentsOf: "\\u00".utf8)
                append(digits[Int(byte >> 4)])
                append(digits[Int(byte & 15)])
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }
}

extension UnsafeRawBufferPointer {
    /// Where the first line feed at or after `start` is.
    func lineEnd(from start: Int) -> Int? {
        guard start < count, let base = baseAddress else { return nil }
        guard let found = memchr(base + start, 0x0a, count - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
