/// A request that is not a statement: one line, any case, no `;` needed.
enum Verb: Equatable {
    case hello(String)
    case authenticate([String])
    case format(String)
    case cancel(String)
    case credit(String)
    case ping(String)
    case help(String)
    case quit
    /// `SQL <bytes>`: a statement of that many bytes follows the line.
    case counted(String)

    /// The verb that `line` holds, or nil when it starts a statement.
    init?(_ line: some Collection<UInt8>) {
        // The longest verb has six letters; a statement is refused before any string is made.
        let word = line.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
        guard (3...6).contains(word.count) else { return nil }
        let rest = line.dropFirst(word.count)
        if let next = rest.first, next != 0x20, next != 0x09, next != UInt8(ascii: ";") { return nil }
        let name = String(decoding: word, as: UTF8.self).uppercased()
        guard Self.names.contains(name) else { return nil }
        let argument = Self.argument(rest)
        switch name {
        case "HELLO": self = .hello(argument)
        case "AUTH": self = .authenticate(argument.split(separator: " ").map(String.init))
        case "FORMAT": self = .format(argument)
        case "CANCEL": self = .cancel(argument)
        case "CREDIT": self = .credit(argument)
        case "PING": self = .ping(argument)
        case "HELP": self = .help(argument)
        case "QUIT": self = .quit
        default: self = .counted(argument)
        }
    }

    private static let names: Set<String> = [
        "HELLO", "AUTH", "FORMAT", "CANCEL", "CREDIT", "PING", "HELP", "QUIT", "SQL",
    ]

    /// What follows the word, without white space around it and without a `;` that habit put there.
    private static func argument(_ rest: some Collection<UInt8>) -> String {
        var text = String(decoding: rest, as: UTF8.self)[...]
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}

/// What a client calls a request, to tell answers apart.
enum RequestTag {
    /// Longest tag in bytes.
    static let lengthMax = 32

    /// Whether `bytes` may be a tag: 1 to 32 of `[A-Za-z0-9_.-]`.
    static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        guard (1...lengthMax).contains(bytes.count) else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    /// The tag in `@tag`, or nil.
    static func parse(_ text: String) -> String? {
        guard text.utf8.first == UInt8(ascii: "@"), isValid(text.utf8.dropFirst()) else { return nil }
        return String(text.dropFirst())
    }
}
