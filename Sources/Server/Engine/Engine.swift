import Connectors
import Dispatch
import Functions
import Planner
import Runtime
import Storage
import Synchronization

/// The engine behind the server: catalog, queries, stream threads, topics and state.
///
/// Statements run one after another on ``control``; stream threads, connectors and readers do the work. Whatever is here
/// survives a restart: the catalog is read, and its queries go on from their last commit.
public final class Engine: @unchecked Sendable {
    // Unchecked: everything mutable is touched on `control` alone; the rest is constant after `init`.

    let settings: EngineSettings
    let database: any StateDatabase
    let broker: any Broker
    let services: QueryServices
    let threads: [any StreamWorker]
    /// Where statements run and where the fields below are touched.
    let control = DispatchQueue(label: "weir.control")
    /// Where pull queries, PRINT and bulk inserts run, several at a time.
    let readers = DispatchQueue(label: "weir.readers", attributes: .concurrent)
    let startedAt: Int64
    /// Counts inserted records without a key.
    let keylessCount = Counter()

    var catalog = Catalog()
    var store: CatalogStore
    var queries: [String: RunningQuery] = [:]
    var pushQueries: [String: RunningPushQuery] = [:]
    var connectors: [String: any SinkConnector] = [:]
    /// Statements of the catalog that could not be carried out at the start, by object.
    var startProblems: [String: String] = [:]
    private var pushQueryCount = 0
    private var dealt = 0
    private var ticker: (any DispatchSourceTimer)?
    private var subscription: AppendSubscription?

    /// Opens the data directory and the topics; nothing runs before ``start()``.
    /// - Throws: when the directory is in use or unreadable, or Kafka does not answer.
    public convenience init(_ settings: EngineSettings) throws {
        let parts = try settings.open()
        try self.init(
            settings,
            database: parts.database,
            broker: parts.broker,
            clock: .system,
            threads: (0..<settings.threads).map { StreamThread(name: "t\($0)") }
        )
    }

    /// An engine of given parts.
    init(
        _ settings: EngineSettings,
        database: any StateDatabase,
        broker: any Broker,
        clock: Clock,
        threads: [any StreamWorker]
    ) throws {
        var settings = settings
        settings.planner = settings.effectivePlanner
        self.settings = settings
        self.database = database
        self.broker = broker
        self.threads = threads
        startedAt = clock.wallMilliseconds()
        services = QueryServices(
            broker: broker,
            formats: FormatRegistry(Formats.all),
            log: ProcessingLogStream(clock: clock),
            clock: clock
        )
        store = try CatalogStore(database)
    }

    /// Starts the threads, and every query and connector of the catalog.
    public func start() throws {
        for thread in threads { thread.start() }
        let threads = self.threads
        subscription = broker.onAppend { for thread in threads { thread.wake() } }
        try load()
        let timer = DispatchSource.makeTimerSource(queue: control)
        timer.schedule(deadline: .now() + 0.2, repeating: 0.2, leeway: .milliseconds(50))
        timer.setEventHandler { [weak self] in self?.tick() }
        timer.resume()
        ticker = timer
    }

    /// Carries out the statements of the stored catalog.
    func load() throws {
        try control.sync {
            try defineProcessingLog()
            replayCatalog()
        }
    }

    /// Ends push queries, commits what was processed and stops everything.
    public func stop() {
        control.sync {
            ticker?.cancel()
            ticker = nil
            for push in pushQueries.values { push.end(.shutdown) }
            for connector in connectors.values { connector.stop() }
            writeProcessingLog()
        }
        for thread in threads { thread.stop() }
        subscription = nil
    }

    /// The planner for the present catalog.
    var planner: Planner {
        let broker = self.broker
        return Planner(
            catalog: catalog,
            functions: settings.functions,
            formats: services.formats,
            settings: settings.planner,
            topicSettings: { try broker.describe($0) }
        )
    }

    /// A name for a push query.
    func nextPushQueryID() -> String {
        pushQueryCount += 1
        return "q\(pushQueryCount)"
    }

    /// Where the placement of the next query starts dealing.
    func nextOffset() -> Int {
        dealt += 1
        return dealt - 1
    }

    private var ticks = 0

    private func tick() {
        ticks += 1
        writeProcessingLog()
        if ticks % 5 == 0 { for push in pushQueries.values { push.tick(second: ticks / 5) } }
    }

    private func writeProcessingLog() {
        do {
            try services.log.write(to: broker, formats: services.formats)
        } catch {
            services.logLine("the processing log could not be written: \(error)")
        }
    }
}

extension QueryServices {
    /// A line for the operator on standard error.
    func logLine(_ text: String) { Diagnostics.line(text) }
}
