import Testing
import Values

@testable import Runtime

/// Foreign-key joins: the three steps one behind the other, against two dictionaries.
struct ForeignKeyJoinTests {
    static let left = Schema(
        key: [Schema.Field("ID", .bigint)],
        values: [Schema.Field("FK", .string), Schema.Field("L", .bigint)]
    )
    static let right = Schema(key: [Schema.Field("K", .string)], values: [Schema.Field("R", .bigint)])
    static let joined = Schema(
        key: [Schema.Field("ID", .bigint)],
        values: [
            Schema.Field("FK", .string), Schema.Field("L", .bigint), Schema.Field("K", .string),
            Schema.Field("R", .bigint),
            Schema.Field("R_ROWTIME", .bigint),
        ]
    )

    enum Change {
        /// A nil foreign key is NULL, a nil row a deletion.
        case left(Int64, row: (fk: String?, number: Int64)?, time: Int64)
        case right(String, row: Int64?, time: Int64)

        var isLeft: Bool { if case .left = self { true } else { false } }

        func batch() -> Batch {
            switch self {
            case .left(let id, let row, let time):
                let values: [Value] = [row?.fk.map { .string($0) } ?? .null, row.map { .bigint($0.number) } ?? .null]
                return RuntimeTests.batch(
                    ForeignKeyJoinTests.left,
                    [[.bigint(id)] + values + [.bigint(time)]],
                    deleted: row == nil ? [0] : []
                )
            case .right(let key, let row, let time):
                return RuntimeTests.batch(
                    ForeignKeyJoinTests.right,
                    [[.string(key), row.map { .bigint($0) } ?? .null, .bigint(time)]],
                    deleted: row == nil ? [0] : []
                )
            }
        }
    }

    /// What a join does, change by change.
    struct Oracle {
        let keepsUnmatched: Bool
        private(set) var rows: [[Value]] = []
        private var lefts: [Int64: (fk: String?, number: Int64, time: Int64)] = [:]
        private var rights: [String: (number: Int64, time: Int64)] = [:]

        init(keepsUnmatched: Bool) { self.keepsUnmatched = keepsUnmatched }

        /// The joined rows that stand, by key.
        var standing: [Int64: [Value]] {
            var result: [Int64: [Value]] = [:]
            for id in lefts.keys { result[id] = joined(id) }
            return result
        }

        private func joined(_ id: Int64) -> [Value]? {
            guard let left = lefts[id] else { return nil }
            let own: [Value] = [.bigint(id), left.fk.map { .string($0) } ?? .null, .bigint(left.number)]
            if let fk = left.fk, let right = rights[fk] {
                return own + [.string(fk), .bigint(right.number), .bigint(right.time)]
            }
            return keepsUnmatched ? own + [.null, .null, .null] : nil
        }

        private mutating func emit(_ id: Int64, _ time: Int64) {
            let nulls = [Value](repeating: .null, count: 5)
            rows.append(
                joined(id).map { $0 + [.bigint(time)] } ?? [.bigint(id)] + nulls + [.bigint(time), .string("deleted")]
            )
        }

        mutating func add(_ change: Change) {
            switch change {
            case .left(let id, let row, let time):
                let old = lefts[id]
                lefts[id] = row.map { ($0.fk, $0.number, time) }
                let right = row?.fk.flatMap { rights[$0] }
                let isAnswered =
                    if row == nil {
                        old != nil && (old?.fk != nil || keepsUnmatched)
                    } else if keepsUnmatched {
                        true
                    } else {
                        right != nil || (old?.fk != nil && old?.fk != row?.fk)
                    }
                if isAnswered { emit(id, max(time, right?.time ?? .min)) }
            case .right(let key, let row, let time):
                rights[key] = row.map { ($0, time) }
                for id in lefts.keys.filter({ lefts[$0]?.fk == key }).sorted() { emit(id, time) }
            }
        }
    }

    static func changes(_ count: Int, seed: Int) -> [Change] {
        var dice = Dice(seed)
        return (0..<count).map { index in
            let time = Int64(dice.roll(1000))
            if dice.roll(3) == 0 {
                return .right("k\(dice.roll(6))", row: dice.roll(3) == 0 ? nil : Int64(index), time: time)
            }
            let fk = dice.roll(5) == 0 ? nil : "k\(dice.roll(6))"
            return .left(Int64(dice.roll(15)), row: dice.roll(5) == 0 ? nil : (fk, Int64(index)), time: time)
        }
    }

    /// The three steps, the middle one in several partitions whose messages may wait.
    final class Chain {
        private let requests: OperatorBench
        private let joins: [OperatorBench]
        let results: OperatorBench
        private var dice = Dice(77)
        /// Batches on their way to a partition of the middle step, and from each to the last.
        private var going: [[(Batch, Int)]]
        private var coming: [[Batch]]

        init(keepsUnmatched: Bool, partitions: Int, _ settings: TaskSettings) throws {
            let first = ForeignKeyRequests(
                input: left,
                foreignKey: .column(1, name: "FK", .string),
                keepsUnmatched: keepsUnmatched,
                store: StoreSpec(name: "keys")
            )
            let join = ForeignKeyJoin(
                left: left,
                right: right,
                requests: first.output,
                keepsUnmatched: keepsUnmatched,
                joined: joined,
                hasRightTime: true,
                leftStore: StoreSpec(name: "left"),
                rightStore: StoreSpec(name: "right")
            )
            requests = try OperatorBench(first, settings)
            joins = try (0..<partitions).map { _ in try OperatorBench(join, settings) }
            results = try OperatorBench(
                ForeignKeyResults(answers: join.output, output: joined, store: StoreSpec(name: "versions")),
                settings
            )
            going = Array(repeating: [], count: partitions)
            coming = Array(repeating: [], count: partitions)
        }

        private func partition(_ key: Value) -> Int {
            guard case .string(let text) = key else { return 0 }
            return text.utf8.reduce(0) { $0 + Int($1) } % joins.count
        }

        func add(_ batch: Batch, isLeft: Bool) throws {
            guard isLeft else { return going[partition(batch.columns[0].value(at: 0))].append((batch, 1)) }
            try requests.process(batch)
            for made in requests.emitted {
                for row in 0..<made.count {
                    let index = Int32(row)
                    let part = withUnsafePointer(to: index) { made.gather($0, count: 1) }
                    going[partition(part.columns[0].value(at: 0))].append((part, 0))
                }
            }
            _ = requests.take()
        }

        /// Passes messages on: all of them, or some.
        func pass(all: Bool) throws {
            for index in joins.indices where all || dice.roll(2) == 0 {
                for (batch, input) in going[index] { try joins[index].process(batch, input: input) }
                going[index] = []
                coming[index] += joins[index].emitted
                _ = joins[index].take()
            }
            for index in joins.indices where all || dice.roll(2) == 0 {
                for batch in coming[index] { try results.process(batch) }
                coming[index] = []
            }
        }

        func restart() throws {
            for bench in [requests, results] + joins { try bench.restart() }
        }
    }

    @Test(arguments: [false, true], [false, true])
    func everyChange(_ keepsUnmatched: Bool, restarts: Bool) throws {
        let changes = Self.changes(600, seed: keepsUnmatched ? 1 : 2)
        var oracle = Oracle(keepsUnmatched: keepsUnmatched)
        for change in changes { oracle.add(change) }
        for rowsMax in [2, 4096] {
            let settings = TaskSettings(
                emitsEveryChange: true,
                cacheBytesMax: restarts ? 1 : 1 << 20,
                batchRowsMax: rowsMax
            )
            let chain = try Chain(keepsUnmatched: keepsUnmatched, partitions: 1, settings)
            for (step, change) in changes.enumerated() {
                try chain.add(change.batch(), isLeft: change.isLeft)
                try chain.pass(all: true)
                if restarts, step % 5 == 0 { try chain.restart() }
            }
            #expect(chain.results.take() == oracle.rows)
        }
    }

    /// Whatever the order in which partitions answer, the rows that stand at the end are the same.
    @Test(arguments: [false, true], [false, true])
    func answersInAnyOrder(_ keepsUnmatched: Bool, restarts: Bool) throws {
        for seed in 0..<5 {
            let changes = Self.changes(400, seed: seed)
            var oracle = Oracle(keepsUnmatched: keepsUnmatched)
            let chain = try Chain(keepsUnmatched: keepsUnmatched, partitions: 3, TaskSettings())
            for (step, change) in changes.enumerated() {
                oracle.add(change)
                try chain.add(change.batch(), isLeft: change.isLeft)
                try chain.pass(all: false)
                if restarts, step % 7 == 0 { try chain.restart() }
            }
            try chain.pass(all: true)
            var standing: [Int64: [Value]] = [:]
            for row in chain.results.take() {
                guard case .bigint(let id) = row[0] else { continue }
                standing[id] = row.last == .string("deleted") ? nil : Array(row.dropLast())
            }
            #expect(standing == oracle.standing)
        }
    }

    @Test func numbersOfLostRowsAreForgotten() throws {
        let answers = Schema(
            key: Array(Self.joined.key),
            values: [Schema.Field("VERSION", .bigint), Schema.Field("DELETED", .boolean)] + Self.joined.values
        )
        let bench = try OperatorBench(
            ForeignKeyResults(answers: answers, output: Self.joined, store: StoreSpec(name: "versions"))
        )
        for day in 0..<10 {
            let rows = (0..<20).map { id -> [Value] in
                [.bigint(Int64(day * 20 + id)), .bigint(Int64(day)), .boolean(id > 0)]
                    + [Value](repeating: .null, count: 5) + [.bigint(Int64(day) * 86_400_000)]
            }
            try bench.process(batch(answers, rows))
            try bench.commit()
            try bench.commit()
        }
        #expect(bench.take().count == 200)
        var keys = 0
        try bench.database.scan(bench.store(), from: [], to: nil) { _, _ in
            keys += 1
            return true
        }
        #expect(keys < 100)
    }
}
