import Synchronization

/// What the two ends of a request share: the executor's `ReplyStream` and the connection.
final class RequestFlow: Sendable {
    let id: RequestID
    let channel: ReplyChannel
    /// Rows the client still wants; `Int.max` without a window.
    let credit: Atomic<Int>
    /// `@tag ` before each line of a tagged request, or nothing.
    private let prefix: [UInt8]

    private struct State {
        var ended = false
        var cancelReason: CancelReason?
        var onCancel: (@Sendable (CancelReason) -> Void)?
        var onWritable: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())

    init(id: RequestID, tag: String, credit: Int?, channel: ReplyChannel) {
        self.id = id
        self.channel = channel
        self.credit = Atomic(credit ?? Int.max)
        prefix = tag.isEmpty ? [] : Array("@\(tag) ".utf8)
    }

    var isWritable: Bool {
        // A new window calls `onWritable` by itself.
        guard credit.load(ordering: .sequentiallyConsistent) > 0 else { return false }
        if channel.hasRoom() { return true }
        // Room may have come between the look and the note that somebody waits.
        channel.noteWaiting()
        return channel.hasRoom()
    }

    var cancelReason: CancelReason? { state.withLock { $0.cancelReason } }

    /// Writes one line outside the rows.
    func write(_ line: [UInt8], streams: Bool = false) {
        state.withLock { state in
            guard !state.ended else { return }
            line.withUnsafeBytes { _ = channel.append($0, prefix: prefix) }
            if streams { channel.post(.streams(id)) }
        }
    }

    func writeRows(_ lines: UnsafeRawBufferPointer, count: Int) -> Bool {
        let fits = state.withLock { state in
            guard !state.ended else { return true }
            return channel.append(lines, prefix: prefix)
        }
        guard fits else {
            cancel(.slowReader)
            end(with: ReplyError.cancelled(.slowReader).replyLine)
            return false
        }
        if credit.load(ordering: .relaxed) != Int.max {
            credit.subtract(count, ordering: .sequentiallyConsistent)
        }
        return isWritable
    }

    /// Writes the final line, unless there was one.
    func end(with line: [UInt8]) {
        state.withLock { state in
            guard !state.ended else { return }
            state.ended = true
            line.withUnsafeBytes { _ = channel.append($0, prefix: prefix, bounded: false) }
            channel.post(.ended(id))
            state.onCancel = nil
            state.onWritable = nil
        }
    }

    /// Asks the executor to end the request; only the first reason counts.
    func cancel(_ reason: CancelReason) {
        let callback = state.withLock { state -> (@Sendable (CancelReason) -> Void)? in
            guard state.cancelReason == nil else { return nil }
            state.cancelReason = reason
            defer { state.onCancel = nil }
            return state.onCancel
        }
        callback?(reason)
    }

    /// Widens the client's window; the first call sets it.
    func addCredit(_ rows: Int) {
        let current = credit.load(ordering: .relaxed)
        // Only the network thread adds, so a window that is not set yet cannot be set by anybody else.
        if current == Int.max {
            credit.store(rows, ordering: .sequentiallyConsistent)
        } else {
            credit.add(rows, ordering: .sequentiallyConsistent)
        }
        notifyWritable()
    }

    /// Tells the producer that there may be room again.
    func notifyWritable() {
        let callback = state.withLock { $0.onWritable }
        callback?()
    }

    func setCancelCallback(_ body: @escaping @Sendable (CancelReason) -> Void) {
        let reason = state.withLock { state -> CancelReason? in
            if state.cancelReason == nil && !state.ended { state.onCancel = body }
            return state.cancelReason
        }
        if let reason { body(reason) }
    }

    func setWritableCallback(_ body: @escaping @Sendable () -> Void) {
        state.withLock { state in
            if !state.ended { state.onWritable = body }
        }
    }
}
