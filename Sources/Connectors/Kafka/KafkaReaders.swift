import Runtime
import Synchronization
import Values

/// Reads for the control plane: push queries, PRINT and sinks that follow a topic, each at its own pace.
///
/// Safe on any thread. A reader stays open where it stopped, so that who reads on does not fetch again; and the last runs of a partition are
/// kept, so that many followers of one topic cost one fetch.
final class KafkaReaders: @unchecked Sendable {
    // Unchecked: a cursor is used only by the thread that marked it busy under the lock.
    private final class Cursor {
        let reader: KafkaPartitionReader
        let client: Int
        var isBusy = true
        var usedAt = 0

        init(_ reader: KafkaPartitionReader, client: Int) {
            self.reader = reader
            self.client = client
        }
    }

    private struct State {
        var clients: [KafkaClient] = []
        var cursors: [Cursor] = []
        var recent: [(partition: TopicPartition, from: Int64, run: MessageRun)] = []
    }

    private let topics: KafkaTopics
    private let target: KafkaTarget
    private let lock = Mutex<Void>(())
    private var state = State()

    private static let cursorsMax = 32
    private static let clientsMax = 4
    private static let recentMax = 16
    private static let recentBytesMax = 1 << 20
    private static let idleMilliseconds = 10_000

    init(_ topics: KafkaTopics, _ target: KafkaTarget) {
        self.topics = topics
        self.target = target
        state.clients = [topics.fetching]
    }

    /// See `Broker.read`.
    func read(_ partition: TopicPartition, from offset: Int64, rowsMax: Int, bytesMax: Int) throws -> MessageRun {
        let recent = lock.withLock { _ in
            state.recent.first { $0.partition == partition && $0.from == offset && $0.run.count <= rowsMax }
        }
        if let recent { return recent.run }
        let cursor = try acquire(partition, offset)
        do {
            let run = try read(cursor.reader, rowsMax: min(max(rowsMax, 1), 65_536), bytesMax: max(bytesMax, 1))
            release(cursor, run, from: offset)
            return run
        } catch {
            discard(cursor)
            throw error
        }
    }

    private func read(_ reader: KafkaPartitionReader, rowsMax: Int, bytesMax: Int) throws -> MessageRun {
        if let run = try reader.next(rowsMax: rowsMax, bytesMax: bytesMax, timeoutMilliseconds: 0) { return run }
        // Nothing has been fetched: is there anything?
        let end = try topics.client.watermarks(
            of: reader.partition,
            timeoutMilliseconds: target.settings.requestTimeoutMilliseconds
        ).upperBound
        let deadline = monotonicMilliseconds() + target.settings.requestTimeoutMilliseconds
        while reader.position < end, reader.end ?? 0 < end, monotonicMilliseconds() < deadline {
            if let run = try reader.next(rowsMax: rowsMax, bytesMax: bytesMax, timeoutMilliseconds: 100) { return run }
        }
        guard reader.position >= end || reader.end ?? 0 >= end else {
            throw topics.client.timedOut("read \(reader.partition) at offset \(reader.position)")
        }
        // Markers of transactions lie between the last message and the end.
        reader.skip(to: max(reader.position, end))
        return MessageRun(
            topic: reader.partition.topic,
            partition: reader.partition.partition,
            offsets: Column.of(.bigint, []),
            timestamps: Column.of(.bigint, []),
            keys: Column.of(.bytes, []),
            values: Column.of(.bytes, []),
            nextOffset: reader.position
        )
    }

    /// A cursor at `offset`: one that stopped there, or a new one.
    ///
    /// Opening and closing happen under the lock: a client reads a partition once at a time.
    private func acquire(_ partition: TopicPartition, _ offset: Int64) throws -> Cursor {
        try lock.withLock { _ in
            closeIdle(before: monotonicMilliseconds() - KafkaReaders.idleMilliseconds)
            if let cursor = state.cursors.first(where: {
                !$0.isBusy && $0.reader.partition == partition && $0.reader.position == offset
            }) {
                cursor.isBusy = true
                return cursor
            }
            let client = try freeClient(partition)
            let cursor = Cursor(
                try KafkaPartitionReader(partition, from: offset, state.clients[client]),
                client: client
            )
            state.cursors.append(cursor)
            return cursor
        }
    }

    /// The number of a client that does not read the partition.
    private func freeClient(_ partition: TopicPartition) throws -> Int {
        let same = state.cursors.filter { $0.reader.partition == partition }
        if let free = state.clients.indices.first(where: { index in !same.contains { $0.client == index } }) {
            return free
        }
        if state.clients.count < KafkaReaders.clientsMax {
            state.clients.append(try KafkaClient.consumer(target, .read))
            return state.clients.count - 1
        }
        guard let oldest = same.filter({ !$0.isBusy }).min(by: { $0.usedAt < $1.usedAt }) else {
            throw TopicError(.full, "too many readers of \(partition) at different offsets", hint: "Try again.")
        }
        close(oldest)
        return oldest.client
    }

    private func close(_ cursor: Cursor) {
        cursor.reader.close()
        state.cursors.removeAll { $0 === cursor }
    }

    private func closeIdle(before time: Int) {
        for cursor in state.cursors where !cursor.isBusy && cursor.usedAt < time { close(cursor) }
        while state.cursors.count > KafkaReaders.cursorsMax {
            guard let oldest = state.cursors.filter({ !$0.isBusy }).min(by: { $0.usedAt < $1.usedAt }) else { return }
            close(oldest)
        }
    }

    private func release(_ cursor: Cursor, _ run: MessageRun, from offset: Int64) {
        lock.withLock { _ in
            cursor.isBusy = false
            cursor.usedAt = monotonicMilliseconds()
            guard run.count > 0, run.values.offsets[run.count] <= Int32(KafkaReaders.recentBytesMax) else { return }
            state.recent.insert((cursor.reader.partition, offset, run), at: 0)
            if state.recent.count > KafkaReaders.recentMax { state.recent.removeLast() }
        }
    }

    private func discard(_ cursor: Cursor) {
        lock.withLock { _ in close(cursor) }
    }

    /// Closes what reads a topic and forgets its messages: it is going to be deleted.
    func forget(_ topic: String) {
        lock.withLock { _ in
            state.recent.removeAll { $0.partition.topic == topic }
            for cursor in state.cursors where !cursor.isBusy && cursor.reader.partition.topic == topic { close(cursor) }
        }
    }
}
