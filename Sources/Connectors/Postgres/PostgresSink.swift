import Foundation
import Runtime
import Synchronization

/// Carries the rows of topics into tables of PostgreSQL, each row exactly once.
///
/// A transaction holds the rows and, in table `weir_progress`, the offsets behind them; the sink starts from those. A
/// second sink of the same service and name takes over, and the first one stops itself. See docs/postgresql.md.
public final class PostgresSink: SinkConnector {
    private let setup: SinkSetup
    private let report: SinkReport
    private let bell = AppendSignal()
    private let thread = Mutex<Running?>(nil)

    /// What ends a started thread, and what to wait for.
    private struct Running: Sendable {
        let interrupt: Interrupt
        let ended: DispatchSemaphore
        let subscription: AppendSubscription
    }

    /// A sink for these topics; it does not connect yet.
    /// - Parameters:
    ///   - settings: by name, as CREATE SINK CONNECTOR has them; see docs/postgresql.md.
    ///   - topics: a source for each topic that ``topicNames(in:)`` tells, in any order.
    ///   - serviceID: with the name, what the sink's progress is kept under in the target.
    ///   - onProblem: gets records that cannot be decoded or written and are left out; called on the sink's thread.
    /// - Throws: ``PostgresError`` that names the setting and what would do.
    public init(
        name: String,
        settings: [String: String],
        topics: [ConnectorTopic],
        broker: any Broker,
        serviceID: String,
        formats: FormatRegistry = FormatRegistry(Formats.all),
        onProblem: @escaping @Sendable (RecordProblem) -> Void = { _ in }
    ) throws {
        let settings = try PostgresSettings(settings, connector: name)
        var layouts: [TableLayout] = []
        for topic in settings.topics {
            guard let source = topics.first(where: { $0.topic == topic }) else {
                throw PostgresError(
                    .settings,
                    "setting 'topics' names '\(topic)', over which no stream or table is declared",
                    hint: SettingNames.nearest(topic, among: topics.map(\.topic)).map { "did you mean '\($0)'?" }
                        ?? "CREATE STREAM … WITH (KAFKA_TOPIC = '\(topic)', …)"
                )
            }
            layouts.append(try TableLayout(source, settings))
        }
        // A layout that no reader takes must not wait for the first record.
        for layout in layouts { _ = try RowDecoder(layout.topic, formats) }
        setup = SinkSetup(
            name: name,
            serviceID: serviceID,
            owner: UUID().uuidString.lowercased(),
            settings: settings,
            layouts: layouts,
            broker: broker,
            formats: formats,
            onProblem: onProblem
        )
        report = SinkReport(notices: settings.notices)
    }

    /// The topics that the settings name, whose sources ``init(name:settings:topics:broker:serviceID:formats:onProblem:)``
    /// needs.
    /// - Throws: ``PostgresError`` when there are none.
    public static func topicNames(in settings: [String: String]) throws -> [String] {
        try PostgresSettings.topicNames(in: settings)
    }

    /// True when `connector.class` is this sink or one of Kafka Connect's JDBC sinks.
    public static func accepts(connectorClass name: String) -> Bool {
        PostgresSettings.accepts(connectorClass: name)
    }

    /// Connects once and checks tables, columns, key and rights without changing anything; takes up to ten seconds
    /// when the target does not answer.
    /// - Throws: ``PostgresError`` with SQLSTATE, reason and what to do.
    public func preflight() throws {
        let connection = try PostgresConnection(setup.settings.parameters, interrupt: Interrupt())
        try SinkSession.prepare(connection)
        for layout in setup.layouts {
            _ = try TableChecks(connection, layout, setup.settings).run(changing: false)
        }
        try ProgressRow.check(connection)
    }

    public func start() {
        thread.withLock { running in
            guard running == nil else { return }
            let bell = bell
            let next = Running(
                interrupt: Interrupt(),
                ended: DispatchSemaphore(value: 0),
                subscription: setup.broker.onAppend { bell.ring() }
            )
            running = next
            report.starting()
            let worker = SinkWorker(setup, report: report, bell: bell, interrupt: next.interrupt)
            let thread = Thread {
                worker.run()
                next.ended.signal()
            }
            thread.name = "sink \(setup.name)"
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    public func stop() {
        let running = thread.withLock { running in
            defer { running = nil }
            return running
        }
        guard let running else { return }
        running.interrupt.raise()
        bell.ring()
        running.ended.wait()
        report.stopped()
    }

    public func wake() { bell.ring() }

    public var status: ConnectorStatus { report.status }
}

/// What a sink was made from.
struct SinkSetup: Sendable {
    let name: String
    let serviceID: String
    /// Tells this sink from every other one in the world.
    let owner: String
    let settings: PostgresSettings
    let layouts: [TableLayout]
    let broker: any Broker
    let formats: FormatRegistry
    let onProblem: @Sendable (RecordProblem) -> Void
}
