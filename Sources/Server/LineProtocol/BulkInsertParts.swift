/// The parts of `INSERT INTO target [(columns)] FORMAT format [STRICT]`.
///
/// The session itself must recognize the statement: the lines behind it are records, whatever the engine thinks of it.
public struct BulkInsertParts: Equatable, Sendable {
    var target: String
    var columns: [String]
    var format: String
    var strict: Bool

    /// The parts, or nil when the statement is another one.
    public init?(_ statement: String) {
        let first = statement.utf8.first.map { $0 | 0x20 }
        guard first == UInt8(ascii: "i") || first == UInt8(ascii: "-") || first == UInt8(ascii: "/") else {
            return nil
        }
        var words = BulkInsertWords(statement)
        guard words.nextIs("INSERT"), words.nextIs("INTO"), let target = words.nextName() else { return nil }
        self.target = target
        columns = []
        if words.skip("(") {
            repeat {
                guard let column = words.nextName() else { return nil }
                columns.append(column)
            } while words.skip(",")
            guard words.skip(")") else { return nil }
        }
        guard words.nextIs("FORMAT"), let format = words.nextName() else { return nil }
        self.format = format.uppercased()
        strict = words.nextIs("STRICT")
        _ = words.skip(";")
        guard words.isAtEnd else { return nil }
    }
}

/// Reads names and punctuation off the front of a statement.
private struct BulkInsertWords {
    private var rest: Substring.UTF8View

    init(_ statement: String) {
        rest = Substring(statement).utf8
    }

    var isAtEnd: Bool {
        mutating get {
            skipBlanks()
            return rest.isEmpty
        }
    }

    mutating func nextIs(_ keyword: String) -> Bool {
        let saved = rest
        if let word = nextWord(), word.uppercased() == keyword { return true }
        rest = saved
        return false
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// A name: upper case unless it is quoted.
    mutating func nextName() -> String? {
        skipBlanks()
        guard let quote = rest.first else { return nil }
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "`") else { return nextWord()?.uppercased() }
        rest.removeFirst()
        var name: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte != quote {
                name.append(byte)
            } else if rest.first == quote {
                name.append(byte)
                rest.removeFirst()
            } else {
                return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
            }
        }
        return nil
    }

    private mutating func nextWord() -> String? {
        skipBlanks()
        let word = rest.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "@"), 0x80...:
                true
            default: false
            }
        }
        guard !word.isEmpty else { return nil }
        rest = rest.dropFirst(word.count)
        return String(Substring(word))
    }

    /// Skips white space and comments.
    private mutating func skipBlanks() {
        while let byte = rest.first {
            if byte == 0x20 || (0x09...0x0d).contains(byte) {
                rest.removeFirst()
            } else if rest.starts(with: "--".utf8) {
                rest = rest.drop { $0 != 0x0a }
            } else if rest.starts(with: "/*".utf8) {
                rest = rest.dropFirst(2)
                while !rest.isEmpty, !rest.starts(with: "*/".utf8) { rest.removeFirst() }
                rest = rest.dropFirst(2)
            } else {
                return
            }
        }
    }
}
