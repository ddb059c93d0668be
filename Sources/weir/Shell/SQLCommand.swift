import Glibc
import Server

extension Subcommand {
    /// `weir sql`: a prompt, or statements from the command line, a file or a pipe.
    static let sql = Subcommand(
        "sql",
        summary: "talk to a server: a prompt, or statements from -c, -f or a pipe",
        options: [
            Option("host", "H", value: "NAME", "where the server is (127.0.0.1)"),
            Option("port", "p", value: "N", "its port (9347)"),
            Option("socket", "s", value: "PATH", "its unix socket instead"),
            Option("token-file", value: "FILE", "holds the token for AUTH; WEIR_TOKEN is another way"),
            Option("command", "c", value: "SQL", "run these statements and exit; may be repeated"),
            Option("file", "f", value: "FILE", "run the statements in FILE and exit; - is standard input"),
            Option("format", "F", value: "NAME", "table (on a terminal), json (elsewhere), csv or tsv"),
            Option("keep-going", "k", "go on after a statement that failed"),
            Option("timing", "t", "tell how long each statement took"),
        ],
        examples: [
            "weir sql -c 'SHOW STREAMS;'",
            "weir sql -c 'SELECT * FROM orders EMIT CHANGES LIMIT 5;' | jq .AMOUNT",
            "weir sql -c 'INSERT INTO orders FORMAT JSON;' < orders.jsonl",
        ]
    ) { arguments throws(UsageError) in
        try SQLCommand(arguments).run()
    }
}

/// `weir sql` with its options.
private struct SQLCommand {
    private let arguments: Arguments
    private let address: LineClient.Address
    private let style: ResultPrinter.Style
    private let screen = Screen.standard

    init(_ arguments: Arguments) throws(UsageError) {
        self.arguments = arguments
        guard arguments.operands.isEmpty else { throw UsageError("statements are given with -c or -f") }
        if let path = arguments.value("socket") {
            address = .unixSocket(path)
        } else {
            let port = try arguments.integer("port", in: 1...65535) ?? 9347
            address = .host(arguments.value("host") ?? "127.0.0.1", port: UInt16(port))
        }
        if let name = arguments.value("format") {
            guard let style = ResultPrinter.Style(rawValue: name.lowercased()) else {
                throw UsageError("--format takes json, csv, tsv or table, not \"\(name)\"")
            }
            self.style = style
        } else {
            style = screen.isTerminal ? .table : .json
        }
    }

    func run() -> ExitCode {
        setlocale(LC_CTYPE, "")
        do throws(ClientError) {
            let token = try token()
            Interrupt.install()
            let session = try SQLSession(address, token: token, style: style, screen: screen)
            session.showsTime = arguments.has("timing")
            if arguments.has("command") || arguments.has("file") {
                for text in arguments.all("command") {
                    guard try runScript(session, ScriptReader(text: text), file: nil) else { return .failed }
                }
                for name in arguments.all("file") {
                    guard try runFile(session, name) else { return .failed }
                }
                return .ok
            }
            guard isatty(STDIN_FILENO) == 1 else { return try runFile(session, "-") ? .ok : .failed }
            var shell = Shell(session)
            try shell.run()
            return .ok
        } catch {
            printError("weir sql: \(error.message)" + (error.hint.map { "\n  hint: \($0)" } ?? ""))
            return .failed
        }
    }

    private func token() throws(ClientError) -> String? {
        guard let path = arguments.value("token-file") else {
            return getenv("WEIR_TOKEN").map { String(cString: $0) }
        }
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw ClientError("cannot read \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = max(0, read(descriptor, &bytes, bytes.count))
        return String(decoding: bytes[..<count].prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
    }

    private func runFile(_ session: SQLSession, _ name: String) throws(ClientError) -> Bool {
        guard name != "-" else {
            return try runScript(session, ScriptReader(descriptor: STDIN_FILENO), file: "standard input")
        }
        let descriptor = open(name, O_RDONLY)
        guard descriptor >= 0 else { throw ClientError("cannot read \(name): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        return try runScript(session, ScriptReader(descriptor: descriptor), file: name)
    }

    /// Runs every statement; stops at one that failed unless told otherwise, and answers whether all succeeded.
    private func runScript(_ session: SQLSession, _ reader: ScriptReader, file: String?) throws(ClientError) -> Bool {
        var succeeded = true
        while let statement = reader.nextStatement() {
            let place = file.map { (name: $0, line: statement.line) }
            let outcome: SQLSession.Outcome
            if BulkInsertParts(statement.text) == nil {
                outcome = try session.run(statement.text, file: place)
            } else {
                // Records follow their statement, or come from standard input when that is on the command line.
                let source = file == nil ? ScriptReader(descriptor: STDIN_FILENO) : reader
                if file != nil { reader.skipLine() }
                outcome = try session.run(statement.text, records: { source.nextRecords() }, file: place)
            }
            switch outcome {
            case .succeeded: break
            case .cancelled: return succeeded
            case .failed:
                succeeded = false
                guard arguments.has("keep-going") else { return false }
            }
        }
        return succeeded
    }
}
