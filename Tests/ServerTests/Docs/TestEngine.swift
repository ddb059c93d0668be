import Foundation
import Glibc

@testable import Server

/// An engine in a directory of its own with a listener; both end with the object.
final class TestEngine {
    let engine: Engine
    let port: UInt16
    private let server: NetworkServer
    private let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "weir-engine-" + UUID().uuidString
        engine = try Engine(EngineSettings(dataDirectory: directory, threads: 1))
        try engine.start()
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.httpPort = nil
        server = try NetworkServer(configuration: configuration, executor: EngineExecutor(engine))
        try server.start()
        port = server.port
    }

    deinit {
        server.stop()
        engine.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Waits, ten seconds at the most, until every query has processed what there is.
    func waitUntilCaughtUp() {
        for _ in 0..<1000 where !engine.isCaughtUp() { usleep(10_000) }
    }
}
