import Glibc
import Server

extension Subcommand {
    /// `weir test`: cases of SQL, run without a server.
    static let test = Subcommand(
        "test",
        summary: "run tests of SQL in memory, without a server",
        operands: "PATH...",
        options: [
            Option("qtt", "q", "the files are query validation tests of ksqlDB (JSON)"),
            Option("report", "r", value: "FILE.json", "write a list with an object a case"),
            Option("filter", "f", value: "TEXT", "only cases whose name contains TEXT"),
            Option("jobs", "j", value: "N", "processes at the same time (one a core)"),
            Option("verbose", "v", "name every case"),
            Option("worker", nil, "run the cases whose numbers come on standard input, for weir test itself"),
        ],
        examples: [
            "weir test sql-examples/tests",
            "weir test --qtt query-validation-tests --report report.json",
        ]
    ) { arguments throws(UsageError) in
        guard !arguments.operands.isEmpty else { throw UsageError("no file is given") }
        return try TestCommand(arguments).run()
    }
}

/// `weir test` with its options.
private struct TestCommand {
    private let arguments: Arguments
    private let jobs: Int

    init(_ arguments: Arguments) throws(UsageError) {
        self.arguments = arguments
        jobs = try arguments.integer("jobs", in: 1...1024) ?? max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
    }

    func run() -> ExitCode {
        do {
            let kind: TestSuite.Kind = arguments.has("qtt") ? .conformance : .sql
            let suite = try TestSuite(kind, paths: arguments.operands, filter: arguments.value("filter"))
            guard suite.count > 0 else {
                printError("weir test: there are no such tests")
                return .failed
            }
            if arguments.has("worker") {
                CaseWorker.serve(suite)
                return .ok
            }
            signal(SIGPIPE, SIG_IGN)
            let words =
                ["test", "--worker"] + (kind == .conformance ? ["--qtt"] : []) + filterWords + ["--"]
                + arguments.operands
            let results = try CasePool(suite, arguments: words, jobs: jobs).run()
            return try report(results)
        } catch {
            printError("weir test: \(error)")
            return .failed
        }
    }

    private var filterWords: [String] { arguments.value("filter").map { ["--filter", $0] } ?? [] }

    private func report(_ results: [CaseResult]) throws -> ExitCode {
        let summary = CaseSummary(results)
        if let file = arguments.value("report") {
            guard TextFile.write(JSONValue.array(results.map(\.json)).compactText + "\n", to: file) else {
                printError("weir test: cannot write \(file): \(TextFile.reason())")
                return .failed
            }
        }
        for result in results where arguments.has("verbose") || result.status == .fail || result.status == .crash {
            printLine(CaseSummary.line(result))
        }
        printLine(summary.table)
        return summary.hasFailures ? .failed : .ok
    }
}
