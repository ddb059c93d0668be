import Glibc
import Server

/// An engine in this process with a server that only this process can talk to, over a unix socket.
final class LocalEngine {
    let engine: Engine
    private let server: NetworkServer
    private let directory: TemporaryDirectory
    private let socketPath: String

    /// Opens and starts everything.
    /// - Parameters:
    ///   - settings: an empty data directory stands for a temporary one.
    ///   - port: listen on this port of 127.0.0.1 as well; 0 lets the system choose.
    init(_ settings: EngineSettings, port: UInt16? = nil) throws {
        directory = try TemporaryDirectory("weir")
        socketPath = directory.path + "/socket"
        do {
            var settings = settings
            if settings.dataDirectory.isEmpty { settings.dataDirectory = directory.path + "/data" }
            engine = try Engine(settings)
            try engine.start()
        } catch {
            directory.remove()
            throw error
        }
        var configuration = ServerConfiguration()
        configuration.version = Program.version
        configuration.listensOnPort = port != nil
        configuration.port = port ?? 0
        configuration.httpPort = nil
        configuration.unixSocketPath = socketPath
        do {
            server = try NetworkServer(configuration: configuration, executor: EngineExecutor(engine))
            try server.start()
        } catch {
            engine.stop()
            directory.remove()
            throw error
        }
    }

    /// Where to connect to.
    var address: LineClient.Address { .unixSocket(socketPath) }

    /// Where others could connect to; 0 without a port.
    var port: UInt16 { server.port }

    /// Commits, stops and removes what is temporary.
    func stop() {
        server.stop()
        server.waitUntilStopped()
        engine.stop()
        directory.remove()
    }
}
