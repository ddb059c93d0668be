import Functions
import Testing
import Values

@testable import Runtime

/// Aggregation against a dictionary: cut into batches, with little memory, and started again between batches.
struct AggregateTests {
    struct Case: Sendable, CustomStringConvertible {
        let name: String
        let keys: [SQLType]
        let window: TimeWindow?
        var description: String { name }
    }

    static let cases: [Case] = [
        Case(name: "bigint", keys: [.bigint], window: nil),
        Case(name: "string", keys: [.string], window: nil),
        Case(name: "two columns", keys: [.integer, .string], window: nil),
        Case(
            name: "tumbling",
            keys: [.bigint],
            window: TimeWindow(sizeMilliseconds: 10, graceMilliseconds: 0, retentionMilliseconds: 1000)
        ),
        Case(
            name: "hopping",
            keys: [.string],
            window: TimeWindow(
                sizeMilliseconds: 10,
                advanceMilliseconds: 3,
                graceMilliseconds: 5,
                retentionMilliseconds: 1000
            )
        ),
    ]

    static func schema(_ keys: [SQLType]) -> Schema {
        Schema(
            key: [],
            values: keys.enumerated().map { Schema.Field("K\($0)", $1) }
                + [Schema.Field("V", .bigint), Schema.Field("S", .string)]
        )
    }

    static func spec(_ test: Case, emitsFinal: Bool = false) throws -> Aggregate {
        let number = test.keys.count
        return Aggregate(
            input: schema(test.keys),
            keys: Array(test.keys.indices),
            calls: [
                try .of("COUNT"), try .of("SUM", [.bigint], inputs: [number]),
                try .of("MIN", [.string], inputs: [number + 1]),
                try .of("COLLECT_LIST", [.bigint], inputs: [number]),
            ],
            window: test.window,
            emitsFinal: emitsFinal,
            store: StoreSpec(name: "aggregate")
        )
    }

    static func randomRows(_ test: Case, _ count: Int, seed: Int) -> [[Value]] {
        var dice = Dice(seed)
        return (0..<count).map { index in
            let keys: [Value] = test.keys.map { type in
                if dice.roll(40) == 0 { return .null }
                let number = dice.roll(12)
                return switch type {
                case .bigint: .bigint(Int64(number) - 5)
                case .integer: .integer(Int32(number) / 4)
                default: .string(String(repeating: "k", count: number * 3) + "\(number)")
                }
            }
            let number: Value = dice.roll(7) == 0 ? .null : .bigint(Int64(dice.roll(100)))
            let text: Value = dice.roll(7) == 0 ? .null : .string("t\(dice.roll(1000))")
            let time = Int64(max(0, index / 4 + dice.roll(24) - 12))
            return keys + [number, text, .bigint(time)]
        }
    }

    static func oracle(_ test: Case, _ rows: [[Value]]) -> AggregateOracle {
        var oracle = AggregateOracle(test.window)
        let keys = test.keys.count
        for row in rows {
            guard case .bigint(let time) = row[keys + 2] else { continue }
            oracle.add(Array(row[..<keys]), row[keys], row[keys + 1], time)
        }
        return oracle
    }

    static func stored(_ spec: Aggregate, _ bench: OperatorBench, _ query: StateQuery = StateQuery()) throws
        -> [[Value]]
    {
        var found: [[Value]] = []
        try spec.rows(in: bench.database, stores: [bench.store()], query) { batch in
            found += rows(batch)
            return true
        }
        return found
    }

    @Test(arguments: cases, [1, 2, 4096])
    func finalState(_ test: Case, _ batchRows: Int) throws {
        let spec = try Self.spec(test)
        let input = Self.randomRows(test, 300, seed: batchRows)
        let oracle = Self.oracle(test, input)
        for (cache, restarts) in [(1 << 20, false), (1, false), (1 << 20, true), (3000, true)] {
            let bench = try OperatorBench(spec, TaskSettings(cacheBytesMax: cache))
            for start in stride(from: 0, to: input.count, by: batchRows) {
                try bench.process(batch(spec.input, Array(input[start..<min(start + batchRows, input.count)])))
                if restarts { try bench.restart() } else if bench.step.wantsCommit { try bench.commit() }
            }
            try bench.commit()
            #expect(try sorted(Self.stored(spec, bench)) == oracle.rows, "cache \(cache), restarts \(restarts)")
            #expect(bench.metrics.late.value == oracle.late)
            #expect(bench.metrics.dropped.value == oracle.dropped)
        }
    }

    @Test(arguments: cases, [1, 50, 4096])
    func everyChange(_ test: Case, _ batchRows: Int) throws {
        let spec = try Self.spec(test)
        let input = Self.randomRows(test, 300, seed: 5)
        let bench = try OperatorBench(spec, TaskSettings(emitsEveryChange: true))
        for start in stride(from: 0, to: input.count, by: batchRows) {
            try bench.process(batch(spec.input, Array(input[start..<min(start + batchRows, input.count)])))
        }
        #expect(bench.take() == Self.oracle(test, input).every)
    }

    @Test(arguments: cases)
    func lastChangePerBatch(_ test: Case) throws {
        let spec = try Self.spec(test)
        let input = Self.randomRows(test, 200, seed: 6)
        let bench = try OperatorBench(spec)
        try bench.process(batch(spec.input, input))
        let found = bench.take()
        #expect(sorted(found) == Self.oracle(test, input).rows)
    }

    @Test(arguments: cases)
    func pullQueries(_ test: Case) throws {
        let spec = try Self.spec(test)
        let input = Self.randomRows(test, 200, seed: 8)
        let all = Self.oracle(test, input).rows
        let bench = try OperatorBench(spec)
        try bench.process(batch(spec.input, input))
        try bench.commit()
        #expect(try sorted(Self.stored(spec, bench, StateQuery(rowsMax: 3))) == all)
        let wanted = Array(all[all.count / 2][..<test.keys.count])
        let keys = test.keys.indices.map { Column.of(test.keys[$0], [wanted[$0], wanted[$0], .null]) }
        let ofKey = all.filter { Array($0[..<test.keys.count]) == wanted }
        #expect(try sorted(Self.stored(spec, bench, StateQuery(keys: keys))) == ofKey)
        guard test.window != nil else { return }
        let bounds: ClosedRange<Int64> = 9...30
        let within = { (row: [Value]) in
            guard case .bigint(let start) = row[test.keys.count] else { return false }
            return bounds.contains(start)
        }
        #expect(try sorted(Self.stored(spec, bench, StateQuery(windowStarts: bounds))) == all.filter(within))
        #expect(
            try sorted(Self.stored(spec, bench, StateQuery(keys: keys, windowStarts: bounds))) == ofKey.filter(within)
        )
    }

    @Test func deletedRowsAreSkipped() throws {
        let test = Self.cases[0]
        let spec = try Self.spec(test)
        let bench = try OperatorBench(spec)
        let input: [[Value]] = [
            [.bigint(1), .bigint(5), .string("x"), .bigint(3)], [.bigint(1), .bigint(6), .string("y"), .bigint(9)],
        ]
        try bench.process(batch(spec.input, input, deleted: [1]))
        #expect(bench.take() == [[.bigint(1), .bigint(1), .bigint(5), .string("x"), .array([.bigint(5)]), .bigint(3)]])
    }

    @Test func summary() throws {
        let spec = try Self.spec(Self.cases[4])
        #expect(
            spec.summary
                == "Aggregate (`COUNT_[]` := COUNT(), `SUM_[1]` := SUM(V), `MIN_[2]` := MIN(S), "
                + "`COLLECT_LIST_[1]` := COLLECT_LIST(V)) by K0 window hopping (size 10 ms, advance 3 ms, grace 5 ms, "
                + "retention 1000 ms)"
        )
        #expect(spec.output.description.hasPrefix("K0 STRING KEY, WINDOWSTART BIGINT, WINDOWEND BIGINT, `COUNT_[]`"))
    }
}
