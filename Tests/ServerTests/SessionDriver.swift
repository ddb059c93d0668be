import Synchronization

@testable import Server

/// A session with an executor and no socket: what a connection does, by hand.
final class SessionDriver {
    var session: Session
    let executor = ScriptedExecutor()
    private let channel: ReplyChannel
    private var flows: [RequestID: RequestFlow] = [:]
    private var receivers: [RequestID: any BulkInsertReceiver] = [:]
    private var unread: [UInt8] = []
    private var output: [UInt8] = []
    private(set) var isClosed = false

    init(limits: SessionLimits = SessionLimits(), token: String? = nil) {
        session = Session(context: SessionContext(id: "c1"), limits: limits, token: token)
        channel = ReplyChannel(limits: limits) {}
        session.open()
        settle()
    }

    /// Feeds bytes and lets everything that follows from them happen.
    func send(_ text: String) {
        unread.append(contentsOf: text.utf8)
        settle()
    }

    /// Lets an event happen.
    func event(_ body: (inout Session) -> Void) {
        body(&session)
        settle()
    }

    /// The bytes written since the last call, as lines.
    func takeLines() -> [String] {
        settle()
        defer { output = [] }
        var lines = String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        return lines.map(String.init)
    }

    func settle() {
        var changed = true
        while changed {
            changed = perform()
            if !unread.isEmpty, session.wantsInput || session.isReadingOver {
                let consumed = unread.withUnsafeBytes { session.receive($0) }
                unread.removeFirst(consumed)
                changed = changed || consumed > 0
            }
            let contents = channel.take(spare: [])
            output.append(contentsOf: contents.bytes)
            for event in contents.events {
                changed = true
                session.receive(event)
                if case .ended(let id) = event { flows[id] = nil }
            }
            if channel.noteSent(contents.bytes.count) {
                for flow in flows.values { flow.notifyWritable() }
                changed = true
            }
        }
    }

    private func perform() -> Bool {
        let actions = session.takeActions()
        for action in actions {
            switch action {
            case .send(let bytes): output.append(contentsOf: bytes)
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
            case .startDeadline, .clearDeadline: break
            case .close: isClosed = true
            }
        }
        return !actions.isEmpty
    }

    private func begin(_ id: RequestID, _ tag: String, _ credit: Int?) -> ReplyStream {
        let flow = RequestFlow(id: id, tag: tag, credit: credit, channel: channel)
        flows[id] = flow
        return ReplyStream(flow: flow)
    }
}
