import Runtime
import Testing
import Values

@Suite struct FilterProjectTests {
    private let schema = Schema(key: [Schema.Field("ID", .string)], values: [Schema.Field("N", .integer)])
    private let number = Expression.column(1, name: "N", .integer)
    private let key = Expression.column(0, name: "ID", .string)

    private func isPositive() -> Expression { .comparison(.greater, number, literal(0)) }

    private func row(_ id: String, _ n: Int32?, at time: Int64 = 0) -> [Value] {
        [.string(id), n.map { .integer($0) } ?? .null, .bigint(time)]
    }

    @Test func aStreamKeepsWhatPasses() throws {
        let bench = try OperatorBench(Filter(isPositive(), input: schema, isTable: false))
        try bench.process(batch(schema, [row("a", 1), row("b", -1), row("c", nil), row("d", 2)], deleted: [3]))
        #expect(bench.take() == [row("a", 1)])
        #expect(bench.metrics.rowsIn.value == 4)
        #expect(bench.metrics.rowsOut.value == 1)
        #expect(bench.metrics.dropped.value == 3)
    }

    @Test func failingRowsAreDroppedAndLoggedWithTheirOrigin() throws {
        let ratio = try arithmetic(.divide, literal(10), number)
        let bench = try OperatorBench(Filter(.comparison(.greater, ratio, literal(1)), input: schema, isTable: false))
        var rows = batch(schema, [row("a", 0), row("b", 5), row("c", 0)])
        rows.origin = RecordOrigin(
            topic: "t",
            partition: 3,
            offsets: Column.of(.bigint, [.bigint(7), .bigint(8), .bigint(9)])
        )
        try bench.process(rows)
        #expect(bench.take() == [row("b", 5)])
        #expect(bench.log.problems.map(\.offset) == [7, 9])
        #expect(bench.log.problems.first?.field == "10 / N")
        #expect(bench.log.problems.first?.partition == 3)
        #expect(bench.metrics.errors.value == 2)
    }

    /// What a table's reader sees of a change from one row to another.
    @Test(
        arguments: [
            (nil, 1, [Value.string("k"), .integer(1)]), (nil, -1, nil), (2, 1, [.string("k"), .integer(1)]),
            (2, -1, [.string("k"), .null, .string("deleted")]), (-2, -1, nil), (-2, 1, [.string("k"), .integer(1)]),
            (2, nil, [.string("k"), .null, .string("deleted")]), (-2, nil, nil),
        ] as [(Int32?, Int32?, [Value]?)]
    )
    func aTableHidesWhatNoLongerPasses(old: Int32?, new: Int32?, expected: [Value]?) throws {
        let bench = try OperatorBench(Filter(isPositive(), input: schema, isTable: true))
        var change = batch(schema, [row("k", new)], deleted: new == nil ? [0] : [])
        change.before = [Column.of(.string, [.string("k")]), Column.of(.integer, [old.map { .integer($0) } ?? .null])]
        let had = Buffer.zeroed(capacity: 1)
        had.base.storeBytes(of: old == nil ? 0 : 1, as: UInt8.self)
        change.hadBefore = had
        try bench.process(change)
        let emitted = bench.take().map { $0.filter { $0 != .bigint(0) } }
        #expect(emitted == (expected.map { [$0] } ?? []))
    }

    @Test func withoutReplacedRowsATableDeletesWhatDoesNotPass() throws {
        let bench = try OperatorBench(Filter(isPositive(), input: schema, isTable: true))
        try bench.process(batch(schema, [row("a", 1), row("b", -1)]))
        #expect(bench.take() == [row("a", 1), row("b", nil) + [.string("deleted")]])
    }

    @Test func projectComputesColumnsOfBothRows() throws {
        let output = Schema(
            key: [Schema.Field("ID", .string)],
            values: [Schema.Field("TWICE", .integer), Schema.Field("ONE", .integer)]
        )
        let spec = Project([key, try arithmetic(.multiply, number, literal(2)), literal(1)], output: output)
        #expect(spec.summary == "Project (ID, N * 2 AS TWICE, 1 AS ONE)")
        let bench = try OperatorBench(spec)
        var change = batch(schema, [row("a", 3, at: 5), row("b", nil, at: 6)], deleted: [1])
        change.before = [
            Column.of(.string, [.string("a"), .string("b")]), Column.of(.integer, [.integer(1), .integer(4)]),
        ]
        change.hadBefore = Buffer.zeroed(capacity: 2)
        try bench.process(change)
        let before = try #require(bench.emitted.first?.before)
        #expect(before[1].value(at: 0) == .integer(2))
        #expect(before[1].value(at: 1) == .integer(8))
        #expect(
            bench.take() == [
                [.string("a"), .integer(6), .integer(1), .bigint(5)],
                [.string("b"), .null, .null, .bigint(6), .string("deleted")],
            ]
        )
    }

    @Test func projectLogsAFailureAndKeepsTheOtherColumns() throws {
        let output = Schema(key: [], values: [Schema.Field("R", .integer), Schema.Field("N", .integer)])
        let bench = try OperatorBench(Project([try arithmetic(.divide, literal(1), number), number], output: output))
        try bench.process(batch(schema, [row("a", 0)]))
        #expect(bench.take() == [[.null, .integer(0), .bigint(0)]])
        #expect(bench.log.problems.map(\.reason) == ["division by zero"])
    }
}
