import Connectors
import Runtime
import Synchronization
import Values

/// The end of a push query: rows become reply lines on the stream thread and leave through the connection.
///
/// When the connection's window is full the query stops reading until there is room again; nothing is lost and nobody
/// else waits.
final class PushQuery: ResultReceiver, Sendable {
    private struct Progress {
        var sent: Int64 = 0
        var ended = false
        /// Behind the last record of each input whose rows were sent.
        var positions: [TopicPartition: Int64]
    }

    let id: String
    private let reply: ReplyStream
    private let limit: Int64
    private let order: [Int]
    private let encode: @Sendable (Batch) -> [UInt8]
    private let progress: Mutex<Progress>
    private let open = Atomic<Bool>(true)
    private let finished: @Sendable () -> Void
    /// Whether the positions in the inputs are all that the query remembers.
    let isResumable: Bool

    /// - Parameters:
    ///   - order: the columns of a batch in the order of the header.
    ///   - start: where the inputs are read from; empty for where the settings say.
    ///   - finished: called once when the limit is reached.
    init(
        id: String,
        reply: ReplyStream,
        limit: Int64?,
        order: [Int],
        isResumable: Bool,
        start: [TopicPartition: Int64],
        encode: @escaping @Sendable (Batch) -> [UInt8],
        finished: @escaping @Sendable () -> Void
    ) {
        self.id = id
        self.reply = reply
        self.limit = limit ?? .max
        self.order = order
        self.isResumable = isResumable
        self.encode = encode
        self.finished = finished
        progress = Mutex(Progress(positions: start))
    }

    /// Rows sent so far.
    var rows: Int64 { progress.withLock(\.sent) }

    /// False while the client does not take more.
    var isReady: Bool { open.load(ordering: .relaxed) }

    /// There may be room again.
    func resume() { open.store(true, ordering: .relaxed) }

    func receive(_ batch: Batch) { send([answer(batch)], [:]) }

    /// The rows as the client sees them.
    func answer(_ batch: Batch) -> PushShare.Answer {
        let rows = batch.projected(order)
        return PushShare.Answer(rows: rows, lines: encode(rows))
    }

    /// Sends rows up to the limit and notes the positions behind them, at once for whoever asks for a token.
    func send(_ answers: [PushShare.Answer], _ positions: [TopicPartition: Int64]) {
        let isLast = progress.withLock { progress in
            guard !progress.ended else { return false }
            for answer in answers where answer.rows.count > 0 { send(answer, &progress) }
            progress.positions.merge(positions) { $1 }
            return progress.ended
        }
        if isLast { finished() }
    }

    private func send(_ answer: PushShare.Answer, _ progress: inout Progress) {
        let room = Int(min(Int64(answer.rows.count), limit - progress.sent))
        guard room > 0 else { return }
        progress.sent += Int64(room)
        progress.ended = progress.sent >= limit
        let lines = room == answer.rows.count ? answer.lines : encode(answer.rows.prefix(room))
        if !reply.rows(lines, count: room) { open.store(false, ordering: .relaxed) }
    }

    func position(of input: TopicPartition) -> Int64? { progress.withLock { $0.positions[input] } }

    /// Writes a progress line between two rows.
    /// - Parameter line: makes it from the rows sent and, where they say everything, the positions behind them.
    func report(_ line: (Int64, [TopicPartition: Int64]?) -> String) {
        progress.withLock { progress in
            // Behind the limit there are records whose rows were not sent.
            reply.progress(line(progress.sent, isResumable && !progress.ended ? progress.positions : nil))
        }
    }
}

extension Batch {
    /// The columns `order` alone; the schema has no key any more.
    func projected(_ order: [Int]) -> Batch {
        let fields = order.map { schema.fields[$0] }
        return with(schema: Schema(key: [], values: fields), columns: order.map { columns[$0] })
    }

    /// The first `rows` rows.
    func prefix(_ rows: Int) -> Batch {
        guard rows < count else { return self }
        let indices = Array(0..<Int32(rows))
        return indices.withUnsafeBufferPointer { list in
            list.baseAddress.map { gather($0, count: list.count) } ?? gather([], count: 0)
        }
    }
}
