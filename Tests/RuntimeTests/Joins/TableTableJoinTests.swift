import Testing
import Values

@testable import Runtime

/// Table-table joins, against two dictionaries.
struct TableTableJoinTests {
    static let left = Schema(key: [Schema.Field("K", .string)], values: [Schema.Field("L", .bigint)])
    static let right = Schema(
        key: [Schema.Field("K", .string)],
        values: [Schema.Field("R", .bigint), Schema.Field("T", .string)]
    )
    static let output = Schema(
        key: [Schema.Field("K", .string)],
        values: [
            Schema.Field("L", .bigint), Schema.Field("R_K", .string), Schema.Field("R", .bigint),
            Schema.Field("T", .string), Schema.Field("R_ROWTIME", .bigint),
        ]
    )

    static func spec(_ kind: TableTableJoin.Kind) -> TableTableJoin {
        TableTableJoin(
            kind,
            left: left,
            right: right,
            output: output,
            hasRightTime: true,
            leftStore: StoreSpec(name: "left"),
            rightStore: StoreSpec(name: "right")
        )
    }

    struct Change {
        let side: Int
        let key: String?
        /// Nil deletes.
        let number: Int64?
        let time: Int64

        var row: [Value] {
            let values: [Value] =
                switch number {
                case nil: side == 0 ? [.null] : [.null, .null]
                case let number?: side == 0 ? [.bigint(number)] : [.bigint(number), .string("t\(number)")]
                }
            return [key.map { .string($0) } ?? .null] + values + [.bigint(time)]
        }
    }

    /// What a join does, change by change.
    struct Oracle {
        let kind: TableTableJoin.Kind
        private(set) var rows: [[Value]] = []
        private var tables: [[String: Change]] = [[:], [:]]

        init(_ kind: TableTableJoin.Kind) { self.kind = kind }

        /// The joined rows that stand, by key.
        var standing: [String: [Value]] {
            var result: [String: [Value]] = [:]
            for key in Set(tables[0].keys).union(tables[1].keys) {
                if let row = joined(key) { result[key] = row }
            }
            return result
        }

        private func joined(_ key: String) -> [Value]? {
            let (left, right) = (tables[0][key], tables[1][key])
            let isKept =
                switch kind {
                case .inner: left != nil && right != nil
                case .left: left != nil
                case .right: right != nil
                case .full: left != nil || right != nil
                }
            guard isKept else { return nil }
            let rightValues = right.map { [.string(key)] + $0.row[1...2] + [.bigint($0.time)] }
            return [.string(key), left?.row[1] ?? .null] + (rightValues ?? [.null, .null, .null, .null])
        }

        mutating func add(_ change: Change) {
            guard let key = change.key else { return }
            let old = tables[change.side][key]
            let other = tables[1 - change.side][key]
            tables[change.side][key] = change.number == nil ? nil : change
            let keepsOwn = kind == .full || kind == (change.side == 0 ? .left : .right)
            if other == nil, !keepsOwn || (old == nil && change.number == nil) { return }
            let time = Value.bigint(max(change.time, other?.time ?? .min))
            if let row = joined(key) {
                rows.append(row + [time])
            } else {
                rows.append([.string(key), .null, .null, .null, .null, .null, time, .string("deleted")])
            }
        }
    }

    static func changes(_ count: Int, seed: Int) -> [Change] {
        var dice = Dice(seed)
        return (0..<count).map { index in
            Change(
                side: dice.roll(2),
                key: dice.roll(30) == 0 ? nil : "key-\(dice.roll(8))",
                number: dice.roll(3) == 0 ? nil : Int64(index),
                time: Int64(dice.roll(1000))
            )
        }
    }

    static func run(_ bench: OperatorBench, _ changes: [Change], _ batchRows: Int, restarts: Bool) throws {
        var start = 0
        while start < changes.count {
            let side = changes[start].side
            var end = start
            while end < changes.count, end - start < batchRows, changes[end].side == side { end += 1 }
            let part = Array(changes[start..<end])
            let deleted = Set(part.indices.filter { part[$0].number == nil })
            try bench.process(batch(side == 0 ? left : right, part.map(\.row), deleted: deleted), input: side)
            if restarts { try bench.restart() } else if bench.step.wantsCommit { try bench.commit() }
            start = end
        }
    }

    @Test(arguments: [TableTableJoin.Kind.inner, .left, .right, .full], [1, 3, 100])
    func everyChange(_ kind: TableTableJoin.Kind, _ batchRows: Int) throws {
        for restarts in [false, true] {
            let changes = Self.changes(500, seed: batchRows)
            var oracle = Oracle(kind)
            for change in changes { oracle.add(change) }
            let bench = try OperatorBench(
                Self.spec(kind),
                TaskSettings(emitsEveryChange: true, cacheBytesMax: restarts ? 1 : 1 << 20)
            )
            try Self.run(bench, changes, batchRows, restarts: restarts)
            #expect(bench.take() == oracle.rows)
        }
    }

    @Test(arguments: [TableTableJoin.Kind.inner, .left, .right, .full])
    func lastChanges(_ kind: TableTableJoin.Kind) throws {
        let changes = (0..<20).flatMap { round in
            Self.changes(40, seed: round).sorted { $0.side < $1.side }
        }
        var oracle = Oracle(kind)
        for change in changes { oracle.add(change) }
        let bench = try OperatorBench(Self.spec(kind))
        try Self.run(bench, changes, 4096, restarts: false)
        var standing: [String: [Value]] = [:]
        for row in bench.take() {
            guard case .string(let key) = row[0] else { continue }
            standing[key] = row.last == .string("deleted") ? nil : Array(row.dropLast())
        }
        #expect(standing == oracle.standing)
    }
}
