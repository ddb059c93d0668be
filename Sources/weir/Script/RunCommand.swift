import Glibc
import Server

extension Subcommand {
    /// `weir run`: scripts on an engine in this process.
    static let run = Subcommand(
        "run",
        summary: "run scripts on an engine of their own, in this process",
        operands: "FILE...",
        options: EngineOptions.options(defaultDirectory: "a new one under TMPDIR, removed") + [
            Option("exit", "x", "end when every query has caught up with its topics"),
            Option("format", "F", value: "NAME", "table (on a terminal), json (elsewhere), csv or tsv"),
            Option("keep-going", "k", "go on after a statement that failed"),
            ScriptVariables.option,
        ],
        examples: [
            "weir run sql-examples/hopping-alert.sql",
            "weir run --data-dir weir-data --exit definitions.sql records.sql",
        ]
    ) { arguments throws(UsageError) in
        guard !arguments.operands.isEmpty else { throw UsageError("no file is given; - is standard input") }
        return try RunCommand(arguments).run()
    }
}

/// `weir run` with its options.
private struct RunCommand {
    private let arguments: Arguments
    private let settings: EngineSettings
    private let style: ResultPrinter.Style
    private let variables: ScriptVariables

    /// How long a query may fail before it is no longer waited for.
    private static let failingMillisecondsMax = 10_000

    init(_ arguments: Arguments) throws(UsageError) {
        self.arguments = arguments
        settings = try EngineOptions.settings(arguments, defaultDirectory: "")
        style = try ResultPrinter.Style(arguments, Screen.standard)
        variables = try ScriptVariables(arguments)
    }

    func run() -> ExitCode {
        signal(SIGPIPE, SIG_IGN)
        setlocale(LC_CTYPE, "")
        Interrupt.install([SIGINT, SIGTERM])
        do {
            let local = try LocalEngine(settings)
            defer { local.stop() }
            guard try runScripts(local) else { return .failed }
            guard arguments.has("exit") else { return waitForInterrupt(local.engine) }
            guard let reason = waitUntilCaughtUp(local.engine) else { return .ok }
            printError("weir run: \(reason)")
            return .failed
        } catch let error as ClientError {
            printError("weir run: \(error.message)" + (error.hint.map { "\n  hint: \($0)" } ?? ""))
            return .failed
        } catch {
            printError("weir run: \(error)")
            return .failed
        }
    }

    private func runScripts(_ local: LocalEngine) throws(ClientError) -> Bool {
        let session = try SQLSession(local.address, token: nil, style: style, screen: .standard)
        var runner = ScriptRunner(session: session, keepsGoing: arguments.has("keep-going"), variables: variables)
        runner.settle = { _ = waitUntilCaughtUp(local.engine) }
        guard try runner.defineVariables() else { return false }
        for file in arguments.operands {
            guard try runner.runFile(file) else { return false }
        }
        return true
    }

    private func waitForInterrupt(_ engine: Engine) -> ExitCode {
        guard engine.hasWork else { return .ok }
        printError("the queries go on; Ctrl-C ends them")
        var wait = pollfd(fd: Interrupt.descriptor, events: Int16(POLLIN), revents: 0)
        while !Interrupt.take() { poll(&wait, 1, -1) }
        return .ok
    }

    /// Waits until every query has processed what is in its topics.
    /// - Returns: why that did not come about, or nil.
    private func waitUntilCaughtUp(_ engine: Engine) -> String? {
        var failingMilliseconds = 0
        var reason: String?
        let isCaughtUp = engine.waitUntilCaughtUp {
            let problem = engine.problem()
            failingMilliseconds = problem == nil ? 0 : failingMilliseconds + 10
            if failingMilliseconds >= Self.failingMillisecondsMax { reason = problem }
            var wait = pollfd(fd: Interrupt.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&wait, 1, 10)
            if Interrupt.take() { reason = "interrupted before the queries had caught up" }
            return reason == nil
        }
        return isCaughtUp ? nil : reason
    }
}
