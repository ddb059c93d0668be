import Dispatch
import Foundation
import TestSupport
import Testing

@testable import Server

/// `weir sql` as a process with pipes, against a server in this process.
@Suite(.serialized, .timeLimit(.minutes(1)), .enabled(if: FileManager.default.isExecutableFile(atPath: shellPath)))
struct ShellTests {
    private func start(_ change: (inout ServerConfiguration) -> Void = { _ in }) throws -> NetworkServer {
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.httpPort = nil
        change(&configuration)
        let executor = ScriptedExecutor(queue: DispatchQueue(label: "executor"))
        let server = try NetworkServer(configuration: configuration, executor: executor)
        try server.start()
        return server
    }

    /// Runs `weir sql` with input to its end.
    private func run(
        _ port: UInt16,
        _ arguments: [String],
        input: String = "",
        environment: [String: String] = [:]
    ) throws -> Program.Result {
        try Program(shellPath, ["sql", "--port", "\(port)"] + arguments, environment: environment).run(input: input)
    }

    @Test func writesObjectsIntoAPipe() throws {
        let server = try start()
        defer { server.stop() }
        let result = try run(server.port, ["-c", "rows 2; echo it's \"x\"", "--command", "ROWS 1;"])
        let row = "{\"N\":1,\"S\":\"abcdefghijklmnopqrstuvwxyz\"}\n"
        #expect(
            result == Program.Result(output: row + row + "{\"TEXT\":\"it's \\\"x\\\"\"}\n" + row, errors: "", status: 0)
        )
    }

    @Test func drawsTables() throws {
        let server = try start()
        defer { server.stop() }
        let result = try run(server.port, ["--format", "table"], input: "ROWS 2;\n\n")
        let expected = """
            ┌────────┬────────────────────────────┐
            │ N      │ S                          │
            │ BIGINT │ STRING                     │
            ├────────┼────────────────────────────┤
            │      1 │ abcdefghijklmnopqrstuvwxyz │
            │      1 │ abcdefghijklmnopqrstuvwxyz │
            └────────┴────────────────────────────┘

            """
        #expect(result == Program.Result(output: expected, errors: "", status: 0))
    }

    @Test func writesCommaSeparatedValues() throws {
        let server = try start()
        defer { server.stop() }
        let result = try run(server.port, ["-F", "csv", "-c", "ROWS 2;"])
        #expect(result == Program.Result(output: "N,S\n1,abc\n1,abc\n", errors: "", status: 0))
    }

    @Test func pointsAtMistakesAndStops() throws {
        let server = try start()
        defer { server.stop() }
        let expected = """
            ERROR 42703 unknown column "X"  (line 1, column 6)
              FAIL tabs and all;
                   ^
              hint: did you mean "Y"?

            """
        #expect(
            try run(server.port, ["-c", "FAIL tabs and all; ECHO x;"])
                == Program.Result(output: "", errors: expected, status: 1)
        )
        let goesOn = try run(server.port, ["-k", "-c", "FAIL tabs and all; ECHO x;"])
        #expect(goesOn == Program.Result(output: "{\"TEXT\":\"x\"}\n", errors: expected, status: 1))
        let script = try run(server.port, [], input: "\n\nECHO x;\n\nFAIL;\nECHO y;\n")
        #expect(script.output == "{\"TEXT\":\"x\"}\n")
        #expect(script.errors.hasPrefix("ERROR 42703 unknown column \"X\"  (standard input, line 5, column 6)\n"))
        #expect(script.status == 1)
    }

    @Test func carriesRecords() throws {
        let server = try start()
        defer { server.stop() }
        // 3 MB, more than the pipe and one read hold.
        let records = String(repeating: "{\"a\":\"0123456789012345678901234567890123456789\"}\n", count: 60_000)
        let fromInput = try run(server.port, ["-c", "INSERT INTO s FORMAT JSON; ECHO x"], input: records + "bad")
        #expect(fromInput.output == "{\"TEXT\":\"x\"}\n")
        #expect(fromInput.errors == "note: line 60001: not a record, skipped\n")
        let script =
            "INSERT INTO s FORMAT JSON STRICT;\n" + records + "\\.\nECHO x;\nINSERT INTO missing FORMAT JSON;\n1\n\\.\n"
        let fromScript = try run(server.port, [], input: script)
        #expect(fromScript.output == "{\"TEXT\":\"x\"}\n")
        #expect(
            fromScript.errors.hasPrefix(
                "ERROR 42P01 unknown stream \"MISSING\"  (standard input, line 60004, column 13)"
            )
        )
        #expect(fromScript.status == 1)
    }

    @Test func endsAPushQueryOnInterrupt() throws {
        let server = try start()
        defer { server.stop() }
        // The header says that the query runs.
        let arguments = ["sql", "--port", "\(server.port)", "-F", "csv", "-c", "PUSH;"]
        let result = try Program(shellPath, arguments).run(signal: SIGINT)
        #expect(result == Program.Result(output: "N\n", errors: "", status: 0))
    }

    @Test func saysWhoItIs() throws {
        let server = try start { $0.token = "s3cret" }
        defer { server.stop() }
        #expect(try run(server.port, ["-c", "ECHO x"]).errors.contains("the server asks for a token"))
        let wrong = try run(server.port, ["-c", "ECHO x"], environment: ["WEIR_TOKEN": "wrong"])
        #expect(wrong == Program.Result(output: "", errors: "weir sql: the token is wrong\n", status: 1))
        let right = try run(server.port, ["-c", "ECHO x"], environment: ["WEIR_TOKEN": "s3cret"])
        #expect(right == Program.Result(output: "{\"TEXT\":\"x\"}\n", errors: "", status: 0))
    }

    @Test func refusesAWrongCommandLine() throws {
        #expect(try run(1, ["--format", "yaml"]).status == 2)
        #expect(try run(1, ["--nothing"]).errors == "weir sql: unknown option --nothing; see weir sql --help\n")
        #expect(try run(1, ["--file"]).status == 2)
        #expect(try run(1, ["operand"]).status == 2)
        let help = try run(1, ["--help"])
        #expect(help.status == 0)
        #expect(help.output.split(separator: "\n").count < 24)
        #expect(try run(1, ["-c", "x"]).errors.contains("cannot connect to 127.0.0.1:1"))
    }
}

/// The program beside the test bundle.
let shellPath: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(filePath: own).deletingLastPathComponent().appending(path: "weir").path()
}()
