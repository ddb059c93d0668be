import Glibc
import Server

/// A conversation with a server: runs statements one after another and prints what they answer.
final class SQLSession {
    /// How a statement ended.
    enum Outcome {
        case succeeded
        /// The user ended it with Ctrl-C.
        case cancelled
        case failed
    }

    private let client: LineClient
    private let screen: Screen
    var style: ResultPrinter.Style
    /// Whether the time of each statement is told.
    var showsTime = false

    /// Connects, reads the greeting and says who we are.
    init(
        _ address: LineClient.Address,
        token: String?,
        style: ResultPrinter.Style,
        screen: Screen
    ) throws(ClientError) {
        client = try LineClient(address)
        self.style = style
        self.screen = screen
        guard case .success(let greeting) = try finalReply(), greeting.hasPrefix("WEIR ") else {
            throw ClientError("\(address.description) does not speak the Weir protocol")
        }
        let json = greeting.drop { $0 != "{" }
        let methods = (JSONValue(json.utf8)?["auth"]?.elements ?? []).compactMap(\.text)
        if !methods.isEmpty, !methods.contains("none") {
            guard let token else {
                throw ClientError("the server asks for a token", hint: "--token-file FILE, or WEIR_TOKEN")
            }
            _ = try verb("AUTH TOKEN \(token)")
        }
        try use(style)
    }

    /// Prints rows in that style from now on.
    func use(_ style: ResultPrinter.Style) throws(ClientError) {
        self.style = style
        // Tables and objects are made here, from JSON.
        _ = try verb("FORMAT \(style == .csv || style == .tsv ? style.rawValue : "json")")
    }

    /// Prints the help of the server on a topic.
    func help(_ topic: String) throws(ClientError) {
        try client.send(Array("HELP \(topic)\n".utf8))
        // Help is its own answer.
        _ = try printReplies(to: "", file: nil, isQuiet: true)
    }

    /// Runs one statement and prints what it answers.
    ///
    /// - Parameters:
    ///   - records: where the records of a bulk insert come from.
    ///   - file: where the statement stands, when it is from a script.
    ///   - isQuiet: whether success is not worth a line.
    func run(
        _ statement: String,
        records: (() -> [UInt8]?)? = nil,
        file: (name: String, line: Int)? = nil,
        isQuiet: Bool = false
    ) throws(ClientError) -> Outcome {
        let payload = Array(statement.utf8)
        try client.send(Array("SQL \(payload.count)\n".utf8) + payload + [0x0a])
        if let records {
            while let chunk = records() { try client.send(chunk) }
            try client.send(Array("\\.\n".utf8))
        }
        return try printReplies(to: statement, file: file, isQuiet: isQuiet)
    }

    private func printReplies(
        to statement: String,
        file: (name: String, line: Int)?,
        isQuiet: Bool
    ) throws(ClientError) -> Outcome {
        let start = Self.milliseconds()
        var printer = ResultPrinter(style: style, screen: screen)
        var cancels = 0
        while true {
            if !client.hasLine { printer.rest() }
            switch client.next(waitingAtMost: screen.isTerminal ? 250 : -1) {
            case .quiet: continue
            case .interrupted:
                cancels += 1
                guard cancels < 3 else { throw ClientError("interrupted") }
                try client.send(Array("CANCEL\n".utf8))
            case .closed:
                printer.end()
                throw ClientError("the server closed the connection")
            case .line(let line):
                let reply = ServerReply(line)
                switch reply {
                case .success(let text):
                    printer.end()
                    if !isQuiet { report(text, milliseconds: Self.milliseconds() - start) }
                    for _ in 0..<cancels { _ = try finalReply() }
                    return .succeeded
                case .failure(let failure):
                    printer.end()
                    for _ in 0..<cancels { _ = try finalReply() }
                    if cancels > 0, failure.sqlstate == "57014" {
                        if screen.isTerminal { printError("stopped after \(printer.rowCount) rows") }
                        return .cancelled
                    }
                    printError(failure.report(statement: statement, file: file))
                    return .failed
                default: printer.take(reply)
                }
            }
        }
    }

    private func report(_ text: String, milliseconds: Double) {
        guard screen.isTerminal else { return }
        printLine(text.hasPrefix("OK ") ? String(text.dropFirst(3)) : text)
        if showsTime {
            printLine("time \(Int(milliseconds)).\(Int(milliseconds * 10) % 10) ms")
        }
    }

    /// Sends a verb and waits for its answer; an error ends the conversation.
    private func verb(_ line: String) throws(ClientError) -> String {
        try client.send(Array("\(line)\n".utf8))
        guard case .success(let text) = try finalReply() else { throw ClientError("unexpected reply") }
        return text
    }

    /// The next line that ends a request; a failure is thrown.
    private func finalReply() throws(ClientError) -> ServerReply {
        while true {
            switch client.next() {
            case .quiet: continue
            case .interrupted: throw ClientError("interrupted")
            case .closed: throw ClientError("the server closed the connection")
            case .line(let line):
                let reply = ServerReply(line)
                if case .success = reply { return reply }
                if case .failure(let failure) = reply { throw ClientError(failure.message, hint: failure.hint) }
            }
        }
    }

    private static func milliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
    }
}
