import Server

/// A row as the server sent it, cut into its elements without decoding them.
struct JSONRow {
    /// The text of each element of the array in `line`.
    static func elements(_ line: [UInt8]) -> [ArraySlice<UInt8>] {
        guard line.count >= 2, line.count > 2 || line[1] != UInt8(ascii: "]") else { return [] }
        var elements: [ArraySlice<UInt8>] = []
        var start = 1
        var depth = 0
        var inString = false
        var index = 1
        while index < line.count {
            let byte = line[index]
            if inString {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { inString = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): inString = true
                case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: "]") where depth == 0, UInt8(ascii: ",") where depth == 0:
                    elements.append(line[start..<index])
                    start = index + 1
                case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
                default: break
                }
            }
            index += 1
        }
        return elements
    }

    /// The elements as people read them: strings without quotes, control characters as escapes, everything else as is.
    static func cells(_ line: [UInt8]) -> [String] {
        elements(line).map { element in
            guard element.first == UInt8(ascii: "\""), case .string(let text)? = JSONValue(element) else {
                let text = String(decoding: element, as: UTF8.self)
                return text == "null" ? "NULL" : text
            }
            return text.contains(where: \.isControl)
                ? String(decoding: element.dropFirst().dropLast(), as: UTF8.self) : text
        }
    }

    /// The row as one JSON object, named by the columns; a deletion says so in its first member.
    static func object(_ line: [UInt8], names: [[UInt8]], isDeletion: Bool) -> [UInt8] {
        var object = Array((isDeletion ? "{\"@deleted\":true" : "{").utf8)
        var isFirst = !isDeletion
        for (name, element) in zip(names, elements(line)) {
            if !isFirst { object.append(UInt8(ascii: ",")) }
            isFirst = false
            object.append(contentsOf: name)
            object.append(UInt8(ascii: ":"))
            object.append(contentsOf: element)
        }
        object.append(UInt8(ascii: "}"))
        object.append(0x0a)
        return object
    }

    /// A name as a JSON string.
    static func quoted(_ name: String) -> [UInt8] {
        var text = Array("\"".utf8)
        for byte in name.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
        return text
    }
}

extension Character {
    fileprivate var isControl: Bool {
        unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f }
    }
}
