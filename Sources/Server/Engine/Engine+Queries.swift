import Planner
import Runtime
import Values

extension Engine {
    /// Makes the topics of a persistent query and gives its tasks to the threads.
    /// - Throws: ``TopicError`` when a topic is missing or cannot be made.
    func startQuery(_ plan: PersistentQueryPlan, entry: CatalogStore.Entry) throws {
        try createTopics(of: plan)
        let settings = QuerySettings(self.settings.properties.merging(entry.properties) { $1 })
        let status = QueryStatus()
        status.setPaused(entry.isPaused)
        let running = try launch(
            Launch(
                id: plan.id,
                sql: entry.sql,
                topology: plan.topology,
                settings: settings,
                stores: StoreNumbers(
                    query: plan.id,
                    numbers: entry.stores,
                    prefix: self.settings.planner.internalTopicPrefix
                ),
                database: database,
                results: nil,
                plan: plan
            ),
            status: status
        )
        queries[plan.id] = running
    }

    /// What ``launch(_:status:)`` needs of a query.
    struct Launch {
        let id: String
        let sql: String
        let topology: Topology
        let settings: QuerySettings
        let stores: StoreNumbers
        let database: any StateDatabase
        let results: (any ResultReceiver)?
        let plan: PersistentQueryPlan?
    }

    /// Deals the tasks of a query to the threads.
    func launch(_ query: Launch, status: QueryStatus) throws -> RunningQuery {
        let broker = self.broker
        let placement = try QueryPlacement(query.topology, threads: threads.count, offset: nextOffset()) {
            try broker.describe($0)?.partitions
        }
        if query.plan != nil, broker.keepsChangelogs { try createChangelogs(query) }
        let counts = try sinkPartitions(query.topology)
        let alignment = AlignmentPlan(
            query.topology,
            tasks: placement.shares.flatMap { $0 },
            skew: query.settings.timeSkew,
            wait: query.settings.timeWait
        )
        var settings = query.settings.taskSettings(tasks: placement.statefulTasks)
        settings.messageMilliseconds = alignment?.messageMilliseconds ?? .max
        var busy: [any StreamWorker] = []
        for (thread, tasks) in zip(threads, placement.shares) where !tasks.isEmpty {
            let work = QueryWork(
                query: query.id,
                topology: query.topology,
                tasks: tasks,
                settings: settings,
                commit: query.settings.commitPolicy(isRemote: broker.isRemote),
                stores: query.stores,
                partitionCounts: counts,
                startPosition: query.settings.start,
                services: services,
                alignment: alignment,
                database: query.database,
                results: query.results
            )
            thread.add(work, status: status)
            busy.append(thread)
        }
        return RunningQuery(
            id: query.id,
            sql: query.sql,
            topology: query.topology,
            status: status,
            stores: query.stores,
            inputs: placement.inputs,
            threads: busy,
            startedAt: services.clock.wallMilliseconds(),
            plan: query.plan
        )
    }

    private func createTopics(of plan: PersistentQueryPlan) throws {
        for topic in plan.topology.internalTopics { try broker.createTopic(topic.name, topic.settings) }
        if let sink = plan.sinkTopic { try broker.createTopic(sink.name, sink.settings) }
    }

    private func createChangelogs(_ query: Launch) throws {
        for subtopology in query.topology.subtopologies {
            guard let source = subtopology.sources.first, let topic = try broker.describe(source.topic) else {
                continue
            }
            for store in subtopology.nodes.flatMap(\.spec.stores) {
                let settings = TopicSettings(
                    partitions: topic.partitions,
                    replicas: self.settings.planner.replicas,
                    isCompacted: true,
                    isInternal: true
                )
                try broker.createTopic(query.stores.changelog(store.name), settings)
            }
        }
    }

    /// Partition counts of the topics that a query writes.
    private func sinkPartitions(_ topology: Topology) throws -> [String: Int] {
        var names = Set(topology.internalTopics.map(\.name))
        for node in topology.subtopologies.flatMap(\.nodes) {
            if let sink = node.spec as? SinkSpec { names.insert(sink.topic) }
        }
        var counts: [String: Int] = [:]
        for name in names { counts[name] = try broker.describe(name)?.partitions ?? 1 }
        return counts
    }

    /// Stops a query and removes what only it has: its state, internal topics and changelogs.
    func removeQuery(_ id: String) throws {
        guard let running = queries.removeValue(forKey: id) else { return }
        running.stop()
        try clear(storeIDs(of: running))
        for topic in running.topology.internalTopics { try broker.deleteTopic(topic.name) }
        if broker.keepsChangelogs {
            for name in running.stores.numbers.keys { try broker.deleteTopic(running.stores.changelog(name)) }
        }
    }

    /// The stores of a query's tasks.
    func storeIDs(of running: RunningQuery) throws -> [StoreID] {
        let broker = self.broker
        return try running.storeIDs { subtopology in
            try subtopology.sources.first.flatMap { try broker.describe($0.topic)?.partitions } ?? 0
        }
    }

    /// Removes what stores hold.
    func clear(_ stores: [StoreID]) throws {
        let gone = stores.map { id in
            StateChange(
                store: id,
                keys: .of(.bytes, []),
                values: .of(.bytes, []),
                deletedRanges: [([], StateChange.end)]
            )
        }
        if !gone.isEmpty { try database.write(gone, [], sync: false) }
    }

    /// Pauses or resumes a query, now and after a restart.
    func setPaused(_ id: String, _ paused: Bool) throws {
        guard let running = queries[id] else { return }
        try store.setPaused(id, paused)
        running.status.setPaused(paused)
        for thread in running.threads { thread.wake() }
    }
}

extension StateChange {
    /// Behind every key: keys are at most a few kilobytes and never start with so many 0xFF bytes.
    static let end = [UInt8](repeating: 0xFF, count: 64)
}
