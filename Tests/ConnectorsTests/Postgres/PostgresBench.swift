import Foundation
import Runtime
import Testing
import Values

@testable import Connectors

extension PostgresTests {
    /// Prints what rows cost on their way into the target; run it in a release build with `WEIR_BENCH=1`.
    @Suite(.enabled(if: ProcessInfo.processInfo.environment["WEIR_BENCH"] != nil)) struct Bench {
        private static let rows = 200_000

        @Test(arguments: [20, 100, 250, 500, 1000, 5000, 20000]) func upserts(size: Int) throws {
            let server = try #require(TestPostgres.shared)
            try server.run("ALTER SYSTEM SET fsync = on")
            try server.run("SELECT pg_reload_conf()")
            let scene = try SinkScene("bench", values: [("NAME", .string), ("N", .integer), ("AT", .timestamp)])
            let rows = min(Bench.rows, size * 500)
            try scene.append(
                (0..<rows).map { row in
                    let key = (row &* 7919) % rows
                    return ("\(key)", #"{"NAME":"customer \#(key)","N":\#(row),"AT":17000000\#(row)}"#)
                }
            )
            for pass in ["insert", "update"] { try measure(scene, pass, size, rows) }
        }

        private func measure(_ scene: SinkScene, _ pass: String, _ size: Int, _ rows: Int) throws {
            let sink = try scene.sink(["batch.size": "\(size)"], connector: pass)
            let (start, ownStart) = (Date(), Bench.processSeconds())
            sink.start()
            let status = scene.wait(for: sink, 120) { $0.committed == Int64(rows) }
            let (seconds, own) = (Date().timeIntervalSince(start), Bench.processSeconds() - ownStart)
            #expect(status.rowsWritten == Int64(rows))
            let pid = try scene.server.query(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'weir \(pass)-\(scene.name)'"
            )
            let server = Bench.seconds(of: pid.first?.first.flatMap { $0 } ?? "")
            sink.stop()
            func perRow(_ seconds: Double) -> String { "\((seconds / Double(rows) * 1e8).rounded() / 100) µs" }
            print(
                "\(pass) batches of \(size): \(Int(Double(rows) / seconds)) rows/s, "
                    + "CPU a row \(perRow(own)) here, \(perRow(server)) in the server"
            )
        }

        /// CPU seconds of this process.
        private static func processSeconds() -> Double {
            Double(clock()) / Double(CLOCKS_PER_SEC)
        }

        /// CPU seconds of another process.
        private static func seconds(of pid: String) -> Double {
            let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            let fields = text.split(separator: " ")
            guard fields.count > 14 else { return 0 }
            return ((Double(fields[13]) ?? 0) + (Double(fields[14]) ?? 0)) / 100
        }
    }
}
