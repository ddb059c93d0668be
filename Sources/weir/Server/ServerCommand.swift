import Glibc
import Server

extension Subcommand {
    /// `weir server`: engine and line protocol in this process, until SIGINT or SIGTERM.
    static let server = Subcommand(
        "server",
        summary: "run the engine and listen for SQL",
        options: EngineOptions.options(defaultDirectory: "weir-data") + [
            Option("host", "H", value: "ADDRESS", "listen here (127.0.0.1)"),
            Option("port", "p", value: "N", "TCP port of the line protocol (9347); 0 chooses one"),
            Option("socket", "s", value: "PATH", "listen on this unix socket as well"),
            Option("http-port", value: "N", "GET /metrics and /healthz on loopback (9348); 0 chooses one"),
            Option("no-http", nil, "no HTTP port"),
            Option("token-file", value: "FILE", "clients must send the token in it; WEIR_TOKEN is another way"),
            Option("insecure", nil, "listen on an address that others can reach without a token"),
            Option("quiet", "q", "say nothing on standard error but errors"),
        ],
        examples: [
            "weir server --data-dir /var/lib/weir",
            "weir server --bootstrap-servers localhost:9092",
        ]
    ) { arguments throws(UsageError) in
        guard arguments.operands.isEmpty else { throw UsageError("unexpected operand \"\(arguments.operands[0])\"") }
        let settings = try EngineOptions.settings(arguments, defaultDirectory: "weir-data")
        return ServerProcess(settings, try configuration(arguments), quiet: arguments.has("quiet")).run()
    }

    private static func configuration(_ arguments: Arguments) throws(UsageError) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.version = Program.version
        configuration.stopsOnSignals = true
        if let host = arguments.value("host") { configuration.host = host }
        if let port = try arguments.integer("port", in: 0...65535) { configuration.port = UInt16(port) }
        configuration.unixSocketPath = arguments.value("socket")
        if let port = try arguments.integer("http-port", in: 0...65535) { configuration.httpPort = UInt16(port) }
        if arguments.has("no-http") { configuration.httpPort = nil }
        configuration.insecure = arguments.has("insecure")
        configuration.token = try token(arguments)
        return configuration
    }

    private static func token(_ arguments: Arguments) throws(UsageError) -> String? {
        guard let path = arguments.value("token-file") else { return getenv("WEIR_TOKEN").map { String(cString: $0) } }
        guard let text = TextFile.read(path) else { throw UsageError("cannot read \(path): \(TextFile.reason())") }
        let token = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard !token.isEmpty else { throw UsageError("\(path) holds no token") }
        return token
    }
}

/// An engine and its listener, from start to stop.
struct ServerProcess {
    private let settings: EngineSettings
    private let configuration: ServerConfiguration
    private let quiet: Bool

    init(_ settings: EngineSettings, _ configuration: ServerConfiguration, quiet: Bool) {
        self.settings = settings
        self.configuration = configuration
        self.quiet = quiet
    }

    func run() -> ExitCode {
        signal(SIGPIPE, SIG_IGN)
        do {
            let engine = try Engine(settings)
            try engine.start()
            defer { engine.stop() }
            let server = try NetworkServer(
                configuration: configuration,
                executor: EngineExecutor(engine),
                metrics: { engine.metrics() },
                health: { engine.health() }
            )
            try server.start()
            if !quiet { printError(greeting(server)) }
            server.waitUntilStopped()
            return .ok
        } catch {
            printError("weir server: \(error)")
            return .failed
        }
    }

    private func greeting(_ server: NetworkServer) -> String {
        let topics = settings.bootstrapServers.map { "topics in Kafka at \($0)" } ?? "topics in its own log"
        var places = ["\(configuration.host):\(server.port)"]
        if let path = configuration.unixSocketPath { places.append(path) }
        let http = configuration.httpPort == nil ? "" : ", metrics on \(configuration.httpHost):\(server.httpPort)"
        return "weir \(Program.version) is ready on \(places.joined(separator: " and "))\(http); "
            + "data in \(settings.dataDirectory), \(topics), \(settings.threads) threads"
    }
}
