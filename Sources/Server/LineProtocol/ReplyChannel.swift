import Synchronization

/// What the executor's threads have written for one connection and its network thread has not taken yet.
///
/// Bytes go into one buffer, so a thousand short answers cost one wake-up and one copy, and the count of unsent bytes
/// (here and in the socket's buffer) tells producers when to pause.
final class ReplyChannel: Sendable {
    /// What the session must know beside the bytes.
    enum Event: Equatable, Sendable {
        /// The final line of the request has been written.
        case ended(RequestID)
        /// The request turned out to be a push query.
        case streams(RequestID)
        /// Records of a bulk insert left the receiver's queue.
        case bulkConsumed(RequestID, bytes: Int)
    }

    /// Bytes and events in the order in which they were written; the bytes of an ended request include its last line.
    struct Contents {
        var bytes: [UInt8] = []
        var events: [Event] = []

        var isEmpty: Bool { bytes.isEmpty && events.isEmpty }
    }

    private struct Outbox {
        var contents = Contents()
        var isAnnounced = false
        var isClosed = false
    }

    private let outbox = Mutex(Outbox())
    private let unsent = Atomic<Int>(0)
    private let somebodyWaits = Atomic<Bool>(false)
    private let limits: SessionLimits
    private let wake: @Sendable () -> Void

    /// - Parameter wake: called from any thread when the channel has something after it had been taken empty.
    init(limits: SessionLimits, wake: @escaping @Sendable () -> Void) {
        self.limits = limits
        self.wake = wake
    }

    // MARK: Producers

    /// Appends whole lines, each behind `prefix`.
    ///
    /// - Returns: false when the hard limit of unsent bytes forbids it and nothing was appended.
    @discardableResult
    func append(_ lines: UnsafeRawBufferPointer, prefix: [UInt8], bounded: Bool = true) -> Bool {
        guard !lines.isEmpty else { return true }
        guard !bounded || unsent.load(ordering: .relaxed) < limits.outputMax else { return false }
        let mustWake = outbox.withLock { outbox -> Bool in
            guard !outbox.isClosed else { return false }
            let before = outbox.contents.bytes.count
            if prefix.isEmpty {
                outbox.contents.bytes.append(contentsOf: lines)
            } else {
                outbox.contents.bytes.appendLines(lines, prefix: prefix)
            }
            unsent.add(outbox.contents.bytes.count - before, ordering: .sequentiallyConsistent)
            defer { outbox.isAnnounced = true }
            return !outbox.isAnnounced
        }
        if mustWake { wake() }
        return true
    }

    /// Adds an event behind the bytes written so far.
    func post(_ event: Event) {
        let mustWake = outbox.withLock { outbox -> Bool in
            guard !outbox.isClosed else { return false }
            outbox.contents.events.append(event)
            defer { outbox.isAnnounced = true }
            return !outbox.isAnnounced
        }
        if mustWake { wake() }
    }

    /// Whether fewer bytes than the high-water mark are unsent.
    func hasRoom() -> Bool {
        unsent.load(ordering: .sequentiallyConsistent) < limits.outputHighWater
    }

    /// Asks for a call of every `onWritable` when the low-water mark is reached.
    func noteWaiting() {
        somebodyWaits.store(true, ordering: .sequentiallyConsistent)
    }

    // MARK: The network thread

    /// Needs no wake-up until `take` has found nothing: the network thread is going to look anyway.
    func hold() {
        outbox.withLock { $0.isAnnounced = true }
    }

    /// Asks for a wake-up although there was one: the network thread stopped looking before it found nothing.
    func wakeAgain() {
        wake()
    }

    /// Takes everything written so far; `spare` becomes the next buffer, to keep its storage in use.
    ///
    /// There is no wake-up until this has found nothing.
    func take(spare: [UInt8]) -> Contents {
        outbox.withLock { outbox in
            let contents = outbox.contents
            outbox.isAnnounced = !contents.isEmpty
            guard !contents.isEmpty else { return contents }
            outbox.contents = Contents(bytes: spare, events: [])
            return contents
        }
    }

    /// Counts bytes that the session itself wrote.
    func noteDirectlyWritten(_ count: Int) {
        unsent.add(count, ordering: .relaxed)
    }

    /// Counts bytes that the socket has taken.
    ///
    /// - Returns: whether producers wait and there is room for them again.
    func noteSent(_ count: Int) -> Bool {
        let left = unsent.subtract(count, ordering: .sequentiallyConsistent).newValue
        guard left <= limits.outputLowWater else { return false }
        return somebodyWaits.exchange(false, ordering: .sequentiallyConsistent)
    }

    /// Bytes that no socket has taken yet.
    var unsentBytes: Int { unsent.load(ordering: .relaxed) }

    /// Drops what is there and ignores what comes: the connection has gone.
    func close() {
        outbox.withLock { outbox in
            outbox.isClosed = true
            outbox.contents = Contents()
        }
        unsent.store(0, ordering: .sequentiallyConsistent)
    }
}

extension [UInt8] {
    /// Appends lines with `prefix` before each of them.
    fileprivate mutating func appendLines(_ lines: UnsafeRawBufferPointer, prefix: [UInt8]) {
        var start = 0
        while start < lines.count {
            let end = lines.lineEnd(from: start).map { $0 + 1 } ?? lines.count
            append(contentsOf: prefix)
            append(contentsOf: UnsafeRawBufferPointer(rebasing: lines[start..<end]))
            start = end
        }
    }
}
