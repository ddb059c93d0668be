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
    }

    let id: String
    private let reply: ReplyStream
    private let limit: Int64
    private let order: [Int]
    private let encode: @Sendable (Batch) -> [UInt8]
    private let progress = Mutex(Progress())
    private let open = Atomic<Bool>(true)
    private let finished: @Sendable () -> Void

    /// - Parameters:
    ///   - order: the columns of a batch in the order of the header.
    ///   - finished: called once when the limit is reached.
    init(
        id: String,
        reply: ReplyStream,
        limit: Int64?,
        order: [Int],
        encode: @escaping @Sendable (Batch) -> [UInt8],
        finished: @escaping @Sendable () -> Void
    ) {
        self.id = id
        self.reply = reply
        self.limit = limit ?? .max
        self.order = order
        self.encode = encode
        self.finished = finished
    }

    /// Rows sent so far.
    var rows: Int64 { progress.withLock(\.sent) }

    /// False while the client does not take more.
    var isReady: Bool { open.load(ordering: .relaxed) }

    /// There may be room again.
    func resume() { open.store(true, ordering: .relaxed) }

    func receive(_ batch: Batch) {
        let (room, last) = progress.withLock { progress -> (Int, Bool) in
            guard !progress.ended else { return (0, false) }
            let room = Int(min(Int64(batch.count), limit - progress.sent))
            progress.sent += Int64(room)
            progress.ended = progress.sent >= limit
            return (room, progress.ended)
        }
        if room > 0 {
            let rows = batch.projected(order).prefix(room)
            if !reply.rows(encode(rows), count: room) { open.store(false, ordering: .relaxed) }
        }
        if last { finished() }
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
