import Glibc
import Runtime
import Storage
import Values

/// One measured run of a benchmark query: fills the input, lets the query drain it, sums up the output.
public struct BenchRun {
    /// What to measure.
    public struct Settings {
        public var query: BenchQuery
        public var events = 1_000_000
        public var partitions = 4
        public var threads: Int
        /// Distinct keys of the query `keys`.
        public var keys = 10_000_000
        /// Kafka's HOST:PORT; nil measures the embedded log.
        public var bootstrapServers: String?
        /// Nexmark events a second of event time.
        public var rate = 10_000
        /// Session properties, such as the cache size.
        public var properties: [String: String] = [:]
        public var dataDirectory: String

        public init(query: BenchQuery, threads: Int, dataDirectory: String) {
            self.query = query
            self.threads = threads
            self.dataDirectory = dataDirectory
        }
    }

    /// What was measured.
    public struct Result {
        public let query: String
        public let events: Int
        public let wallSeconds: Double
        /// User and system time of this process during the drain, a million events.
        public let cpuSecondsPerMillion: Double
        public let peakMegabytes: Double
        public let stateBytes: Int64
        /// From the start of the query to its first committed row.
        public let firstRowSeconds: Double
        public let rowsOut: Int
        /// Of the output, whatever the batch size, the threads and restarts.
        public let checksum: String
    }

    private let settings: Settings

    public init(_ settings: Settings) { self.settings = settings }

    /// Runs it.
    /// - Throws: what the engine throws; ``BenchError`` when the query fails or stands still.
    public func run(progress: (String) -> Void) throws -> Result {
        var engineSettings = EngineSettings(
            dataDirectory: settings.dataDirectory,
            bootstrapServers: settings.bootstrapServers,
            threads: settings.threads
        )
        engineSettings.properties = settings.properties
        engineSettings.serviceID = "bench-\(getpid())-\(Clock.system.wallMilliseconds())"
        let engine = try Engine(engineSettings)
        try engine.start()
        defer { engine.stop() }
        progress("filling topic \(settings.query.input)")
        try BenchInput(settings).fill(engine.broker)
        try engine.broker.deleteTopic("out")
        for statement in settings.query.statements.dropLast() { _ = try engine.perform(statement) }
        let before = ResourceUse.now()
        progress("draining topic \(settings.query.input)")
        guard let last = settings.query.statements.last else { throw BenchError("the query has no statement") }
        let started = Clock.system.monotonicMilliseconds()
        _ = try engine.perform(last)
        let first = try waitUntilDrained(engine, started)
        let after = ResourceUse.now()
        let stateBytes = engine.stateBytes()
        let events = Int(engine.rowsRead(from: settings.query.input))
        // What the cluster keeps for the query alone goes with it.
        try engine.perform("TERMINATE ALL")
        progress("reading topic out")
        let (rows, checksum) = try BenchChecksum.of("out", engine.broker, isTable: settings.query.isTable)
        return Result(
            query: settings.query.name,
            events: events,
            wallSeconds: after.wall - before.wall,
            cpuSecondsPerMillion: (after.cpu - before.cpu) / (Double(events) / 1e6),
            peakMegabytes: after.peakMegabytes,
            stateBytes: stateBytes,
            firstRowSeconds: first,
            rowsOut: rows,
            checksum: checksum
        )
    }

    /// Waits until every input is read and committed; returns the seconds to the first output.
    private func waitUntilDrained(_ engine: Engine, _ started: Int64) throws -> Double {
        var first: Double?
        while true {
            // Asking how far it is costs the broker some requests, which would count as work of the query.
            usleep(first == nil ? 2000 : 20_000)
            let elapsed = Double(Clock.system.monotonicMilliseconds() - started) / 1000
            if first == nil, try hasOutput(engine) { first = elapsed }
            if let error = engine.queryError() { throw BenchError(error) }
            if engine.totalLag() == 0 { return first ?? elapsed }
        }
    }

    private func hasOutput(_ engine: Engine) throws -> Bool {
        guard let topic = try engine.broker.describe("out") else { return false }
        return try (0..<topic.partitions).contains { number in
            try engine.broker.offsets(of: TopicPartition("out", Int32(number))).upperBound > 0
        }
    }
}

/// A benchmark that could not be finished.
public struct BenchError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Time and memory of this process.
struct ResourceUse {
    let wall: Double
    let cpu: Double
    let peakMegabytes: Double

    static func now() -> ResourceUse {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        var clock = timespec()
        clock_gettime(CLOCK_MONOTONIC, &clock)
        return ResourceUse(
            wall: Double(clock.tv_sec) + Double(clock.tv_nsec) / 1e9,
            cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            peakMegabytes: Double(usage.ru_maxrss) / 1024
        )
    }
}
