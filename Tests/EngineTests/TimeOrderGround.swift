import Foundation
import Parser
import Planner
import Runtime
import Testing
import Values

@testable import Server

/// An engine in memory with random topics, whose threads take random turns.
final class TimeOrderGround {
    struct Row {
        let key: String
        let time: Int64
        let number: Int
    }

    private let broker = MemoryBroker()
    private let engine: Engine
    private let clock = SteppedClock(wall: 1_700_000_000_000)
    private let steppers: [SteppedWorker]
    private let threads: [any StreamWorker]
    private let partitions: Int
    private let context = SessionContext(id: "time")
    private var random: Random
    private var requests: UInt64 = 0
    private var numbers = 0
    private var loaded: [TopicPartition: Int64] = [:]

    /// SplitMix64.
    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    init(seed: Int, partitions: Int, isThreaded: Bool = false, wait: Int = 1_000_000_000) throws {
        self.partitions = partitions
        random = Random(state: UInt64(seed))
        let count = isThreaded || seed == 3 ? 2 : 1 + seed % 3
        let clock = self.clock
        steppers = isThreaded ? [] : (0..<count).map { SteppedWorker(name: "t\($0)", clock: clock) }
        threads = isThreaded ? (0..<count).map { StreamThread(name: "t\($0)") } : steppers
        var settings = EngineSettings(dataDirectory: "", threads: count)
        settings.planner.partitions = partitions
        settings.planner.valueFormat = "JSON"
        settings.properties["weir.batch.rows"] = ["1", "3", "4096"][seed % 3]
        // The clock of a test takes a second at every look.
        settings.properties["weir.time.wait.max.ms"] = "\(wait)"
        engine = try Engine(
            settings,
            database: MemoryDatabase(),
            broker: broker,
            clock: isThreaded ? .system : clock.clock,
            threads: threads
        )
        if isThreaded { for thread in threads { thread.start() } }
        try engine.load()
    }

    /// Loads a topic one partition after the other, each in the order of time and at a pace of its own; some stay empty.
    func fill(_ topic: String, isKeyed: Bool) throws -> [Row] {
        try broker.createTopic(topic, TopicSettings(partitions: partitions))
        var all: [Row] = []
        for partition in 0..<Int32(partitions) {
            let keys = ["a", "b", "c", "d", "e", "f"].filter { key in
                var bytes = key
                let home = bytes.withUTF8 { Partitioner.partition(of: UnsafeRawBufferPointer($0), count: partitions) }
                return !isKeyed || home == partition
            }
            guard !keys.isEmpty, Int.random(in: 0..<6, using: &random) > 0 else { continue }
            let pace = [3, 20, 150][Int.random(in: 0..<3, using: &random)]
            var time = Int64.random(in: 0..<200, using: &random)
            var rows: [Row] = []
            for _ in 0..<Int.random(in: 1..<40, using: &random) {
                time += Int64.random(in: 0...Int64(pace), using: &random)
                numbers += 1
                rows.append(Row(key: keys.randomElement(using: &random) ?? "a", time: time, number: numbers))
            }
            try broker.append([run(TopicPartition(topic, partition), rows, isKeyed)])
            loaded[TopicPartition(topic, partition)] = Int64(rows.count)
            all += rows
        }
        return all
    }

    private func run(_ target: TopicPartition, _ rows: [Row], _ isKeyed: Bool) -> OutgoingRun {
        OutgoingRun(
            topic: target.topic,
            partition: target.partition,
            timestamps: Column.of(.bigint, rows.map { .bigint($0.time) }),
            keys: Column.of(.bytes, rows.map { isKeyed ? .bytes(Array($0.key.utf8)) : .null }),
            values: Column.of(.bytes, rows.map { .bytes(Array(#"{"G":"\#($0.key)","N":\#($0.number)}"#.utf8)) })
        )
    }

    func run(_ text: String) throws {
        for statement in try SQLParser.parse(text, options: .asStored) {
            requests += 1
            let request = GoldenRequest(number: requests)
            let single = StatementRequest(id: RequestID(requests), text: statement.text(in: text), session: context)
            EngineExecutor(engine).execute(single, reply: ReplyStream(flow: request.flow))
            request.wait()
            let lines = request.takeLines()
            #expect(!lines.contains { $0.hasPrefix("-") }, "\(lines)")
        }
    }

    // MARK: Turns

    /// Random turns and some crashes, then as many as it takes.
    func settle() throws {
        for _ in 0..<60 {
            let worker = Int.random(in: 0..<steppers.count, using: &random)
            let dice = Int.random(in: 0..<10, using: &random)
            let step: SteppedWorker.Step = dice == 0 ? .crash : dice < 5 ? .commit : .run
            for _ in 0...Int.random(in: 0..<4, using: &random) { take(step, of: worker, times: 1) }
        }
        var rounds = 0
        var worked = true
        while worked, rounds < 20_000 {
            rounds += 1
            worked = false
            for index in steppers.indices { worked = take(.commit, of: index, times: 1) || worked }
        }
        #expect(rounds < 20_000, "the query does not come to rest")
        let failures = steppers.flatMap(\.failures)
        #expect(failures.isEmpty, "\(failures)")
    }

    @discardableResult
    func take(_ step: SteppedWorker.Step, of worker: Int, times: Int) -> Bool {
        var worked = false
        for _ in 0..<times { worked = engine.control.sync { steppers[worker].take(step) } }
        return worked
    }

    /// Waits until threads have read all that was loaded and what they send each other.
    func waitUntilRead(milliseconds: Int) throws {
        for _ in 0..<milliseconds / 10 {
            let positions = status.reduce(into: [:]) { $0.merge($1.positions) { max($0, $1) } }
            let inputs = engine.control.sync { engine.queries.values.flatMap(\.inputs) }
            if try inputs.allSatisfy({ try positions[$0] ?? -1 >= broker.offsets(of: $0).upperBound }) { return }
            usleep(10_000)
        }
        Issue.record("the query does not come to rest")
    }

    func stop() { for thread in threads { thread.stop() } }

    private var status: [QueryStatus] { engine.control.sync { engine.queries.values.map(\.status) } }

    // MARK: What came out

    /// Rows that were late.
    var late: Int64 {
        Int64(status.flatMap(\.tasks).flatMap(\.metrics).reduce(0) { $0 + Int($1.metrics.late.value) })
    }

    /// The keys and values of a topic.
    func records(_ topic: String) throws -> [(key: [UInt8], value: [UInt8])] {
        var records: [(key: [UInt8], value: [UInt8])] = []
        for partition in 0..<Int32(partitions) {
            let source = TopicPartition(topic, partition)
            var position: Int64 = 0
            while try position < broker.offsets(of: source).upperBound {
                let run = try broker.read(source, from: position, rowsMax: 4096, bytesMax: 1 << 20)
                position = run.nextOffset
                for row in 0..<run.count { records.append((Array(run.keys.bytes(row)), Array(run.values.bytes(row)))) }
            }
        }
        return records
    }

    /// Records that the first thread has read of what was loaded.
    func readByFirst() -> Int64 {
        let positions = status.reduce(into: [:]) { $0.merge($1.positions) { max($0, $1) } }
        return positions.filter { loaded[$0.key] != nil && isOfFirst($0.key) }.values.reduce(0, +)
    }

    /// Records that the first thread has to read.
    func loadedForFirst(_ topic: String) -> Int64 {
        loaded.filter { $0.key.topic == topic && isOfFirst($0.key) }.values.reduce(0, +)
    }

    /// A test that asks for the first thread has two of them and their tasks, dealt out by partition.
    private func isOfFirst(_ partition: TopicPartition) -> Bool {
        steppers[0].takes(partition)
    }
}
