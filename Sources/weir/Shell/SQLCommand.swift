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
            ScriptVariables.option,
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
    private let variables: ScriptVariables
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
        style = try ResultPrinter.Style(arguments, screen)
        variables = try ScriptVariables(arguments)
    }

    func run() -> ExitCode {
        setlocale(LC_CTYPE, "")
        do throws(ClientError) {
            let token = try token()
            Interrupt.install()
            let session = try SQLSession(address, token: token, style: style, screen: screen)
            session.showsTime = arguments.has("timing")
            let runner = ScriptRunner(session: session, keepsGoing: arguments.has("keep-going"), variables: variables)
            guard try runner.defineVariables() else { return .failed }
            if arguments.has("command") || arguments.has("file") {
                for text in arguments.all("command") {
                    guard try runner.run(ScriptReader(text: text), file: nil) else { return .failed }
                }
                for name in arguments.all("file") {
                    guard try runner.runFile(name) else { return .failed }
                }
                return .ok
            }
            guard isatty(STDIN_FILENO) == 1 else { return try runner.runFile("-") ? .ok : .failed }
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
}
