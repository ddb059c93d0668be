import Glibc
import Server

/// The prompt: collects lines into statements, runs them, and obeys a few commands of its own.
struct Shell {
    private let session: SQLSession
    private var text = ""
    private var scanner = StatementScanner()

    init(_ session: SQLSession) {
        self.session = session
    }

    /// Asks until the user quits; whether the last statement succeeded does not matter to a person.
    mutating func run() throws(ClientError) {
        LineEditor.start()
        printLine("\\h helps, \\q quits; a statement ends with ;")
        while true {
            switch LineEditor.read(prompt: prompt, isContinued: !text.isEmpty) {
            case .end:
                printLine("")
                return
            case .interrupted: forget()
            case .line(let line):
                if text.isEmpty, let command = MetaCommand(line) {
                    LineEditor.remember(line)
                    guard try obey(command) else { return }
                } else {
                    try take(line)
                }
            }
        }
    }

    private var prompt: String { text.isEmpty ? "weir> " : "  ... " }

    private mutating func forget() {
        text = ""
        scanner = StatementScanner()
    }

    /// Adds a line to the statement and runs what is complete.
    private mutating func take(_ line: String) throws(ClientError) {
        let bytes = Array((line + "\n").utf8)
        var start = 0
        while let end = bytes.withUnsafeBytes({ scanner.scan($0, from: start) }) {
            text += String(decoding: bytes[start...end], as: UTF8.self)
            start = end + 1
            let statement = text.trimmedStart
            text = ""
            guard scanner.endedWithContent else { continue }
            LineEditor.remember(statement)
            guard BulkInsertParts(statement) == nil else {
                _ = try session.run(statement, records: Self.typedRecords)
                return
            }
            _ = try session.run(statement)
        }
        text += String(decoding: bytes[start...], as: UTF8.self)
        if scanner.isBlank { forget() }
    }

    /// Records that the user types, one at a time, up to `\.`.
    private static func typedRecords() -> [UInt8]? {
        guard case .line(let line) = LineEditor.read(prompt: "  record> "), line != "\\." else { return nil }
        return Array((line + "\n").utf8)
    }

    /// Obeys a command; false when it was to quit.
    private func obey(_ command: MetaCommand) throws(ClientError) -> Bool {
        switch command {
        case .quit: return false
        case .help(let topic):
            if topic.isEmpty { printLine(MetaCommand.help) }
            try session.help(topic)
        case .describe(let name):
            let statements = name.isEmpty ? ["SHOW STREAMS;", "SHOW TABLES;"] : ["DESCRIBE \(name);"]
            for statement in statements { _ = try session.run(statement) }
        case .timing:
            session.showsTime.toggle()
            printLine("timing is \(session.showsTime ? "on" : "off")")
        case .format(let name):
            guard let style = ResultPrinter.Style(rawValue: name.lowercased()) else {
                printLine("\\format json, csv, tsv or table; now \(session.style.rawValue)")
                return true
            }
            try session.use(style)
        case .unknown(let name): printError("unknown command \(name); \\h lists them")
        }
        return true
    }
}

/// A line that the shell itself obeys.
enum MetaCommand: Equatable {
    case quit
    case help(String)
    case describe(String)
    case timing
    case format(String)
    case unknown(String)

    static let help = """
        \\q quit   \\h [topic] help   \\d list streams and tables   \\d NAME describe one   \\timing times on or off
        \\format json|csv|tsv|table how rows look   Ctrl-C ends a query   Ctrl-D quits

        """

    /// The command in `line`, or nil when it is the start of a statement.
    init?(_ line: String) {
        var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        while words.last?.last == ";" { words[words.count - 1].removeLast() }
        guard let first = words.first?.lowercased() else { return nil }
        let argument = words.dropFirst().joined(separator: " ")
        switch first {
        case "\\q", "\\quit": self = .quit
        case "quit", "exit":
            guard words.count == 1 else { return nil }
            self = .quit
        case "\\h", "\\?", "\\help", "help", "?": self = .help(argument)
        case "\\d": self = .describe(argument)
        case "\\timing": self = .timing
        case "\\format": self = .format(argument)
        default:
            guard first.hasPrefix("\\") else { return nil }
            self = .unknown(first)
        }
    }
}

extension String {
    /// The text without white space before it.
    fileprivate var trimmedStart: String { String(drop { $0.isWhitespace }) }
}
