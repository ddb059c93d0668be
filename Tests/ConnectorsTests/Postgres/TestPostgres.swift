import Foundation
import Synchronization
import TestSupport

@testable import Connectors

/// A private PostgreSQL server on a socket in a temporary directory, started once for all tests and ended with them.
final class TestPostgres: Sendable {
    /// nil where PostgreSQL is not installed, which is said once, loudly.
    static let shared: TestPostgres? = {
        guard let server = TestPostgres() else {
            print("!!! PostgreSQL is not installed under /usr/lib/postgresql: the sink's tests do not run")
            return nil
        }
        return server
    }()

    static var isThere: Bool { shared != nil }

    private let binaries: String
    private let directory: String

    /// Where the sinks connect.
    var url: String { "host=\(directory) user=tester dbname=postgres" }

    private init?() {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        guard let newest = versions.max(by: { (Double($0) ?? 0) < (Double($1) ?? 0) }) else { return nil }
        binaries = "/usr/lib/postgresql/\(newest)/bin"
        guard FileManager.default.isExecutableFile(atPath: binaries + "/initdb") else { return nil }
        directory = "/tmp/weir-pg-\(UUID().uuidString.prefix(8))"
        let options = """
            fsync = off\nlisten_addresses = ''\nunix_socket_directories = '\(directory)'\nmax_connections = 50
            shared_buffers = 64MB\nmax_wal_size = 4GB\nautovacuum = off\nlog_min_messages = fatal\ntimezone = 'Asia/Tokyo'
            """
        let made = shell(
            """
            mkdir -p \(directory) && chmod 755 \(directory) && \(ownership) \
            \(asServer) \(binaries)/initdb -D \(directory)/data -U tester -A trust -N -E UTF8 --no-locale && \
            cat >> \(directory)/data/postgresql.conf <<'END'
            \(options)
            END
            """
        )
        guard made == 0, start() else { return nil }
        // Ends the server after the tests, whatever way they end.
        let pid = ProcessInfo.processInfo.processIdentifier
        shell(
            """
            setsid sh -c 'while kill -0 \(pid) 2>/dev/null; do sleep 0.5; done; \
            \(asServer) \(binaries)/pg_ctl -D \(directory)/data stop -m immediate; rm -rf \(directory)' &
            """
        )
    }

    /// The server refuses to run as root.
    private var asServer: String {
        geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : ""
    }

    private var ownership: String { geteuid() == 0 ? "chown postgres:postgres \(directory) &&" : "" }

    /// - Returns: true when it runs.
    @discardableResult
    func start() -> Bool {
        shell("cd \(directory) && \(asServer) \(binaries)/pg_ctl -D \(directory)/data -w -l \(directory)/log start")
            == 0
    }

    func stop() {
        shell("cd \(directory) && \(asServer) \(binaries)/pg_ctl -D \(directory)/data stop -m fast")
    }

    /// Runs a command, which may leave a server behind.
    /// - Returns: its status; not 0 also when it cannot run or does not end.
    @discardableResult
    private func shell(_ command: String) -> Int32 {
        do {
            return try Program.shell("exec >/dev/null 2>&1 </dev/null; \(command)").run().status
        } catch {
            print("!!! \(error)")
            return -1
        }
    }

    /// A connection of the test's own.
    func connect(_ user: String = "tester") throws -> PostgresConnection {
        let parameters = try ConnectionParameters(url: url, user: user, password: nil, connector: "test")
        let connection = try PostgresConnection(parameters, interrupt: Interrupt())
        try SinkSession.prepare(connection)
        return connection
    }

    /// The rows of a query, values as text.
    @discardableResult
    func query(_ sql: String) throws -> [[String?]] {
        try connect().rows(sql)
    }

    /// Runs statements that return nothing.
    func run(_ statements: String...) throws {
        let connection = try connect()
        for statement in statements { try connection.execute(statement) }
    }
}

extension PostgresConnection {
    func rows(_ sql: String) throws -> [[String?]] {
        let result = try execute(sql)
        var rows: [[String?]] = []
        for row in 0..<result.rowCount {
            var fields: [String?] = []
            for column in 0..<result.columnCount { fields.append(result.text(row, column)) }
            rows.append(fields)
        }
        return rows
    }
}
