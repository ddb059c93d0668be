import Glibc
import Server

extension Subcommand {
    /// `weir bench nexmark`: how fast a query drains a topic; `weir bench functions`: what a row costs in every function.
    ///
    /// Both measure in this process.
    static let bench = Subcommand(
        "bench",
        summary: "measure a query on generated events, or every function",
        operands: "nexmark | functions [NAME...]",
        options: [
            Option("query", "Q", value: "NAME", BenchQuery.all.map(\.name).joined(separator: " ")),
            Option("events", "n", value: "N", "how many to generate when the topic is empty (1000000)"),
            Option("source", value: "embedded|kafka:HOST:PORT", "where the topics are (embedded)"),
            Option("partitions", value: "P", "of the input topic (4)"),
            Option("threads", "t", value: "T", "stream threads (one a core)"),
            Option("keys", "k", value: "K", "distinct keys of the query keys (10000000)"),
            Option("property", "P", value: "NAME=VALUE", "what SET does; may be repeated"),
            Option("data-dir", "d", value: "DIR", "keep data here (a new directory under TMPDIR, removed)"),
            Option("json", "j", "print JSON objects"),
        ],
        examples: ["weir bench nexmark --query tumble --events 5000000 --json", "weir bench functions SPLIT MD5"]
    ) { arguments throws(UsageError) in
        if arguments.operands.first == "functions" {
            return FunctionBenchCommand(
                names: Array(arguments.operands.dropFirst()),
                asJSON: arguments.has("json")
            ).run()
        }
        guard arguments.operands == ["nexmark"] else {
            throw UsageError("the benchmark to run is nexmark or functions")
        }
        guard let name = arguments.value("query") else { throw UsageError("--query is missing") }
        guard let query = BenchQuery.all.first(where: { $0.name == name }) else {
            throw UsageError("no query \"\(name)\"; there are \(BenchQuery.all.map(\.name).joined(separator: " "))")
        }
        return try BenchCommand(query, arguments).run()
    }
}

/// One measured run with its options.
private struct BenchCommand {
    private let settings: BenchRun.Settings
    private let asJSON: Bool
    private let keepsData: Bool

    init(_ query: BenchQuery, _ arguments: Arguments) throws(UsageError) {
        let engine = try EngineOptions.settings(arguments, defaultDirectory: "")
        keepsData = arguments.has("data-dir")
        asJSON = arguments.has("json")
        var settings = BenchRun.Settings(query: query, threads: engine.threads, dataDirectory: engine.dataDirectory)
        if let events = try arguments.integer("events", in: 1...10_000_000_000) { settings.events = events }
        if let partitions = try arguments.integer("partitions", in: 1...10_000) { settings.partitions = partitions }
        if let keys = try arguments.integer("keys", in: 1...1_000_000_000_000) { settings.keys = keys }
        settings.properties = engine.properties
        switch arguments.value("source") {
        case nil, "embedded": break
        case let source? where source.hasPrefix("kafka:"): settings.bootstrapServers = String(source.dropFirst(6))
        case let source?: throw UsageError("--source takes embedded or kafka:HOST:PORT, not \"\(source)\"")
        }
        self.settings = settings
    }

    func run() -> ExitCode {
        do {
            let directory = keepsData ? nil : try TemporaryDirectory("weir-bench")
            defer { directory?.remove() }
            var settings = settings
            if let directory { settings.dataDirectory = directory.path }
            let result = try BenchRun(settings).run { if !asJSON { printError($0) } }
            printLine(asJSON ? Self.json(result) : Self.text(result))
            return .ok
        } catch {
            printError("weir bench: \(error)")
            return .failed
        }
    }

    private static func json(_ result: BenchRun.Result) -> String {
        let fields = [
            #""query":"\#(result.query)""#,
            #""events":\#(result.events)"#,
            #""wall_s":\#(rounded(result.wallSeconds))"#,
            #""cpu_s_per_million":\#(rounded(result.cpuSecondsPerMillion))"#,
            #""peak_rss_mb":\#(rounded(result.peakMegabytes))"#,
            #""state_bytes":\#(result.stateBytes)"#,
            #""first_row_s":\#(rounded(result.firstRowSeconds))"#,
            #""rows_out":\#(result.rowsOut)"#,
            #""checksum":"\#(result.checksum)""#,
        ]
        return "{\(fields.joined(separator: ","))}"
    }

    private static func text(_ result: BenchRun.Result) -> String {
        let perSecond = Int(1e6 / max(result.cpuSecondsPerMillion, 1e-9))
        return """
            query             \(result.query)
            events            \(result.events)
            wall              \(rounded(result.wallSeconds)) s
            CPU               \(rounded(result.cpuSecondsPerMillion)) s a million events, \(perSecond) events a CPU-second
            peak memory       \(rounded(result.peakMegabytes)) MB
            state             \(result.stateBytes) bytes
            first row after   \(rounded(result.firstRowSeconds)) s
            rows out          \(result.rowsOut), checksum \(result.checksum)
            """
    }

    /// Four decimals are enough for anybody.
    private static func rounded(_ number: Double) -> Double { (number * 10_000).rounded() / 10_000 }
}
