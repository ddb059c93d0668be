import Foundation
import Glibc
import Testing

@testable import Server

/// An engine in a directory of its own with a listener; both end with the object.
final class TestEngine {
    private(set) var engine: Engine
    private var server: NetworkServer
    private let directory: String

    var port: UInt16 { server.port }

    /// - Parameter servers: of a Kafka cluster; nil uses the embedded log.
    init(threads: Int = 1, bootstrapServers servers: String? = nil) throws {
        directory = NSTemporaryDirectory() + "weir-engine-" + UUID().uuidString
        var settings = EngineSettings(dataDirectory: directory, bootstrapServers: servers, threads: threads)
        settings.serviceID = "test-\(UUID().uuidString.prefix(8))"
        (engine, server) = try TestEngine.start(settings)
    }

    deinit {
        server.stop()
        engine.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func start(_ settings: EngineSettings) throws -> (Engine, NetworkServer) {
        let engine = try Engine(settings)
        try engine.start()
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.httpPort = nil
        let server = try NetworkServer(configuration: configuration, executor: EngineExecutor(engine))
        try server.start()
        return (engine, server)
    }

    /// Waits, ten seconds at the most, until every query has processed what there is.
    func waitUntilCaughtUp() {
        for _ in 0..<1000 where !engine.isCaughtUp() { usleep(10_000) }
    }

    /// What the server answers on a connection of its own, progress and greeting left out.
    func answer(_ sql: String) throws -> [String] {
        let client = try #require(TestClient(port: port))
        _ = client.line()
        client.send(sql + "\nPING end\n")
        var lines: [String] = []
        while let line = client.line(), line != "+PONG end" {
            if !line.hasPrefix("~") { lines.append(line) }
        }
        return lines
    }
}
