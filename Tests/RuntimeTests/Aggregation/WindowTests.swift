import Functions
import Testing
import Values

@testable import Runtime

/// Late rows, expiry, and windows that are emitted once.
struct WindowTests {
    static let schema = Schema(key: [], values: [Schema.Field("K", .bigint)])

    static func spec(_ window: TimeWindow, emitsFinal: Bool = true) throws -> Aggregate {
        Aggregate(
            input: schema,
            keys: [0],
            calls: [try .of("COUNT")],
            window: window,
            emitsFinal: emitsFinal,
            store: StoreSpec(name: "aggregate")
        )
    }

    static func rows(_ entries: [(Int64, Int64)]) -> Batch {
        batch(schema, entries.map { [.bigint($0.0), .bigint($0.1)] })
    }

    private static func row(_ key: Int64, _ start: Int64, _ end: Int64, _ count: Int64, _ time: Int64) -> [Value] {
        [.bigint(key), .bigint(start), .bigint(end), .bigint(count), .bigint(time)]
    }

    @Test func lateRowsAreCountedAndLogged() throws {
        let window = TimeWindow(sizeMilliseconds: 10, graceMilliseconds: 5)
        let bench = try OperatorBench(try Self.spec(window, emitsFinal: false))
        // 14 leaves the first window open (10 + 5 > 14), 15 closes it.
        try bench.process(Self.rows([(1, 3), (1, 14), (1, 4), (1, 15), (1, 9), (2, 9)]))
        #expect(bench.take() == [Self.row(1, 0, 10, 2, 4), Self.row(1, 10, 20, 2, 15)])
        #expect(bench.metrics.late.value == 2)
        #expect(bench.log.problems.map(\.kind) == [.late])
        let reason = try #require(bench.log.problems.first?.reason)
        #expect(reason.hasPrefix("2 rows came after their window had closed; the first is 6 ms behind"))
        try bench.restart()
        try bench.process(Self.rows([(1, 9)]))
        #expect(bench.take() == [])
        #expect(bench.metrics.late.value == 3)
    }

    @Test func expiredWindowsLeaveTheStore() throws {
        let window = TimeWindow(sizeMilliseconds: 10, graceMilliseconds: 0, retentionMilliseconds: 30)
        let spec = try Self.spec(window, emitsFinal: false)
        let bench = try OperatorBench(spec)
        func starts() throws -> [Value] {
            var found: [Value] = []
            try spec.rows(in: bench.database, stores: [bench.store()], StateQuery()) { batch in
                found += (0..<batch.count).map { batch.columns[1].value(at: $0) }
                return true
            }
            return found
        }
        for time in stride(from: Int64(0), through: 40, by: 10) { try bench.process(Self.rows([(1, time)])) }
        try bench.commit()
        #expect(try starts() == [20, 30, 40].map { .bigint($0) })
        try bench.process(Self.rows([(1, 100)]))
        try bench.commit()
        #expect(try starts() == [.bigint(100)])
        #expect(bench.metrics.stateBytes.value < 2000)
    }

    /// A window comes once, when it has closed; a window out of the retention time does not.
    @Test(arguments: [1, 2, 100], [true, false])
    func finalResults(_ batchRows: Int, _ restarts: Bool) throws {
        let window = TimeWindow(sizeMilliseconds: 2, graceMilliseconds: 1)
        let bench = try OperatorBench(try Self.spec(window), TaskSettings(cacheBytesMax: restarts ? 1 : 1 << 20))
        let entries: [(Int64, Int64)] = [
            (2, 0), (1, 1), (1, 2), (1, 0), (3, 3),  // closes [0, 2)
            (1, 1), (2, 5), (2, 4),  // closes [2, 4)
            (2, 8),  // closes [4, 6), which has left the retention time (3) with the same step
            (2, 8), (2, 9), (2, 10), (2, 11),  // closes [8, 10)
        ]
        for start in stride(from: 0, to: entries.count, by: batchRows) {
            try bench.process(Self.rows(Array(entries[start..<min(start + batchRows, entries.count)])))
            if restarts { try bench.restart() }
        }
        let found = bench.take()
        #expect(
            found == [
                Self.row(1, 0, 2, 2, 1), Self.row(2, 0, 2, 1, 0), Self.row(1, 2, 4, 1, 2), Self.row(3, 2, 4, 1, 3),
                Self.row(2, 8, 10, 3, 9),
            ]
        )
        #expect(bench.metrics.late.value == 1)
    }

    /// Against the dictionary, with long retention: every closed window once, and nothing else.
    @Test(arguments: [1, 7, 4096], [false, true])
    func finalAgainstOracle(_ batchRows: Int, _ restarts: Bool) throws {
        let test = AggregateTests.Case(
            name: "final",
            keys: [.string],
            window: TimeWindow(
                sizeMilliseconds: 12,
                advanceMilliseconds: 4,
                graceMilliseconds: 3,
                retentionMilliseconds: 500
            )
        )
        let spec = try AggregateTests.spec(test, emitsFinal: true)
        let input = AggregateTests.randomRows(test, 400, seed: 11)
        let bench = try OperatorBench(spec, TaskSettings(cacheBytesMax: restarts ? 1500 : 1 << 20))
        for start in stride(from: 0, to: input.count, by: batchRows) {
            try bench.process(batch(spec.input, Array(input[start..<min(start + batchRows, input.count)])))
            if restarts { try bench.restart() }
        }
        let found = bench.take()
        let oracle = AggregateTests.oracle(test, input)
        let times = input.compactMap { row -> Int64? in
            guard row[0] != .null, case .bigint(let time) = row[3] else { return nil }
            return time
        }
        let closed = (times.max() ?? 0) - 3
        let expected = oracle.rows.filter { row in
            guard case .bigint(let end) = row[2] else { return false }
            return end <= closed
        }
        #expect(sorted(found) == expected)
        let order = found.map { row in
            guard case .string(let key) = row[0], case .bigint(let start) = row[1] else { return ("", Int64(0)) }
            return (key, start)
        }
        #expect(zip(order, order.dropFirst()).allSatisfy { ($0.1, $0.0) < ($1.1, $1.0) })
        #expect(bench.metrics.late.value == oracle.late)
    }

    /// A window with more groups than the cache holds, read back from the store in several steps.
    @Test func finalWindowLargerThanTheCache() throws {
        let bench = try OperatorBench(
            try Self.spec(TimeWindow(sizeMilliseconds: 10, graceMilliseconds: 0)),
            TaskSettings(cacheBytesMax: 20_000)
        )
        let keys = (0..<Int64(10_000)).map { ($0 * 7919) % 10_000 }
        for start in stride(from: 0, to: keys.count, by: 100) {
            try bench.process(Self.rows(keys[start..<(start + 100)].map { ($0, 1) }))
            if bench.step.wantsCommit { try bench.commit() }
        }
        try bench.process(Self.rows([(5, 2)]))
        #expect(bench.metrics.stateBytes.value < 30_000)
        try bench.process(Self.rows([(1, 10)]))
        let found = bench.take()
        #expect(found.count == 10_000)
        #expect(found.map { $0[0] } == (0..<Int64(10_000)).map { .bigint($0) })
        #expect(found[5] == Self.row(5, 0, 10, 2, 2))
    }

    /// A row in more windows than one step takes: none is left out or counted twice.
    @Test(arguments: [false, true]) func moreWindowsThanAStepTakes(emitsFinal: Bool) throws {
        let size: Int64 = 35_000
        let window = TimeWindow(
            sizeMilliseconds: size,
            advanceMilliseconds: 1,
            graceMilliseconds: 0,
            retentionMilliseconds: 200_000
        )
        let spec = try Self.spec(window, emitsFinal: emitsFinal)
        let bench = try OperatorBench(spec)
        try bench.process(Self.rows([(1, 50_000), (1, 50_000), (2, 50_003)]))
        try bench.commit()
        // The last row closes three windows of the first two.
        let closed = (Int64(15_001)...15_003).map { Self.row(1, $0, $0 + size, 2, 50_000) }
        let emitted = bench.take()
        if emitsFinal { #expect(emitted == closed) }
        var starts: [Value: [Int64]] = [:]
        try spec.rows(in: bench.database, stores: [bench.store()], StateQuery()) { batch in
            let (keys, windows) = (batch.columns[0], batch.columns[1].values(as: Int64.self))
            let counts = batch.columns[3].values(as: Int64.self)
            for row in 0..<batch.count {
                let key = keys.value(at: row)
                starts[key, default: []].append(counts[row] == (key == .bigint(1) ? 2 : 1) ? windows[row] : -1)
            }
            return true
        }
        #expect(starts[.bigint(1)]?.sorted() == Array(15_001...50_000))
        #expect(starts[.bigint(2)]?.sorted() == Array(15_004...50_003))
        #expect(bench.metrics.late.value == 0)
    }
}
