import Runtime
import Values

/// One thread's part of a push query without state: keeps the rows of a run until the run is done, and then hands them
/// over together with the positions behind it, so that a token stands for exactly the rows before it.
final class PushShare: ResultReceiver, @unchecked Sendable {
    // Unchecked: used by the stream thread of its tasks alone.

    /// Rows on their way to the client.
    struct Answer {
        let rows: Batch
        let lines: [UInt8]
    }

    private let push: PushQuery
    private var waiting: [Answer] = []

    init(_ push: PushQuery) { self.push = push }

    var isReady: Bool { push.isReady }

    func receive(_ batch: Batch) { waiting.append(push.answer(batch)) }

    /// Sends what came since the last time: it is all of what lies before the positions.
    func finish(_ positions: [TopicPartition: Int64]) {
        push.send(waiting, positions)
        waiting.removeAll(keepingCapacity: true)
    }

    /// Where an input is to be read from; nil where nothing says so.
    func start(of input: TopicPartition) -> Int64? { push.position(of: input) }
}
