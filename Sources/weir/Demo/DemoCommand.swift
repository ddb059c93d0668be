import Glibc
import Server

extension Subcommand {
    /// `weir demo`: generated access records in, the summary as it changes, and whether it is right.
    static let demo = Subcommand(
        "demo",
        summary: "feed generated access records and watch the summary per minute and path",
        options: EngineOptions.options(defaultDirectory: "a new one under TMPDIR, removed") + [
            Option("host", "H", value: "NAME", "a server that runs already (127.0.0.1), with --port"),
            Option("port", "p", value: "N", "its port; without it, an engine in this process"),
            Option("records", "n", value: "N", "how many (200000)"),
            Option("seed", "s", value: "S", "which ones (1)"),
            Option("rate", "r", value: "N", "records a second, 0 for as fast as it goes (40000)"),
            Option("print", nil, "only print the records, one JSON object a line"),
        ],
        examples: ["weir demo", "weir demo --port 9347 --seed 2 --records 1000000 --rate 0"]
    ) { arguments throws(UsageError) in
        guard arguments.operands.isEmpty else { throw UsageError("unexpected operand \"\(arguments.operands[0])\"") }
        return try DemoCommand(arguments).run()
    }
}

/// `weir demo` with its options.
private struct DemoCommand {
    private let feed: DemoRun.Feed
    private let server: LineClient.Address?
    private let settings: EngineSettings
    private let onlyPrints: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        feed = DemoRun.Feed(
            records: try arguments.integer("records", in: 0...1_000_000_000) ?? 200_000,
            seed: UInt64(try arguments.integer("seed", in: 0...Int.max) ?? 1),
            rate: try arguments.integer("rate", in: 0...1_000_000_000) ?? 40_000
        )
        let port = try arguments.integer("port", in: 1...65535)
        guard port != nil || !arguments.has("host") else { throw UsageError("--host needs --port") }
        server = port.map { .host(arguments.value("host") ?? "127.0.0.1", port: UInt16($0)) }
        settings = try EngineOptions.settings(arguments, defaultDirectory: "")
        onlyPrints = arguments.has("print")
    }

    func run() -> ExitCode {
        signal(SIGPIPE, SIG_IGN)
        if onlyPrints {
            printRecords()
            return .ok
        }
        Interrupt.install([SIGINT, SIGTERM])
        do {
            guard let server else {
                // Over TCP all the same, which is how records come in.
                let local = try LocalEngine(settings, port: 0)
                defer { local.stop() }
                var run = try DemoRun(feed, .host("127.0.0.1", port: local.port))
                return try run.run() ? .ok : .failed
            }
            var run = try DemoRun(feed, server)
            return try run.run() ? .ok : .failed
        } catch let error as ClientError {
            printError("weir demo: \(error.message)" + (error.hint.map { "\n  hint: \($0)" } ?? ""))
        } catch {
            printError("weir demo: \(error)")
        }
        return .failed
    }

    private func printRecords() {
        var records = AccessRecords(seed: feed.seed)
        var bytes: [UInt8] = []
        while records.count < feed.records {
            records.append(to: &bytes)
            if bytes.count >= 64 << 10 || records.count == feed.records {
                writeAll(bytes, to: STDOUT_FILENO)
                bytes.removeAll(keepingCapacity: true)
            }
        }
    }
}
