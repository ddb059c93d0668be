import Runtime

/// The assigned partitions of one stream thread, read in fair turns.
///
/// Used by that thread alone.
final class KafkaFetcher {
    let wakeUp: KafkaWakeUp
    private let client: KafkaClient
    private var readers: [KafkaPartitionReader] = []
    private var paused: Set<TopicPartition> = []
    private var turn = 0
    private var pollsUntilCallbacks = 0

    /// Bytes of a run: what a thread decodes at once.
    private static let runBytesMax = 4 << 20
    private static let callbackInterval = 256

    init(_ target: KafkaTarget) throws {
        client = try KafkaClient.consumer(target, .stream)
        wakeUp = try KafkaWakeUp()
    }

    /// See `BrokerSession.assign`.
    func assign(_ positions: [TopicPartition: Int64], topics: KafkaTopics) throws {
        let kept = readers.filter { positions[$0.partition] == $0.position }
        for reader in readers where !kept.contains(where: { $0 === reader }) { reader.close() }
        readers = kept
        turn = 0
        let known = Set(kept.map(\.partition))
        let added = positions.keys.filter { !known.contains($0) }.sorted()
        for topic in Set(added.map(\.topic)).sorted() {
            let partitions = try topics.shape(topic)?.partitions ?? 0
            for partition in added where partition.topic == topic && partition.partition >= partitions {
                throw TopicError(
                    .notFound,
                    partitions == 0
                        ? "topic \(topic) does not exist"
                        : "topic \(topic) has \(partitions) partitions, there is no partition \(partition.partition)",
                    hint: "SHOW TOPICS lists the topics of the cluster."
                )
            }
        }
        for partition in added {
            guard let offset = positions[partition] else { continue }
            readers.append(try KafkaPartitionReader(partition, from: offset, client, wakeUp: wakeUp))
        }
        paused.formIntersection(positions.keys)
    }

    /// Stops handing out some partitions; what was fetched for them stays, and fetching ends when their queues are full.
    func pause(_ partitions: Set<TopicPartition>) { paused = partitions }

    /// See `BrokerSession.poll`.
    func poll(rowsMax: Int, timeoutMilliseconds: Int) throws -> MessageRun? {
        serveCallbacks()
        if let run = try sweep(rowsMax) { return run }
        guard timeoutMilliseconds > 0 else { return nil }
        let deadline = monotonicMilliseconds() + timeoutMilliseconds
        var remaining = timeoutMilliseconds
        while remaining > 0 {
            let isSignalled = wakeUp.wait(milliseconds: remaining)
            if let run = try sweep(rowsMax) { return run }
            // Whoever called `wakeUp` wants the thread back, even without a message.
            if isSignalled, wakeUp.takeRequest() { return nil }
            client.serveCallbacks()
            remaining = deadline - monotonicMilliseconds()
        }
        return nil
    }

    /// One look at every queue, beginning behind the partition that had the last turn.
    private func sweep(_ rowsMax: Int) throws -> MessageRun? {
        let count = readers.count
        for step in 0..<count {
            let index = (turn + step) % count
            let reader = readers[index]
            if !paused.isEmpty, paused.contains(reader.partition) { continue }
            let run = try reader.next(
                rowsMax: min(max(rowsMax, 1), 65_536),
                bytesMax: KafkaFetcher.runBytesMax,
                timeoutMilliseconds: 0
            )
            if let run {
                turn = (index + 1) % count
                return run
            }
            if let end = reader.end, end > reader.position {
                // Marks of transactions lie there: who counts what is left to read must hear that nothing is.
                reader.skip(to: end)
                return .empty(reader.partition, at: end)
            }
        }
        return nil
    }

    private func serveCallbacks() {
        pollsUntilCallbacks -= 1
        guard pollsUntilCallbacks < 0 else { return }
        pollsUntilCallbacks = KafkaFetcher.callbackInterval
        client.serveCallbacks()
    }
}
