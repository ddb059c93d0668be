import Values

/// A valid JSON value inside a text, by its bytes: nothing is built until it is asked for.
struct JSONText {
    /// What a value is, by its first byte.
    enum Kind {
        case object, array, string, number, boolean, null
    }

    /// The value without blanks around it.
    let bytes: UnsafeRawBufferPointer

    /// Nil when the text is not exactly one JSON value.
    init?(_ text: UnsafeRawBufferPointer) {
        var scanner = JSONScanner(text)
        scanner.skipBlanks()
        let start = scanner.place
        guard scanner.skipValue(depth: 0) else { return nil }
        bytes = text.part(start..<scanner.place)
        scanner.skipBlanks()
        guard scanner.isAtEnd else { return nil }
    }

    /// - Throws: ``FunctionError`` when the text is not exactly one JSON value.
    init(parsing text: Text) throws(FunctionError) {
        guard let value = JSONText(text.bytes) else { throw FunctionError("invalid JSON: \(text.string.prefix(60))") }
        self = value
    }

    private init(valid bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var kind: Kind {
        switch bytes[0] {
        case 0x7B: .object
        case 0x5B: .array
        case 0x22: .string
        case 0x74, 0x66: .boolean
        case 0x6E: .null
        default: .number
        }
    }

    /// The elements of an array; none for anything else.
    var elements: [JSONText] {
        guard kind == .array else { return [] }
        var list: [JSONText] = []
        forEachPart { scanner in
            list.append(next(&scanner))
        }
        return list
    }

    /// The keys and values of an object in their order, keys as plain text; none for anything else.
    var entries: [(key: String, value: JSONText)] {
        guard kind == .object else { return [] }
        var list: [(key: String, value: JSONText)] = []
        forEachPart { scanner in
            let key = next(&scanner).plainText
            scanner.skipBlanks()
            scanner.step()
            list.append((key, next(&scanner)))
        }
        return list
    }

    /// The entries without repeated keys: each stands where it was first, with the value that it was given last.
    var fields: [(key: String, value: JSONText)] { JSONText.merged(entries) }

    /// Entries of one object or several without repeated keys, as ``fields``.
    static func merged(_ entries: [(key: String, value: JSONText)]) -> [(key: String, value: JSONText)] {
        var list: [(key: String, value: JSONText)] = []
        list.reserveCapacity(entries.count)
        if entries.count > JSONText.comparedKeysMax {
            var places: [[UInt8]: Int] = [:]
            for entry in entries {
                let key = Array(entry.key.utf8)
                if let place = places.updateValue(places[key] ?? list.count, forKey: key) {
                    list[place].value = entry.value
                } else {
                    list.append(entry)
                }
            }
            return list
        }
        for entry in entries {
            // By their bytes: equal texts of Swift may differ in them.
            if let place = list.firstIndex(where: { $0.key.utf8.elementsEqual(entry.key.utf8) }) {
                list[place].value = entry.value
            } else {
                list.append(entry)
            }
        }
        return list
    }

    /// Keys of larger objects are looked up in a hash table.
    private static let comparedKeysMax = 16

    private func forEachPart(_ body: (inout JSONScanner) -> Void) {
        var scanner = JSONScanner(bytes)
        scanner.step()
        scanner.skipBlanks()
        while scanner.byte != 0x5D, scanner.byte != 0x7D {
            body(&scanner)
            scanner.skipBlanks()
            if scanner.byte == 0x2C { scanner.step() }
            scanner.skipBlanks()
        }
    }

    private func next(_ scanner: inout JSONScanner) -> JSONText {
        scanner.skipBlanks()
        let start = scanner.place
        _ = scanner.skipValue(depth: 0)
        return JSONText(valid: bytes.part(start..<scanner.place))
    }

    /// The value of a key, the last one where it occurs again.
    func value(of key: String) -> JSONText? { entries.last { $0.key == key }?.value }

    /// A string without quotes and escapes; anything else as compact JSON.
    var plainText: String {
        if kind != .string { return compact }
        let inside = bytes.part(1..<bytes.count - 1)
        if !inside.contains(0x5C) { return String(decoding: inside, as: UTF8.self) }
        var units: [UInt8] = []
        var index = 1
        while index < bytes.count - 1 {
            if bytes[index] == 0x5C {
                units += unescaped(&index).utf8
            } else {
                units.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: units, as: UTF8.self)
    }

    /// The character of the escape at `index`, which moves behind it.
    private func unescaped(_ index: inout Int) -> String {
        let letter = bytes[index + 1]
        index += 2
        switch letter {
        case 0x62: return "\u{8}"
        case 0x66: return "\u{C}"
        case 0x6E: return "\n"
        case 0x72: return "\r"
        case 0x74: return "\t"
        case 0x75:
            var units = [unit(index)]
            index += 4
            // A second escape may complete a pair.
            if units[0] & 0xFC00 == 0xD800, index + 6 < bytes.count, bytes[index] == 0x5C, bytes[index + 1] == 0x75 {
                units.append(unit(index + 2))
                index += 6
            }
            return String(decoding: units, as: UTF16.self)
        default: return String(UnicodeScalar(letter))
        }
    }

    private func unit(_ index: Int) -> UInt16 {
        UInt16(String(decoding: bytes.part(index..<index + 4), as: UTF8.self), radix: 16) ?? 0xFFFD
    }

    /// The value without blanks, its strings with no more escapes than they need.
    var compact: String {
        var out = ByteWriter(capacity: bytes.count)
        write(to: &out)
        return out.text
    }

    func write(to out: inout ByteWriter) {
        switch kind {
        case .object:
            out.append(0x7B)
            for (index, entry) in entries.enumerated() {
                if index > 0 { out.append(0x2C) }
                out.append(json: entry.key)
                out.append(0x3A)
                entry.value.write(to: &out)
            }
            out.append(0x7D)
        case .array:
            out.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(0x2C) }
                element.write(to: &out)
            }
            out.append(0x5D)
        case .string: out.append(json: plainText)
        default: out.append(bytes)
        }
    }
}

/// A place in JSON text.
private struct JSONScanner {
    private let text: UnsafeRawBufferPointer
    private(set) var place = 0
    var isAtEnd: Bool { place >= text.count }
    /// The byte at the place; 0 at the end.
    var byte: UInt8 { place < text.count ? text[place] : 0 }

    /// Values inside each other at the most.
    private static let depthMax = 512

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    mutating func step() { place += 1 }

    mutating func skipBlanks() {
        while byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    /// Moves behind a value; false when there is none that is valid.
    mutating func skipValue(depth: Int) -> Bool {
        guard depth < JSONScanner.depthMax else { return false }
        switch byte {
        case 0x7B:
            return skipList(0x7D, depth) { scanner in
                guard scanner.byte == 0x22, scanner.skipString() else { return false }
                scanner.skipBlanks()
                guard scanner.byte == 0x3A else { return false }
                scanner.step()
                scanner.skipBlanks()
                return scanner.skipValue(depth: depth + 1)
            }
        case 0x5B: return skipList(0x5D, depth) { $0.skipValue(depth: depth + 1) }
        case 0x22: return skipString()
        case 0x74: return skip("true")
        case 0x66: return skip("false")
        case 0x6E: return skip("null")
        default: return skipNumber()
        }
    }

    private mutating func skipList(_ close: UInt8, _ depth: Int, _ part: (inout JSONScanner) -> Bool) -> Bool {
        place += 1
        skipBlanks()
        if byte == close {
            place += 1
            return true
        }
        while true {
            skipBlanks()
            guard part(&self) else { return false }
            skipBlanks()
            if byte == close {
                place += 1
                return true
            }
            guard byte == 0x2C else { return false }
            place += 1
        }
    }

    private mutating func skipString() -> Bool {
        place += 1
        while !isAtEnd {
            switch byte {
            case 0x22:
                place += 1
                return true
            case 0x5C:
                place += 1
                if byte == 0x75 {
                    for offset in 1...4 where place + offset >= text.count || !isHex(text[place + offset]) {
                        return false
                    }
                    place += 5
                } else {
                    guard "\"\\/bfnrt".utf8.contains(byte) else { return false }
                    place += 1
                }
            case 0..<0x20: return false
            default: place += 1
            }
        }
        return false
    }

    private func isHex(_ byte: UInt8) -> Bool {
        switch byte | 0x20 {
        case 0x30...0x39, 0x61...0x66: true
        default: false
        }
    }

    private mutating func skip(_ word: StaticString) -> Bool {
        for offset in 0..<word.utf8CodeUnitCount {
            guard byte == word.utf8Start[offset] else { return false }
            place += 1
        }
        return true
    }

    private mutating func skipNumber() -> Bool {
        if byte == 0x2D { place += 1 }
        if byte == 0x30 { place += 1 } else if !skipDigits() { return false }
        if byte == 0x2E {
            place += 1
            if !skipDigits() { return false }
        }
        if byte | 0x20 == 0x65 {
            place += 1
            if byte == 0x2B || byte == 0x2D { place += 1 }
            return skipDigits()
        }
        return true
    }

    private mutating func skipDigits() -> Bool {
        let start = place
        while byte >= 0x30, byte <= 0x39 { place += 1 }
        return place > start
    }
}
