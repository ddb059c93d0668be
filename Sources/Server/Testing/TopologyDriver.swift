import Planner
import Runtime
import Values

/// Runs the tasks of one persistent query by hand: on the caller's thread, on one partition, in memory, record by record.
///
/// A record goes through the whole query, topics between its tasks included, before the next one is read, and every change
/// is emitted. The wall clock stands still.
final class TopologyDriver {
    /// Why a query does not go on.
    struct Failure: Error, CustomStringConvertible {
        let query: String
        let reason: String
        /// False when it did not fail, but goes on without end.
        var isOfQuery = true
        var description: String { "query \(query) failed: \(reason)" }
    }

    let plan: PersistentQueryPlan
    /// The topics it reads that are not its own.
    let inputTopics: [String]
    /// The topic it writes; nil below a SOURCE TABLE.
    let outputTopic: String?
    private let broker: any Broker
    private let status = QueryStatus()
    private let runner: QueryRunner
    private var shown: Int64 = 0

    /// A query in the process of being driven never takes more turns than this for one record.
    private static let turnsMax = 10_000

    /// - Parameters:
    ///   - stores: the numbers of the query's stores.
    ///   - ground: topics and state of the query this one takes over from; nil starts with nothing.
    init(
        _ plan: PersistentQueryPlan,
        stores: StoreNumbers,
        settings: QuerySettings,
        services: QueryServices,
        ground: TopologyDriver? = nil
    ) throws {
        self.plan = plan
        let broker = ground?.broker ?? MemoryBroker()
        let database = ground?.runner.work.database ?? MemoryDatabase()
        self.broker = broker
        let internalTopics = Set(plan.topology.internalTopics.map(\.name))
        let read = plan.topology.subtopologies.flatMap(\.sources).map(\.topic)
        inputTopics = read.enumerated().filter { index, topic in
            !internalTopics.contains(topic) && read.firstIndex(of: topic) == index
        }.map(\.element)
        let nodes = plan.topology.subtopologies.flatMap(\.nodes)
        outputTopic = nodes.lazy.compactMap { ($0.spec as? SinkSpec)?.topic }.first
        let topics = internalTopics.union(inputTopics).union(outputTopic.map { [$0] } ?? [])
        for topic in topics.sorted() { try broker.createTopic(topic, TopicSettings(partitions: 1)) }
        let work = QueryWork(
            query: plan.id,
            topology: plan.topology,
            tasks: plan.topology.subtopologies.indices.map { TaskPlace(subtopology: $0, partition: 0) },
            settings: settings.taskSettings(tasks: 1),
            commit: CommitPolicy(),
            stores: stores,
            partitionCounts: Dictionary(uniqueKeysWithValues: topics.map { ($0, 1) }),
            startPosition: .earliest,
            services: QueryServices(
                broker: broker,
                formats: services.formats,
                log: services.log,
                clock: SteppedClock(isRunning: true).clock
            ),
            alignment: nil,
            database: database,
            results: nil
        )
        runner = QueryRunner(work, threadID: plan.id, status: status)
        if let outputTopic { shown = try broker.offsets(of: TopicPartition(outputTopic, 0)).upperBound }
        try settle()
    }

    /// Feeds one record and runs the query until it comes to rest.
    /// - Returns: the records that it wrote.
    /// - Throws: ``Failure`` when the query failed.
    func pipe(_ record: TestRecord, into topic: String) throws -> [TestRecord] {
        try broker.append([record.run(to: topic)])
        try settle()
        guard let outputTopic else { return [] }
        let partition = TopicPartition(outputTopic, 0)
        let end = try broker.offsets(of: partition).upperBound
        var written: [TestRecord] = []
        while shown < end {
            let run = try broker.read(partition, from: shown, rowsMax: 4096, bytesMax: 1 << 20)
            guard run.nextOffset > shown else { break }
            shown = run.nextOffset
            written += TestRecord.all(of: run)
        }
        return written
    }

    private func settle() throws {
        for _ in 0..<TopologyDriver.turnsMax {
            let turn = runner.turn(timeoutMilliseconds: 0)
            if let reason = status.failure { throw Failure(query: plan.id, reason: reason) }
            // A turn that wants the next one soon has something to commit.
            if case .idle(let milliseconds) = turn, milliseconds >= 1000 { return }
        }
        throw Failure(query: plan.id, reason: "it does not come to rest", isOfQuery: false)
    }
}
