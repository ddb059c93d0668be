import Runtime

/// Writes the progress lines of a push query.
struct PushReport: Sendable {
    private let push: PushQuery
    private let running: RunningQuery
    private let reply: ReplyStream
    /// What tells the topics that it reads from others of their names.
    private let incarnations: [String: String]

    init(_ push: PushQuery, _ running: RunningQuery, _ reply: ReplyStream, incarnations: [String: String]) {
        (self.push, self.running, self.reply, self.incarnations) = (push, running, reply, incarnations)
    }

    /// Writes a line with what is behind the rows before it.
    func write() {
        let metrics = running.status.tasks.flatMap(\.metrics).map(\.metrics)
        let late = metrics.reduce(0) { $0 + $1.late.value }
        let errors = metrics.reduce(0) { $0 + $1.errors.value }
        push.report { rows, positions in
            let token = positions.flatMap { ResumeToken($0, inputs: running.inputs, incarnations: incarnations) }
            let tail = token.map { #","token":"\#($0.text)""# } ?? ""
            return #"{"rows":\#(rows),"late":\#(late),"errors":\#(errors)\#(tail)}"#
        }
    }
}
