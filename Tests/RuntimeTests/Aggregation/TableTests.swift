import Functions
import Testing
import Values

@testable import Runtime

/// Tables: rows before, aggregation of changes, joins with streams.
struct TableTests {
    static let schema = Schema(
        key: [Schema.Field("ID", .bigint)],
        values: [Schema.Field("REGION", .string), Schema.Field("V", .bigint)]
    )
    static let source = TableSource(input: schema, store: StoreSpec(name: "table"))

    /// A row; no region means a deletion.
    static func row(_ id: Int64, _ region: String?, _ number: Int64?, _ time: Int64) -> [Value] {
        [.bigint(id), region.map { .string($0) } ?? .null, number.map { .bigint($0) } ?? .null, .bigint(time)]
    }

    static func changes(_ rows: [[Value]]) -> Batch {
        batch(schema, rows, deleted: Set(rows.indices.filter { rows[$0][1] == .null && rows[$0][2] == .null }))
    }

    private func before(_ batch: Batch, _ row: Int) -> [Value]? {
        guard let before = batch.before, let had = batch.hadBefore else { return nil }
        guard had.base.load(fromByteOffset: row, as: UInt8.self) != 0 else { return nil }
        return before.map { $0.value(at: row) }
    }

    @Test(arguments: [true, false]) func rowsBefore(_ restarts: Bool) throws {
        let bench = try OperatorBench(Self.source, TaskSettings(emitsEveryChange: true, cacheBytesMax: 1))
        try bench.process(Self.changes([Self.row(1, "a", 5, 10), Self.row(2, nil, nil, 11), Self.row(1, "b", nil, 9)]))
        if restarts { try bench.restart() }
        try bench.process(Self.changes([Self.row(1, nil, nil, 12), Self.row(1, "c", 1, 13)]))
        let emitted = bench.emitted
        #expect(emitted.map(\.count) == [3, 2])
        #expect(before(emitted[0], 0) == nil)
        #expect(before(emitted[0], 1) == nil)
        #expect(emitted[0].isDeleted(1))
        #expect(before(emitted[0], 2) == [.bigint(1), .string("a"), .bigint(5)])
        #expect(before(emitted[1], 0) == [.bigint(1), .string("b"), .null])
        #expect(emitted[1].isDeleted(0))
        #expect(before(emitted[1], 1) == nil)
    }

    @Test func lastChangePerBatch() throws {
        let bench = try OperatorBench(Self.source)
        try bench.process(Self.changes([Self.row(1, "a", 5, 10), Self.row(2, "x", 2, 11), Self.row(1, "b", 6, 12)]))
        try bench.process(Self.changes([Self.row(1, "c", 7, 13), Self.row(1, nil, nil, 14)]))
        #expect(before(bench.emitted[1], 0) == [.bigint(1), .string("b"), .bigint(6)])
        #expect(
            bench.take() == [
                Self.row(1, "b", 6, 12), Self.row(2, "x", 2, 11), Self.row(1, nil, nil, 14) + [.string("deleted")],
            ]
        )
        var nullKey = Self.row(1, "b", 6, 12)
        nullKey[0] = .null
        try bench.process(Self.changes([nullKey]))
        #expect(bench.take() == [])
        #expect(bench.metrics.dropped.value == 1)
    }

    @Test func pullQueries() throws {
        let bench = try OperatorBench(Self.source)
        try bench.process(Self.changes([Self.row(1, "a", 5, 10), Self.row(2, "x", 2, 11), Self.row(-3, "b", 6, 12)]))
        try bench.commit()
        func found(_ query: StateQuery) throws -> [[Value]] {
            var list: [[Value]] = []
            try Self.source.rows(in: bench.database, stores: [bench.store()], query) { batch in
                list += rows(batch)
                return true
            }
            return list
        }
        let all = [Self.row(-3, "b", 6, 12), Self.row(1, "a", 5, 10), Self.row(2, "x", 2, 11)]
        #expect(try found(StateQuery()) == all)
        #expect(try found(StateQuery(rowsMax: 1)) == all)
        let keys = [Column.of(.bigint, [.bigint(2), .bigint(7), .bigint(-3)])]
        #expect(try found(StateQuery(keys: keys)) == [all[0], all[2]])
    }

    static func aggregate(_ isOrdered: Bool) throws -> Aggregate {
        let calls: [Aggregate.Call] = [
            try .of("COUNT"), try .of("SUM", [.bigint], inputs: [2]),
            try .of("COLLECT_LIST", [.bigint], inputs: [2]),
        ]
        return Aggregate(
            input: schema,
            keys: [1],
            calls: isOrdered ? calls : Array(calls[..<2]),
            isTable: true,
            store: StoreSpec(name: "aggregate")
        )
    }

    /// The groups of a table's current rows, whatever changes led to them.
    @Test(arguments: [true, false], [true, false])
    func tableAggregation(_ everyChange: Bool, _ isOrdered: Bool) throws {
        let settings = TaskSettings(emitsEveryChange: everyChange, cacheBytesMax: 2000)
        let spec = try Self.aggregate(isOrdered)
        for batchRows in [1, 3, 100] {
            let source = try OperatorBench(Self.source, settings)
            let groups = try OperatorBench(spec, settings)
            var table: [Int64: (region: String, number: Int64)] = [:]
            var dice = Dice(batchRows)
            var latest: [Value: [Value]] = [:]
            for _ in 0..<(200 / batchRows) {
                let rows = (0..<batchRows).map { _ in
                    let id = Int64(dice.roll(20))
                    if dice.roll(4) == 0 {
                        table[id] = nil
                        return Self.row(id, nil, nil, 1)
                    }
                    let entry = (region: ["n", "s", "e", "w"][dice.roll(4)], number: Int64(dice.roll(9)))
                    table[id] = entry
                    return Self.row(id, entry.region, entry.number, 1)
                }
                try source.process(Self.changes(rows))
                for change in source.emitted { try groups.process(change) }
                _ = source.take()
                for row in groups.take() { latest[row[0]] = row }
                if dice.roll(5) == 0 { try groups.restart() }
            }
            for region in Set(table.values.map(\.region)) {
                let numbers = table.values.filter { $0.region == region }.map(\.number)
                let row = try #require(latest[.string(region)])
                #expect(row[1] == .bigint(Int64(numbers.count)))
                #expect(row[2] == .bigint(numbers.reduce(0, +)))
                if isOrdered, case .array(let list) = row[3] {
                    #expect(list.map { "\($0)" }.sorted() == numbers.map { "\(Value.bigint($0))" }.sorted())
                }
            }
        }
    }

    /// Old group first, then the new one; one row when they are the same; a row for an empty group.
    @Test func everyChangeOfATable() throws {
        let settings = TaskSettings(emitsEveryChange: true)
        let source = try OperatorBench(Self.source, settings)
        let groups = try OperatorBench(try Self.aggregate(false), settings)
        try source.process(
            Self.changes([
                Self.row(1, "a", 5, 10), Self.row(1, "a", 7, 11), Self.row(1, "b", 7, 9), Self.row(1, nil, nil, 12),
            ])
        )
        for change in source.emitted { try groups.process(change) }
        #expect(
            groups.take() == [
                [.string("a"), .bigint(1), .bigint(5), .bigint(10)],
                [.string("a"), .bigint(1), .bigint(7), .bigint(11)],
                [.string("a"), .bigint(0), .bigint(0), .bigint(11)],
                [.string("b"), .bigint(1), .bigint(7), .bigint(9)],
                [.string("b"), .bigint(0), .bigint(0), .bigint(12)],
            ]
        )
    }

    private func join(_ kind: StreamTableJoin.Kind) -> StreamTableJoin {
        let stream = Schema(key: [Schema.Field("USER", .bigint)], values: [Schema.Field("PAGE", .string)])
        return StreamTableJoin(
            kind,
            stream: stream,
            table: Self.schema,
            streamKey: [0],
            output: Schema(
                key: stream.fields,
                values: Self.schema.fields + [Schema.Field("T_ROWTIME", .bigint)]
            ),
            hasTableTime: true,
            store: StoreSpec(name: "join")
        )
    }

    @Test(arguments: [StreamTableJoin.Kind.inner, .left]) func joins(_ kind: StreamTableJoin.Kind) throws {
        let spec = join(kind)
        let bench = try OperatorBench(spec, TaskSettings(cacheBytesMax: 1))
        try bench.process(Self.changes([Self.row(1, "a", 5, 10), Self.row(2, "b", 6, 11)]), input: 1)
        try bench.restart()
        let clicks: [[Value]] = [
            [.bigint(2), .string("p"), .bigint(20)], [.bigint(3), .string("q"), .bigint(21)],
            [.null, .string("r"), .bigint(22)], [.bigint(2), .string("s"), .bigint(5)],
            [.bigint(1), .string("dead"), .bigint(23)],
        ]
        let dead = Set([4])
        try bench.process(batch(spec.stream, clicks, deleted: dead), input: 0)
        let match: [Value] = [.bigint(2), .string("b"), .bigint(6), .bigint(11)]
        let nothing: [Value] = [.null, .null, .null, .null]
        let first: [Value] = [.bigint(2), .string("p")] + match + [.bigint(20)]
        let last: [Value] = [.bigint(2), .string("s")] + match + [.bigint(5)]
        let unmatched: [[Value]] = [
            [.bigint(3), .string("q")] + nothing + [.bigint(21)], [.null, .string("r")] + nothing + [.bigint(22)],
        ]
        #expect(bench.take() == [first] + (kind == .left ? unmatched : []) + [last])
        try bench.process(Self.changes([Self.row(2, nil, nil, 30)]), input: 1)
        try bench.process(batch(spec.stream, [clicks[0]]), input: 0)
        let gone: [Value] = [.bigint(2), .string("p")] + nothing + [.bigint(20)]
        #expect(bench.take() == (kind == .left ? [gone] : []))
    }
}
