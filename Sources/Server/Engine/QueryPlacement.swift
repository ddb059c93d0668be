import Runtime

/// Deals the tasks of a query out to the stream threads.
struct QueryPlacement {
    /// Tasks for each thread, by its index.
    let shares: [[TaskPlace]]
    /// Number of all tasks.
    let taskCount: Int
    /// How many tasks keep state.
    let statefulTasks: Int
    /// What all tasks read.
    let inputs: [TopicPartition]

    /// - Parameters:
    ///   - offset: where to start dealing, so that small queries do not all land on the first thread.
    ///   - partitions: of a topic; nil when it does not exist.
    /// - Throws: ``TopicError`` when a source topic is missing or the sources of one task differ in partitions.
    init(_ topology: Topology, threads: Int, offset: Int, partitions: (String) throws -> Int?) throws {
        var shares = [[TaskPlace]](repeating: [], count: threads)
        var dealt = 0
        var stateful = 0
        var inputs: [TopicPartition] = []
        for (number, subtopology) in topology.subtopologies.enumerated() {
            let count = try QueryPlacement.partitionCount(subtopology, partitions)
            if subtopology.nodes.contains(where: { !$0.spec.stores.isEmpty }) { stateful += count }
            for partition in 0..<count {
                inputs += subtopology.sources.map { TopicPartition($0.topic, Int32(partition)) }
                // The same partition of every subtopology stays on one thread, where its rows are still in the cache.
                shares[(offset + partition) % threads].append(
                    TaskPlace(subtopology: number, partition: Int32(partition))
                )
                dealt += 1
            }
        }
        self.shares = shares
        taskCount = dealt
        statefulTasks = stateful
        self.inputs = inputs
    }

    private static func partitionCount(
        _ subtopology: Subtopology,
        _ partitions: (String) throws -> Int?
    ) throws -> Int {
        var found: (topic: String, count: Int)?
        for source in subtopology.sources {
            guard let count = try partitions(source.topic) else {
                throw TopicError(.notFound, "topic \(source.topic) does not exist")
            }
            if let found, found.count != count {
                throw TopicError(
                    .partitionsDiffer,
                    "topics \(found.topic) and \(source.topic) have \(found.count) and \(count) partitions; "
                        + "what is joined must have the same number",
                    hint: "repartition one side: CREATE STREAM s WITH (PARTITIONS = \(found.count)) AS SELECT …"
                )
            }
            found = (source.topic, count)
        }
        return found?.count ?? 0
    }
}
