import CLibEvent
import Glibc

/// One client: performs what its session decides.
///
/// Used on the loop's thread only. It reads and writes the socket itself and asks libevent only when: a `bufferevent` reads at most 4 KiB at a time,
/// which costs bulk inserts more system calls than they need.
final class Connection {
    /// Rounds of requests and replies before other connections have their turn.
    private static let roundsMax = 256

    let id: UInt64
    private let descriptor: Int32
    private let loop: EventLoop
    private let executor: any StatementExecutor
    private let limits: SessionLimits
    private let channel: ReplyChannel
    private let scratch: ReadBuffer
    private let onClose: (Connection) -> Void

    private var session: Session
    private var flows: [RequestID: RequestFlow] = [:]
    private var receivers: [RequestID: any BulkInsertReceiver] = [:]

    private var readEvent: LoopEvent?
    private var writeEvent: LoopEvent?
    private var deadline: LoopEvent?
    private var isReading = false
    private var isWaitingToWrite = false

    /// Bytes that were read while the session wanted no more.
    private var unread: [UInt8] = []
    private var output: [UInt8] = []
    private var outputStart = 0
    private var spare: [UInt8] = []

    private var hasSeenEnd = false
    private var closesWhenSent = false
    private var isLingering = false
    private var isGone = false

    init(
        id: UInt64,
        descriptor: Int32,
        session: Session,
        loop: EventLoop,
        executor: any StatementExecutor,
        channel: ReplyChannel,
        scratch: ReadBuffer,
        onClose: @escaping (Connection) -> Void
    ) {
        self.id = id
        self.descriptor = descriptor
        self.session = session
        self.loop = loop
        self.executor = executor
        self.limits = session.limits
        self.channel = channel
        self.scratch = scratch
        self.onClose = onClose
    }

    // MARK: Events

    /// Greets and starts to read.
    func open() {
        readEvent = LoopEvent(loop, descriptor: descriptor, [.read, .persist]) { [unowned self] _ in readable() }
        writeEvent = LoopEvent(loop, descriptor: descriptor, .write) { [unowned self] _ in
            isWaitingToWrite = false
            settle()
        }
        session.open()
        settle()
    }

    /// Takes what the executor's threads have written.
    func takeReplies() {
        settle()
    }

    /// Takes what is there; false when that was nothing.
    private func absorbReplies() -> Bool {
        let contents = channel.take(spare: spare)
        guard !contents.isEmpty else { return false }
        spare = []
        if output.isEmpty {
            spare = output
            output = contents.bytes
        } else {
            output.append(contentsOf: contents.bytes)
            spare = contents.bytes
            spare.removeAll(keepingCapacity: spare.capacity <= 64 << 10)
        }
        for event in contents.events {
            session.receive(event)
            guard case .ended(let id) = event else { continue }
            flows[id] = nil
            receivers[id] = nil
        }
        return true
    }

    /// The server stops.
    func drain() {
        session.drain()
        settle()
    }

    /// Ends without waiting for anything.
    func abort() {
        tearDown()
    }

    private func readable() {
        let count = scratch.read(descriptor)
        if count > 0 {
            if isLingering { return }
            let consumed = session.receive(scratch.bytes(count))
            if consumed < count { unread.append(contentsOf: scratch.bytes(count)[consumed...]) }
            settle()
        } else if count == 0 {
            hasSeenEnd = true
            setReading(false)
            guard !isLingering else { return tearDown() }
            session.endInput()
            settle()
        } else if errno != EAGAIN && errno != EINTR {
            tearDown()
        }
    }

    // MARK: Actions

    /// Brings everything to rest: actions, replies to them, bytes that wait to be read, bytes that wait to be sent.
    ///
    /// An executor that answers at once, or soon enough, costs no wake-up: its replies are taken in the next round.
    private func settle() {
        guard !isGone else { return }
        channel.hold()
        var rounds = 0
        repeat {
            rounds += 1
            readUnread()
        } while absorbReplies() && rounds < Self.roundsMax
        perform()
        flush()
        guard !isGone else { return }
        // What was sent just now may have made room for what was read before.
        if rounds == Self.roundsMax || (!unread.isEmpty && acceptsInput) { channel.wakeAgain() }
        setReading(!hasSeenEnd && (isLingering || (unread.isEmpty && acceptsInput && !closesWhenSent)))
    }

    private func readUnread() {
        perform()
        while !unread.isEmpty, session.isReadingOver || acceptsInput {
            let bytes = unread
            unread = []
            let consumed = bytes.withUnsafeBytes { session.receive($0) }
            if consumed < bytes.count { unread = Array(bytes[consumed...]) }
            perform()
            if consumed == 0 { break }
        }
    }

    /// Whether the session wants bytes and a client that only sends and never reads has not filled the output.
    private var acceptsInput: Bool {
        session.wantsInput && channel.unsentBytes < limits.outputMax / 2
    }

    private func setReading(_ wanted: Bool) {
        guard wanted != isReading else { return }
        isReading = wanted
        if wanted { readEvent?.add() } else { readEvent?.remove() }
    }

    private func perform() {
        for action in session.takeActions() {
            switch action {
            case .send(let bytes):
                output.append(contentsOf: bytes)
                channel.noteDirectlyWritten(bytes.count)
            case .execute(let request, let tag, let credit):
                executor.execute(request, reply: begin(request.id, tag, credit))
            case .insert(let request, let tag, let credit):
                let id = request.statement.id
                receivers[id] = executor.insert(request, reply: begin(id, tag, credit))
            case .records(let id, let lines): receivers[id]?.receive(lines)
            case .endOfRecords(let id): receivers[id]?.end()
            case .fail(let id, let error): flows[id]?.end(with: error.replyLine)
            case .cancel(let id, let reason): flows[id]?.cancel(reason)
            case .credit(let id, let rows): flows[id]?.addCredit(rows)
            case .startDeadline(let milliseconds):
                deadline = LoopEvent(loop, descriptor: -1, []) { [unowned self] _ in
                    session.deadlinePassed()
                    settle()
                }
                deadline?.add(milliseconds: milliseconds)
            case .clearDeadline: deadline = nil
            case .close: closesWhenSent = true
            }
        }
    }

    private func begin(_ id: RequestID, _ tag: String, _ credit: Int?) -> ReplyStream {
        let flow = RequestFlow(id: id, tag: tag, credit: credit, channel: channel)
        flows[id] = flow
        return ReplyStream(flow: flow)
    }

    // MARK: Output

    private func flush() {
        while outputStart < output.count, !isWaitingToWrite {
            let sent = output.withUnsafeBytes { bytes in
                send(
                    descriptor,
                    bytes.baseAddress! + outputStart,
                    bytes.count - outputStart,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if sent > 0 {
                outputStart += sent
                guard channel.noteSent(sent) else { continue }
                for flow in flows.values { flow.notifyWritable() }
            } else if errno == EAGAIN {
                isWaitingToWrite = true
                writeEvent?.add()
            } else if errno != EINTR {
                return tearDown()
            }
        }
        if outputStart == output.count {
            outputStart = 0
            output.removeAll(keepingCapacity: output.capacity <= 64 << 10)
            if closesWhenSent { linger() }
        } else if outputStart > output.count / 2 {
            output.removeFirst(outputStart)
            outputStart = 0
        }
    }

    /// Ends our side and waits a little for the client to end its own: closing with unread input would reset the
    /// connection and could take the last reply from the client.
    private func linger() {
        guard !isLingering else { return }
        guard !hasSeenEnd else { return tearDown() }
        isLingering = true
        unread = []
        shutdown(descriptor, Int32(SHUT_WR))
        deadline = LoopEvent(loop, descriptor: -1, []) { [unowned self] _ in tearDown() }
        deadline?.add(milliseconds: 1000)
    }

    private func tearDown() {
        guard !isGone else { return }
        isGone = true
        session.connectionLost()
        for flow in flows.values { flow.cancel(.disconnected) }
        channel.close()
        flows = [:]
        receivers = [:]
        readEvent = nil
        writeEvent = nil
        deadline = nil
        close(descriptor)
        executor.sessionEnded(session.context)
        onClose(self)
    }
}

/// The buffer into which all connections of a loop read, one after another.
final class ReadBuffer {
    private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)

    deinit { storage.deallocate() }

    /// Reads what has come; the count, 0 at the end, or -1 with `errno`.
    func read(_ descriptor: Int32) -> Int {
        recv(descriptor, storage.baseAddress, storage.count, 0)
    }

    /// The first `count` bytes of what was read last.
    func bytes(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: storage[..<count])
    }
}
