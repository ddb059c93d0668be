import Dispatch
import Foundation
import Parser
import Planner
import Runtime
import Storage
import Testing
import Values

@testable import Server

/// Runs the blocks of one case after another on an engine and tells what came out of each.
final class GoldenSession {
    /// Where topics and state lie; several cases may use the same, one after another.
    struct Ground {
        let database: any StateDatabase
        let broker: any Broker

        /// New and empty, in memory.
        static var memory: Ground { Ground(database: MemoryDatabase(), broker: MemoryBroker()) }
    }

    private let variant: GoldenVariant
    private let ground: Ground
    private let clock = SteppedClock(wall: 1_700_000_000_000)
    private let context = SessionContext(id: "golden")
    private var engine: Engine
    private var workers: [SteppedWorker]
    /// What queries write: the sources by topic, and how far each partition was shown.
    private var sinks: [String: SourceDescription] = [:]
    private var shown: [TopicPartition: Int64] = [:]
    private let firstQueryNumber: Int
    private var requests: UInt64 = 0

    init(_ variant: GoldenVariant, on ground: Ground) throws {
        self.variant = variant
        self.ground = ground
        (engine, workers) = try GoldenSession.start(variant, ground, clock)
        firstQueryNumber = engine.store.nextQueryNumber
        let log = TopicPartition(ProcessingLogStream.topic, 0)
        shown[log] = try ground.broker.offsets(of: log).upperBound
    }

    private static func start(
        _ variant: GoldenVariant,
        _ ground: Ground,
        _ clock: SteppedClock
    ) throws -> (Engine, [SteppedWorker]) {
        let workers = (0..<(variant.partitions == 1 ? 1 : 2)).map { SteppedWorker(name: "t\($0)", clock: clock) }
        var settings = EngineSettings(dataDirectory: "", threads: workers.count)
        settings.planner.partitions = variant.partitions
        settings.planner.valueFormat = "JSON"
        settings.functions = .conformance
        settings.properties["weir.batch.rows"] = "\(variant.batchRows)"
        settings.properties["weir.emit"] = variant.emitsBatches ? "batch" : "every"
        if variant.onDisk { settings.properties["cache.max.bytes.buffering"] = "0" }
        let engine = try Engine(
            settings,
            database: ground.database,
            broker: ground.broker,
            clock: clock.clock,
            threads: workers
        )
        try engine.load()
        return (engine, workers)
    }

    /// The tables and streams that queries write, by name: true for a table.
    var kinds: [String: Bool] {
        Dictionary(sinks.values.map { ($0.name, $0.kind == .table) }) { first, _ in first }
    }

    /// The answer to a block.
    func answer(_ block: GoldenFile.Block) throws -> [String] {
        if variant.steps.crashes { try restart() }
        var lines: [String] = []
        switch block.directive.prefix(while: { $0 != " " }) {
        case "case", "run": lines = execute(block.body.joined(separator: "\n"))
        case "feed":
            do {
                try feed(block.body)
            } catch let error as RecordText.Malformed {
                lines = ["\(error)"]
            }
        case "push": return push(block.body.joined(separator: "\n"))
        case "restart": try restart()
        default: return ["unknown directive \(block.directive)"]
        }
        drain()
        return try lines + failures() + records() + problems()
    }

    /// Ends the engine without any goodbye and starts another one.
    private func restart() throws {
        for worker in workers { worker.crash() }
        (engine, workers) = try GoldenSession.start(variant, ground, clock)
    }

    private func drain(_ steps: [SteppedWorker.Step]? = nil) {
        let pattern = steps ?? variant.steps.pattern
        var worked = true
        var rounds = 0
        while worked {
            worked = false
            rounds += 1
            precondition(rounds < 10_000, "a query does not come to rest")
            for step in pattern {
                for worker in workers { worked = worker.take(step) || worked }
            }
        }
    }

    // MARK: Statements

    private func execute(_ text: String) -> [String] {
        do {
            return try SQLParser.parse(text, options: .asStored).flatMap { statement in
                let request = begin(statement.text(in: text))
                request.wait()
                noteSinks()
                return reply(request)
            }
        } catch {
            return ["\(error)"]
        }
    }

    private func push(_ text: String) -> [String] {
        let request = begin(text)
        engine.control.sync {}
        drain([.commit])
        let lines = reply(request).filter { !$0.hasPrefix("+") }.map { $0.replacing(/"query":"q\d+",/, with: "") }
        request.flow.cancel(.request)
        request.wait()
        return lines
    }

    private func begin(_ text: String) -> GoldenRequest {
        requests += 1
        let request = GoldenRequest(number: requests)
        let statement = StatementRequest(id: RequestID(requests), text: unnumbered(text), session: context)
        EngineExecutor(engine).execute(statement, reply: ReplyStream(flow: request.flow))
        return request
    }

    private func reply(_ request: GoldenRequest) -> [String] {
        request.takeLines().map { line in
            guard line.hasPrefix("+"), line.hasSuffix(" ms") else { return numbered(line) }
            return line.split(separator: " ").dropLast(2).joined(separator: " ")
        }
    }

    /// The text with the numbers of queries counted from the start of the case.
    private func numbered(_ text: String) -> String {
        firstQueryNumber == 0
            ? text
            : text.replacing(/\b((?:CSAS|CTAS|CST|INSERTQUERY)_\w*?)(\d+)\b/) { match in
                "\(match.1)\((Int(match.2) ?? 0) - firstQueryNumber)"
            }
    }

    /// The text with the numbers of queries as the engine counts them.
    private func unnumbered(_ text: String) -> String {
        firstQueryNumber == 0
            ? text
            : text.replacing(/\b((?:CSAS|CTAS|CST|INSERTQUERY)_\w*?)(\d+)\b/) { match in
                "\(match.1)\((Int(match.2) ?? 0) + firstQueryNumber)"
            }
    }

    private func noteSinks() {
        // A topic that is made anew starts from its first record.
        let topics = Set((try? ground.broker.topics()) ?? [])
        shown = shown.filter { topics.contains($0.key.topic) }
        let (queries, sources) = engine.control.sync { (engine.queries.values.map(\.topology), engine.catalog.sources) }
        for node in queries.flatMap(\.subtopologies).flatMap(\.nodes) {
            guard let sink = node.spec as? SinkSpec else { continue }
            let written = sources.values.filter { $0.topic == sink.topic }
            guard let source = written.first(where: { $0.createdBy != nil }) ?? written.first else { continue }
            sinks[sink.topic] = source
        }
    }

    // MARK: Records in

    private func feed(_ lines: [Substring]) throws {
        for step in lines.split(separator: "---", omittingEmptySubsequences: true) {
            var waiting: [(TopicPartition, [RecordText.Record])] = []
            for line in step {
                let (target, record) = try place(line)
                let known = waiting.lastIndex { $0.0 == target }
                if let known, known == waiting.count - 1 || variant.mixesInputs {
                    waiting[known].1.append(record)
                } else {
                    waiting.append((target, [record]))
                }
            }
            for (target, records) in waiting {
                try ground.broker.append([run(target, records)])
                if !variant.mixesInputs { drain() }
            }
            drain()
        }
    }

    private func place(_ line: Substring) throws -> (TopicPartition, RecordText.Record) {
        let word = line.prefix { $0 != " " }
        let parts = word.split(separator: "/")
        let sources = engine.control.sync { engine.catalog.sources }
        guard let name = parts.first, let source = sources[name.uppercased()] ?? sources[String(name)] else {
            throw RecordText.Malformed(line: line)
        }
        let record = try RecordText(source: source).record(line.dropFirst(word.count).drop { $0 == " " })
        let count = try ground.broker.describe(source.topic)?.partitions ?? 1
        var partition = parts.count > 1 ? (Int(parts[1]) ?? 0) % count : 0
        if parts.count == 1, let key = record.key {
            partition = key.withUnsafeBytes { Int(Partitioner.partition(of: $0, count: count)) }
        }
        return (TopicPartition(source.topic, Int32(partition)), record)
    }

    private func run(_ target: TopicPartition, _ records: [RecordText.Record]) -> OutgoingRun {
        OutgoingRun(
            topic: target.topic,
            partition: target.partition,
            timestamps: Column.of(.bigint, records.map { .bigint($0.timestamp) }),
            keys: Column.of(.bytes, records.map { $0.key.map { .bytes($0) } ?? .null }),
            values: Column.of(.bytes, records.map { $0.value.map { .bytes($0) } ?? .null })
        )
    }

    // MARK: What came out

    private func failures() -> [String] {
        workers.flatMap(\.failures).map { "failed \(numbered($0.query)): \($0.error)" }
    }

    private func records() throws -> [String] {
        try sinks.sorted { $0.value.name < $1.value.name }.flatMap { topic, source in
            try newRuns(topic).flatMap { RecordText(source: source).lines($0) }
        }
    }

    /// What was appended to a topic since the last call.
    private func newRuns(_ topic: String) throws -> [MessageRun] {
        guard let settings = try ground.broker.describe(topic) else { return [] }
        var runs: [MessageRun] = []
        for number in 0..<settings.partitions {
            let partition = TopicPartition(topic, Int32(number))
            let end = try ground.broker.offsets(of: partition).upperBound
            var position = shown[partition] ?? 0
            while position < end {
                let run = try ground.broker.read(partition, from: position, rowsMax: 4096, bytesMax: 1 << 20)
                guard run.nextOffset > position else { break }
                position = run.nextOffset
                runs.append(run)
            }
            shown[partition] = position
        }
        return runs
    }

    private func problems() throws -> [String] {
        let log = engine.services.log
        try log.write(to: ground.broker, formats: engine.services.formats)
        var lines: [String] = []
        var late: [String: Int] = [:]
        for run in try newRuns(ProcessingLogStream.topic) {
            for row in 0..<run.count {
                let value = try JSONSerialization.jsonObject(with: Data(run.values.bytes(row))) as? [String: Any]
                func text(_ name: String) -> String? { value?[name] as? String }
                let query = numbered(text("QUERY_ID") ?? "?")
                let reason = text("REASON") ?? "?"
                if text("KIND") == "late" {
                    late[query, default: 0] += Int(reason.prefix { $0 != " " }) ?? 0
                    continue
                }
                let words = [text("KIND"), query, text("SOURCE_TOPIC"), text("FIELD"), text("FIELD_VALUE")]
                lines.append("log \(words.compactMap { $0 }.joined(separator: " ")): \(reason)")
            }
        }
        return lines.sorted() + late.sorted { $0.key < $1.key }.map { "log late \($0.key): \($0.value)" }
    }

    // MARK: The end

    /// Drops whatever the case made.
    /// - Returns: what stayed behind all the same.
    func clear() throws -> [String] {
        var lines = execute("TERMINATE ALL;")
        let catalog = engine.control.sync { engine.catalog }
        // A topic goes with the last source over it; a read-only source cannot take it along.
        let sources = catalog.sources.values.sorted { $0.isReadOnly && !$1.isReadOnly }
        var topics = sources.map(\.topic)
        for source in sources where source.name != ProcessingLogStream.streamName {
            if let index = topics.firstIndex(of: source.topic) { topics.remove(at: index) }
            let deletes = source.isReadOnly || topics.contains(source.topic) ? "" : " DELETE TOPIC"
            lines += execute("DROP \(source.kind.rawValue) \(quotedIdentifier(source.name))\(deletes);")
        }
        for name in catalog.types.keys {
            lines += execute("DROP TYPE \(quotedIdentifier(name));")
        }
        lines.removeAll { !$0.hasPrefix("-") }
        let left = try ground.broker.topics().filter { $0 != ProcessingLogStream.topic }
        if !left.isEmpty { lines.append("topics are left: \(left)") }
        var entries = 0
        try ground.database.scanRaw(from: [0, 0, 0, 1], to: [0xFF]) { _, _ in
            entries += 1
            return true
        }
        if entries > 0 { lines.append("\(entries) entries of state are left") }
        return lines
    }
}
