import Functions
import Runtime
import Testing
import Values

@Suite struct FlatMapTests {
    private static let schema = Schema(
        key: [Schema.Field("ID", .string)],
        values: [Schema.Field("A", .array(.integer)), Schema.Field("B", .array(.string))]
    )
    private static let a = Expression.column(1, name: "A", .array(.integer))
    private static let b = Expression.column(2, name: "B", .array(.string))

    private func spec(_ calls: [(String, Expression)]) throws -> FlatMap {
        FlatMap(
            try calls.enumerated().map { index, call in
                let function = try #require(TableFunctionLibrary.standard[call.0])
                let type = try #require(function.resultType([call.1.type]))
                return FlatMap.Call("S\(index)", function, [call.1], resultType: type)
            },
            input: Self.schema
        )
    }

    private static func list(_ numbers: [Int32?]) -> Value {
        .array(numbers.map { $0.map { .integer($0) } ?? .null })
    }

    private static func row(_ id: String, _ a: Value, _ b: Value = .null, at time: Int64 = 0) -> [Value] {
        [.string(id), a, b, .bigint(time)]
    }

    /// The values that the calls add to each row.
    private func added(_ rows: [[Value]]) -> [[Value]] { rows.map { [$0[0]] + $0[3...].dropLast() } }

    @Test func functionsGiveTheirRowsTogetherAndShorterOnesNull() throws {
        let bench = try OperatorBench(spec([("EXPLODE", Self.a), ("EXPLODE", Self.b)]), TaskSettings(batchRowsMax: 3))
        let words = Value.array([.string("x"), .null, .string("z"), .string("")])
        try bench.process(
            batch(
                Self.schema,
                [
                    Self.row("p", Self.list([1, nil]), words, at: 5), Self.row("q", .null),
                    Self.row("r", Self.list([])),
                    Self.row("s", Self.list([7]), at: 9), Self.row("t", Self.list([8])),
                ],
                deleted: [4]
            )
        )
        #expect(bench.emitted.map(\.count) == [3, 2])
        let rows = bench.take()
        #expect(
            added(rows) == [
                [.string("p"), .integer(1), .string("x")], [.string("p"), .null, .null],
                [.string("p"), .null, .string("z")], [.string("p"), .null, .string("")],
                [.string("s"), .integer(7), .null],
            ]
        )
        #expect(rows.map { $0.last } == [.bigint(5), .bigint(5), .bigint(5), .bigint(5), .bigint(9)])
        #expect(rows[0][1] == Self.list([1, nil]) && rows[0][2] == words)
        #expect(bench.metrics.rowsOut.value == 5)
    }

    @Test func aCubeHasEverySubset() throws {
        for batchRowsMax in [1, 3, 4096] {
            let bench = try OperatorBench(spec([("CUBE_EXPLODE", Self.a)]), TaskSettings(batchRowsMax: batchRowsMax))
            try bench.process(
                batch(
                    Self.schema,
                    [Self.row("p", Self.list([1, nil, 3])), Self.row("q", Self.list([])), Self.row("r", .null)]
                )
            )
            #expect(
                added(bench.take()) == [
                    [.string("p"), Self.list([nil, nil, nil])], [.string("p"), Self.list([nil, nil, 3])],
                    [.string("p"), Self.list([1, nil, nil])], [.string("p"), Self.list([1, nil, 3])],
                    [.string("q"), Self.list([])],
                ]
            )
        }
    }

    @Test func aCubeOfTooManyElementsIsLogged() throws {
        let bench = try OperatorBench(spec([("CUBE_EXPLODE", Self.a)]))
        let long = Self.list((0..<21).map { $0 })
        try bench.process(batch(Self.schema, [Self.row("p", long), Self.row("q", Self.list([1]))]))
        #expect(added(bench.take()).map { $0[0] } == [.string("q"), .string("q")])
        #expect(bench.metrics.errors.value == 1)
        #expect(bench.log.problems.map(\.field) == ["CUBE_EXPLODE"])
    }

    @Test(arguments: TableFunctionLibrary.standard.names)
    func examplesHold(_ name: String) throws {
        let function = try #require(TableFunctionLibrary.standard[name])
        let example = function.example
        let type = try #require(function.resultType([example.type]))
        let argument = Expression.literal(example.argument, example.type)
        let call = FlatMap.Call("S", function, [argument], resultType: type)
        let bench = try OperatorBench(FlatMap([call], input: Self.schema))
        try bench.process(batch(Self.schema, [Self.row("p", .null)]))
        #expect(bench.take().map { $0[3] } == example.results)
    }
}
