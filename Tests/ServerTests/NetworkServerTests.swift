import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Server

/// The same protocol over real sockets: what only they can show.
@Suite(.serialized, .timeLimit(.minutes(1))) struct NetworkServerTests {
    let executor = ScriptedExecutor(queue: DispatchQueue(label: "executor"))

    private func start(_ change: (inout ServerConfiguration) -> Void = { _ in }) throws -> NetworkServer {
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.httpPort = nil
        change(&configuration)
        let server = try NetworkServer(configuration: configuration, executor: executor, metrics: { "weir_up 1\n" })
        try server.start()
        return server
    }

    private func eventually(_ condition: () -> Bool) -> Bool {
        for _ in 0..<1000 {
            if condition() { return true }
            usleep(5000)
        }
        return condition()
    }

    @Test func greetsAnswersAndStops() throws {
        let server = try start()
        let client = try #require(TestClient(port: server.port))
        #expect(client.line()?.hasPrefix("+WEIR 1 {") == true)
        client.send("ECHO hello;\n")
        #expect(client.reply() == ["#{\"columns\":[[\"TEXT\",\"STRING\"]]}", "[\"hello\"]", "+OK 1 rows"])
        client.send("PUSH;\n")
        #expect(client.line()?.hasPrefix("#{\"query\"") == true)
        server.stop()
        let hint = "the server is shutting down | hint: connect again in a moment"
        #expect(client.rest() == ["*57P01 the server is shutting down", "-57P01 \(hint)"])
        server.waitUntilStopped()
        #expect(TestClient(port: server.port) == nil)
        #expect(executor.endedSessions.load(ordering: .relaxed) == 1)
    }

    @Test func answersManyPipelinedLines() throws {
        let server = try start()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        let count = 20_000
        // The answers are read at the same time: the server stops reading from a client that does not.
        let sender = Thread(client) { client in
            client.send(String(repeating: "ROWS 1;\n", count: count))
            client.endInput()
        }
        let lines = client.rest()
        sender.join()
        #expect(lines.count == 1 + 3 * count)
        #expect(lines.last == "+OK 1 rows")
    }

    @Test func finishesWhatWasSentBeforeHalfClose() throws {
        let server = try start()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        client.send("ECHO a;\nECHO b;\n@t ROWS 3;\n")
        client.endInput()
        let lines = client.rest()
        #expect(lines.filter { $0.hasPrefix("+OK") }.count == 2)
        #expect(lines.contains("@t +OK 3 rows"))
    }

    @Test func survivesALineOfTenMegabytes() throws {
        let server = try start()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        _ = client.line()
        client.send(Array(repeating: UInt8(ascii: "x"), count: 10 << 20) + Array("\nPING alive\n".utf8))
        #expect(client.line()?.hasPrefix("-54000 the line is longer than 1048576 bytes") == true)
        #expect(client.line() == "+PONG alive")
    }

    @Test func cancelsInTheMiddleOfAStream() throws {
        let server = try start()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        _ = client.line()
        client.send("ROWS 1000000000;\n")
        for _ in 0..<5000 { _ = client.line() }
        client.send("CANCEL\n")
        let lines = client.reply()
        #expect(lines.last == "-57014 cancelled at the client's request")
        #expect(client.line() == "+OK cancelled")
        #expect(executor.cancellations.withLock { $0 } == [.request])
    }

    @Test func boundsWhatASlowReaderCosts() throws {
        let server = try start { configuration in
            configuration.limits.outputHighWater = 100_000
            configuration.limits.outputLowWater = 20_000
        }
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        _ = client.line()
        let rows = 300_000
        client.send("ROWS \(rows);\n")
        usleep(200_000)
        // What the kernel takes beyond our own bound differs; it is a few megabytes.
        #expect(executor.unpausedBytesMax.load(ordering: .relaxed) < 8 << 20)
        client.send("PING still read\n")
        #expect(client.reply().count == rows + 2)
        #expect(client.line() == "+PONG still read")
    }

    @Test func endsTheRequestOfAProducerThatNeverPauses() throws {
        let server = try start { $0.limits.outputMax = 1 << 20 }
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        _ = client.line()
        client.send("SHOUT 10000;\n")
        usleep(50_000)
        #expect(client.reply().last?.hasPrefix("-53400 the client reads too slowly") == true)
        client.send("PING x\n")
        #expect(client.line() == "+PONG x")
    }

    @Test func noticesAReset() throws {
        let server = try start()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        _ = client.line()
        client.send("@a PUSH;\n@b PUSH;\nECHO x;\nINSERT INTO s FORMAT JSON;\n{\"a\":")
        for _ in 0..<5 { _ = client.line() }
        client.reset()
        #expect(eventually { executor.endedSessions.load(ordering: .relaxed) == 1 })
        #expect(executor.cancellations.withLock { $0 } == [.disconnected, .disconnected])
        #expect(eventually { server.openConnections.load(ordering: .relaxed) == 0 })
    }

    @Test func takesMoreRecordsThanItsWindow() throws {
        let server = try start()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        _ = client.line()
        let megabytes = 8
        let record =
            "{\"id\":12345678,\"name\":\"somebody\",\"amount\":\"123.45\",\"note\":\"a hundred bytes more or less\"}\n"
        let chunk = Array(String(repeating: record, count: (1 << 20) / record.utf8.count).utf8)
        let count = chunk.count / record.utf8.count * megabytes
        client.send("INSERT INTO s FORMAT JSON;\n")
        for _ in 0..<megabytes { client.send(chunk) }
        client.send("\\.\n")
        #expect(client.reply().last == "+OK \(count) records into S, 0 skipped")
    }

    @Test func refusesConnectionsBeyondTheLimit() throws {
        let server = try start { $0.connectionsMax = 16 }
        defer { server.stop() }
        let clients = (0..<16).compactMap { _ in TestClient(port: server.port) }
        for client in clients { #expect(client.line()?.hasPrefix("+WEIR") == true) }
        let extra = try #require(TestClient(port: server.port))
        #expect(extra.rest() == ["-53300 too many connections: 16 are open | hint: try again later"])
    }

    @Test(.enabled(if: descriptorLimit() >= 10_600)) func opensFiveThousandConnectionsAtOnce() throws {
        let server = try start()
        defer { server.stop() }
        let clients = (0..<5000).compactMap { _ in TestClient(port: server.port) }
        #expect(clients.count == 5000)
        #expect(eventually { server.openConnections.load(ordering: .relaxed) == 5000 })
        for client in clients { client.send("PING x\n") }
        for client in clients {
            _ = client.line()
            #expect(client.line() == "+PONG x")
        }
    }

    @Test func asksForTheTokenInTime() throws {
        let server = try start { configuration in
            configuration.token = "s3cret"
            configuration.limits.authenticationTimeoutMilliseconds = 100
        }
        defer { server.stop() }
        let late = try #require(TestClient(port: server.port))
        let prompt = try #require(TestClient(port: server.port))
        prompt.send("AUTH TOKEN s3cret\n")
        #expect(late.rest().last?.hasPrefix("-28000 no authentication within") == true)
        prompt.send("PING x\n")
        #expect(prompt.reply().last?.hasPrefix("+WEIR") == true)
        #expect(prompt.line() == "+OK authenticated")
        #expect(prompt.line() == "+PONG x")
    }

    @Test func refusesToBeOpenToOthersWithoutAToken() throws {
        #expect(throws: ServerError.self) { try start { $0.host = "0.0.0.0" } }
        #expect(throws: ServerError.self) { try start { $0.host = "::" } }
        #expect(throws: ServerError.self) { try start { $0.host = "example.org" } }
        for change in [{ $0.token = "x" }, { $0.insecure = true }] as [(inout ServerConfiguration) -> Void] {
            let server = try start { configuration in
                configuration.host = "0.0.0.0"
                change(&configuration)
            }
            server.stop()
        }
    }

    @Test func listensOnAUnixSocket() throws {
        let path = "/tmp/weir-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
        let server = try start { $0.unixSocketPath = path }
        #expect(throws: ServerError.self) { try start { $0.unixSocketPath = path } }
        let client = try #require(TestClient(path: path))
        client.send("PING x\n")
        #expect(client.line()?.hasPrefix("+WEIR") == true)
        #expect(client.line() == "+PONG x")
        server.stop()
        server.waitUntilStopped()
        #expect(access(path, F_OK) != 0)
    }

    @Test func servesMetrics() throws {
        let server = try start { $0.httpPort = 0 }
        defer { server.stop() }
        func get(_ path: String) throws -> [String] {
            let client = try #require(TestClient(port: server.httpPort))
            client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return client.rest()
        }
        let metrics = try get("/metrics")
        #expect(metrics.first?.hasPrefix("HTTP/1.1 200") == true)
        #expect(metrics.last == "weir_up 1")
        #expect(try get("/healthz").last == "ok")
        #expect(try get("/").last?.contains("/metrics") == true)
        #expect(try get("/nothing").first?.hasPrefix("HTTP/1.1 404") == true)
    }
}

/// How many descriptors this process may open, after asking for all it can get.
private func descriptorLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int(clamping: limit.rlim_max)
}

/// A thread with its argument, joined by hand.
private final class Thread<Argument> {
    private let done = DispatchSemaphore(value: 0)

    init(_ argument: Argument, _ body: @escaping (Argument) -> Void) {
        let work = UncheckedWork(argument: argument, body: body)
        DispatchQueue.global().async { [done] in
            work.body(work.argument)
            done.signal()
        }
    }

    func join() { done.wait() }
}

/// Carries a client to the one other thread that sends on it.
private struct UncheckedWork<Argument>: @unchecked Sendable {
    // Sendable: sending and receiving on a socket are independent, and each is done by one thread.
    let argument: Argument
    let body: (Argument) -> Void
}
