import Dispatch
import Synchronization

@testable import Server

/// An executor for tests whose statements say what they do.
///
/// `ROWS n;` answers n rows and pauses when told to; `ECHO text;` one row with the text; `PUSH;` a header of a push
/// query and then nothing until it is cancelled; `HOLD;` nothing until it is cancelled or released; `FAIL;` an error;
/// `SHOUT n;` n thousand rows without ever pausing; `SELECT` and `CREATE` what the documentation shows. Bulk inserts count their records; one that starts with `bad` is bad.
final class ScriptedExecutor: StatementExecutor {
    /// Where statements run; nil runs them on the caller's thread.
    private let queue: DispatchQueue?
    private let held = Mutex<[ReplyStream]>([])
    /// Sessions that have ended.
    let endedSessions = Atomic<Int>(0)
    /// Cancellations seen.
    let cancellations = Mutex<[CancelReason]>([])
    /// The most bytes that a `ROWS` wrote before it paused or ended.
    let unpausedBytesMax = Atomic<Int>(0)

    init(queue: DispatchQueue? = nil) {
        self.queue = queue
    }

    func execute(_ request: StatementRequest, reply: ReplyStream) {
        guard let queue else { return run(request, reply) }
        queue.async { self.run(request, reply) }
    }

    func insert(_ request: BulkInsertRequest, reply: ReplyStream) -> any BulkInsertReceiver {
        let receiver = CountingReceiver(request: request, reply: reply)
        if request.target == "MISSING" {
            reply.fail(ReplyError("42P01", "unknown stream \"MISSING\"", line: 1, column: 13))
        }
        return receiver
    }

    func sessionEnded(_ session: SessionContext) {
        endedSessions.add(1, ordering: .relaxed)
    }

    /// Ends every held statement with success.
    func release() {
        let streams = held.withLock { held in
            defer { held = [] }
            return held
        }
        for stream in streams { stream.finish("OK released") }
    }

    private func run(_ request: StatementRequest, _ reply: ReplyStream) {
        var text = request.text[...]
        while let last = text.last, last == ";" || last.isWhitespace { text.removeLast() }
        let words = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        let argument = words.count > 1 ? String(words[1]) : ""
        switch words.first?.uppercased() {
        case "ROWS": RowProducer(Int(argument) ?? 1, request.format, reply, self).start()
        case "SHOUT":
            let chunk = Array(String(repeating: "[1234567890]\n", count: 1000).utf8)
            for _ in 0..<(Int(argument) ?? 1) { reply.rows(chunk, count: 1000) }
            reply.finish("OK")
        case "ECHO":
            reply.header(ReplyHeader(columns: [.init("TEXT", "STRING")]))
            var row = Array("[".utf8)
            row.appendJSONString(argument)
            reply.rows(row + Array("]\n".utf8), count: 1)
            reply.finish("OK 1 rows")
        case "PUSH":
            reply.header(ReplyHeader(query: "t1", columns: [.init("N", "BIGINT")], key: ["N"], changes: .upsert))
            hold(reply)
        case "HOLD": hold(reply)
        case "FAIL":
            reply.fail(ReplyError("42703", "unknown column \"X\"", line: 1, column: 6, hint: "did you mean \"Y\"?"))
        case "NOTICE":
            reply.notice("01000", "a notice\nof two lines")
            reply.progress("{\"rows\":1}")
            reply.finish("OK")
        case "SET":
            request.session.setProperty("value", to: argument)
            reply.finish("OK \(request.session.property("value") ?? "")")
        case "FORGET": break
        case "CREATE": reply.finish("CREATED STREAM ORDERS")
        case "SELECT":
            let columns = [ReplyHeader.Column("ID", "BIGINT"), ReplyHeader.Column("N", "BIGINT")]
            reply.header(ReplyHeader(query: "t1", columns: columns, key: ["ID"], changes: .upsert))
            reply.rows(Array("[7,1]\n[7,2]\n".utf8), count: 2)
            reply.finish("OK 2 rows")
        case "SELET":
            let message = "unknown statement \"selet\""
            reply.fail(ReplyError("42601", message, line: 1, column: 1, hint: "did you mean SELECT?"))
        default: reply.fail(ReplyError("42601", "unknown statement", line: 1, column: 1))
        }
    }

    private func hold(_ reply: ReplyStream) {
        held.withLock { $0.append(reply) }
        reply.onCancel { [weak self, weak reply] reason in
            guard let reply else { return }
            self?.cancellations.withLock { $0.append(reason) }
            self?.held.withLock { held in held.removeAll { $0 === reply } }
            reply.fail(.cancelled(reason))
        }
    }
}

/// Writes rows for as long as there is room, and goes on when there is room again.
private final class RowProducer: Sendable {
    private let left: Mutex<Int>
    private let row: [UInt8]
    private let rowsInAll: Int
    private let reply: ReplyStream
    private let executor: ScriptedExecutor

    init(_ count: Int, _ format: ReplyFormat, _ reply: ReplyStream, _ executor: ScriptedExecutor) {
        left = Mutex(count)
        rowsInAll = count
        row = Array((format == .json ? "[1,\"abcdefghijklmnopqrstuvwxyz\"]\n" : "=1,abc\n").utf8)
        self.reply = reply
        self.executor = executor
    }

    func start() {
        reply.header(ReplyHeader(columns: [.init("N", "BIGINT"), .init("S", "STRING")]))
        // The closure keeps the producer until the reply has ended.
        reply.onWritable { self.produce() }
        reply.onCancel { reason in
            self.executor.cancellations.withLock { $0.append(reason) }
            self.reply.fail(.cancelled(reason))
        }
        produce()
    }

    private func produce() {
        left.withLock { left in
            var written = 0
            var hasRoom = reply.isWritable
            while left > 0, hasRoom, reply.cancelReason == nil {
                let count = min(left, 1000, reply.rowCredit)
                let chunk = [[UInt8]](repeating: row, count: count).flatMap { $0 }
                hasRoom = reply.rows(chunk, count: count)
                written += chunk.count
                left -= count
            }
            if written > executor.unpausedBytesMax.load(ordering: .relaxed) {
                executor.unpausedBytesMax.store(written, ordering: .relaxed)
            }
            if left == 0 {
                left = -1
                reply.finish("OK \(rowsInAll) rows")
            }
        }
    }
}

/// Counts records, reports bad ones, and says how many it has.
private final class CountingReceiver: BulkInsertReceiver {
    private let request: BulkInsertRequest
    private let reply: ReplyStream
    private let counts = Mutex((good: 0, bad: 0))

    init(request: BulkInsertRequest, reply: ReplyStream) {
        self.request = request
        self.reply = reply
    }

    func receive(_ lines: BulkLines) {
        let good = counts.withLock { counts -> Int in
            for index in 0..<lines.count {
                let line = lines.bytes[Int(lines.offsets[index])..<Int(lines.offsets[index + 1])]
                guard line.starts(with: "bad".utf8) else {
                    counts.good += 1
                    continue
                }
                counts.bad += 1
                let place = "line \(lines.firstLine + index)"
                if request.strict {
                    reply.fail(ReplyError("22P02", "\(place): not a record"))
                } else {
                    reply.notice("22P02", "\(place): not a record, skipped")
                }
            }
            return counts.good
        }
        reply.bulkConsumed(lines)
        reply.progress("{\"acked\":\(good)}")
    }

    func end() {
        let counts = counts.withLock { $0 }
        reply.finish("OK \(counts.good) records into \(request.target), \(counts.bad) skipped")
    }
}
