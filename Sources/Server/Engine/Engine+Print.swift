import Connectors
import Dispatch
import Glibc
import Parser
import Runtime
import Synchronization
import Values

extension Engine {
    /// Sends the records of a topic as they are, until LIMIT, CANCEL or the end of the connection.
    func printTopic(_ statement: PrintTopic, _ answer: Answer) throws {
        guard let settings = try broker.describe(statement.topic) else {
            let names = try broker.topics().filter { !$0.hasPrefix("weir-") }
            throw ReplyError(
                "42704",
                "there is no topic '\(statement.topic)'",
                line: statement.topicPosition.line,
                column: statement.topicPosition.column,
                hint: names.isEmpty ? "there are no topics yet" : "the topics are \(names.joined(separator: ", "))"
            )
        }
        let table = ResultTable([
            ("ROWTIME", .timestamp), ("PARTITION", .integer), ("OFFSET", .bigint), ("KEY", .string),
            ("VALUE", .string),
        ])
        answer.reply.header(
            ReplyHeader(columns: table.columns.map { .init($0.name, $0.type.description) }, changes: .append)
        )
        if !statement.fromBeginning, statement.limit != 0 {
            answer.reply.notice(
                "00000",
                "printing new records of \(statement.topic); FROM BEGINNING prints the others too"
            )
        }
        let reader = TopicPrinter(statement, table.columns, answer, broker)
        let partitions = try (0..<settings.partitions).map { number in
            let partition = TopicPartition(statement.topic, Int32(number))
            let available = try broker.offsets(of: partition)
            return (partition, statement.fromBeginning ? available.lowerBound : available.upperBound)
        }
        answer.reply.onCancel { reader.cancel($0) }
        readers.async { reader.run(partitions) }
    }
}

/// Follows the partitions of a topic for PRINT.
private final class TopicPrinter: Sendable {
    private let statement: PrintTopic
    private let columns: [Schema.Field]
    private let answer: Engine.Answer
    private let broker: any Broker
    private let cancelled = Mutex<CancelReason?>(nil)

    init(_ statement: PrintTopic, _ columns: [Schema.Field], _ answer: Engine.Answer, _ broker: any Broker) {
        self.statement = statement
        self.columns = columns
        self.answer = answer
        self.broker = broker
    }

    func cancel(_ reason: CancelReason) { cancelled.withLock { $0 = reason } }

    func run(_ start: [(TopicPartition, Int64)]) {
        var positions = start
        var seen = 0
        var sent = 0
        let limit = statement.limit.map { Int($0) } ?? .max
        do {
            while sent < limit {
                if let reason = cancelled.withLock({ $0 }) {
                    answer.reply.fail(.cancelled(reason))
                    return
                }
                var found = false
                for index in positions.indices where sent < limit {
                    let run = try broker.read(
                        positions[index].0,
                        from: positions[index].1,
                        rowsMax: 512,
                        bytesMax: 1 << 20
                    )
                    positions[index].1 = run.nextOffset
                    guard run.count > 0 else { continue }
                    found = true
                    sent += send(run, seen: &seen, room: limit - sent)
                }
                // A client that reads slowly is waited for; nobody else is.
                while !answer.reply.isWritable, cancelled.withLock({ $0 }) == nil { usleep(5000) }
                if !found { usleep(20_000) }
            }
            answer.reply.finish("OK \(sent) rows")
        } catch {
            answer.reply.fail(ReplyError(describing: error))
        }
    }

    private func send(_ run: MessageRun, seen: inout Int, room: Int) -> Int {
        let interval = max(statement.interval.map { Int($0) } ?? 1, 1)
        var rows: [Int32] = []
        for row in 0..<run.count where rows.count < room {
            seen += 1
            if (seen - 1) % interval == 0 { rows.append(Int32(row)) }
        }
        guard !rows.isEmpty else { return 0 }
        let batch = Batch(
            schema: Schema(key: [], values: columns),
            count: run.count,
            columns: [
                run.timestamps.retyped(.timestamp),
                Column.constant(.integer, .integer(run.partition), count: run.count),
                run.offsets.retyped(.bigint), printable(run.keys), printable(run.values),
            ],
            timestamps: run.timestamps
        )
        let picked = rows.withUnsafeBufferPointer { list in
            list.baseAddress.map { batch.gather($0, count: list.count) } ?? batch
        }
        answer.reply.rows(answer.request.lines(picked), count: picked.count)
        return picked.count
    }

    /// Text as it is; eight or four bytes that are not text as the number they are for the KAFKA format; else hexadecimal.
    private func printable(_ payloads: Column) -> Column {
        let builder = ColumnBuilder(.string, capacity: payloads.count)
        for row in 0..<payloads.count {
            if payloads.isNull(row) {
                builder.appendNull()
                continue
            }
            let bytes = payloads.bytes(row)
            let isText = !bytes.contains { $0 < 9 || ($0 > 13 && $0 < 32) }
            if isText, let text = String(validating: bytes, as: UTF8.self) {
                builder.append(string: text)
            } else if bytes.count == 8 {
                builder.append(string: String(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))))
            } else if bytes.count == 4 {
                builder.append(string: String(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))))
            } else {
                builder.append(
                    string: "0x" + bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
                )
            }
        }
        return builder.finish()
    }
}
