import Testing
import Values

@testable import Runtime

/// Stream-stream joins, against lists of rows that are searched one by one.
struct StreamStreamJoinTests {
    static let left = Schema(key: [Schema.Field("K", .string)], values: [Schema.Field("L", .bigint)])
    static let right = Schema(
        key: [Schema.Field("K", .string)],
        values: [Schema.Field("R", .bigint), Schema.Field("T", .string)]
    )
    static let output = Schema(
        key: [Schema.Field("K", .string)],
        values: [Schema.Field("L", .bigint), Schema.Field("R", .bigint), Schema.Field("T", .string)]
    )

    static func spec(_ kind: StreamStreamJoin.Kind, _ window: JoinSpan) -> StreamStreamJoin {
        StreamStreamJoin(
            kind,
            left: left,
            right: right,
            window: window,
            output: output,
            leftStore: StoreSpec(name: "left"),
            rightStore: StoreSpec(name: "right")
        )
    }

    struct Entry {
        let side: Int
        let key: String?
        let number: Int64
        let time: Int64
        var isDeleted = false

        var values: [Value] { side == 0 ? [.bigint(number)] : [.bigint(number), .string("t\(number)")] }
        var keyValue: Value { key.map { .string($0) } ?? .null }
    }

    /// What a join does, row by row.
    struct Oracle {
        let kind: StreamStreamJoin.Kind
        let window: JoinSpan
        private(set) var rows: [[Value]] = []
        private var kept: [[Entry]] = [[], []]
        private var waiting: [Entry] = []
        private var latest = [Int64.min / 2, Int64.min / 2]
        private var streamTime = Int64.min / 2

        init(_ kind: StreamStreamJoin.Kind, _ window: JoinSpan) {
            self.kind = kind
            self.window = window
        }

        private func keeps(_ side: Int) -> Bool { kind == .full || kind == (side == 0 ? .left : .right) }
        private func back(_ side: Int) -> Int64 { side == 0 ? window.beforeMilliseconds : window.afterMilliseconds }
        private func ahead(_ side: Int) -> Int64 { back(1 - side) }
        private var retention: Int64 { back(0) + back(1) + window.graceMilliseconds }

        private mutating func emit(_ own: Entry, _ other: Entry?, _ time: Int64) {
            let nulls: [Value] = own.side == 0 ? [.null, .null] : [.null]
            let parts = own.side == 0 ? [own.values, other?.values ?? nulls] : [other?.values ?? nulls, own.values]
            rows.append([own.keyValue] + parts[0] + parts[1] + [.bigint(time)])
        }

        mutating func add(_ entry: Entry) {
            streamTime = max(streamTime, entry.time)
            let due = waiting.filter { $0.time + ahead($0.side) + window.graceMilliseconds < streamTime }
                .sorted { ($0.time, -$0.side, $0.key ?? "") < ($1.time, -$1.side, $1.key ?? "") }
            for row in due { emit(row, nil, row.time) }
            waiting.removeAll { row in due.contains { $0.number == row.number } }
            if entry.isDeleted { return }
            guard entry.key != nil else {
                if keeps(entry.side) { emit(entry, nil, entry.time) }
                return
            }
            let hidden = latest[1 - entry.side] - max(retention - 1, 0)
            let matches = kept[1 - entry.side].enumerated().filter {
                $0.element.key == entry.key && $0.element.time >= entry.time - back(entry.side)
                    && $0.element.time <= entry.time + ahead(entry.side) && $0.element.time >= hidden
            }.sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
            for match in matches {
                emit(entry, match, max(entry.time, match.time))
                waiting.removeAll { $0.number == match.number }
            }
            if matches.isEmpty, keeps(entry.side) {
                if window.waits, entry.time + ahead(entry.side) >= streamTime {
                    waiting.append(entry)
                } else {
                    emit(entry, nil, entry.time)
                }
            }
            latest[entry.side] = max(latest[entry.side], entry.time)
            kept[entry.side].append(entry)
        }
    }

    static func entries(_ count: Int, seed: Int) -> [Entry] {
        var dice = Dice(seed)
        var time = Int64(100)
        return (0..<count).map { index in
            time += Int64(dice.roll(4)) * Int64(dice.roll(3))
            return Entry(
                side: dice.roll(2),
                key: dice.roll(20) == 0 ? nil : "key-\(dice.roll(4))",
                number: Int64(index),
                time: max(0, time - Int64(dice.roll(40) == 0 ? 400 : dice.roll(25))),
                isDeleted: dice.roll(25) == 0
            )
        }
    }

    static let windows = [
        JoinSpan(beforeMilliseconds: 10, afterMilliseconds: 10, graceMilliseconds: 5, waits: true),
        JoinSpan(beforeMilliseconds: 0, afterMilliseconds: 30, graceMilliseconds: 0, waits: true),
        JoinSpan(beforeMilliseconds: 120, afterMilliseconds: 7, graceMilliseconds: 100, waits: true),
        JoinSpan(beforeMilliseconds: 15, afterMilliseconds: 20, graceMilliseconds: 300, waits: false),
        JoinSpan(beforeMilliseconds: 0, afterMilliseconds: 0, graceMilliseconds: 0, waits: true),
    ]

    /// Feeds rows as batches: as many neighbours of one side as go into one.
    static func run(_ entries: [Entry], _ batchRows: Int, _ body: (Batch, Int) throws -> Void) throws {
        var start = 0
        while start < entries.count {
            let side = entries[start].side
            var end = start
            while end < entries.count, end - start < batchRows, entries[end].side == side { end += 1 }
            let part = Array(entries[start..<end])
            try body(
                batch(
                    side == 0 ? left : right,
                    part.map { [$0.keyValue] + $0.values + [.bigint($0.time)] },
                    deleted: Set(part.indices.filter { part[$0].isDeleted })
                ),
                side
            )
            start = end
        }
    }

    @Test(arguments: [StreamStreamJoin.Kind.inner, .left, .right, .full], windows.indices)
    func matchesTheModel(_ kind: StreamStreamJoin.Kind, _ number: Int) throws {
        let window = Self.windows[number]
        // Long runs of one side, too.
        let entries =
            Self.entries(400, seed: number)
            + Self.entries(200, seed: number + 7).sorted { $0.side < $1.side }.map {
                Entry(
                    side: $0.side,
                    key: $0.key,
                    number: $0.number + 1000,
                    time: $0.time + 300,
                    isDeleted: $0.isDeleted
                )
            }
        var oracle = Oracle(kind, window)
        for entry in entries { oracle.add(entry) }
        #expect(oracle.rows.count > (kind == .inner ? 0 : 50))
        for (batchRows, restarts, cacheBytesMax) in [
            (1, false, 1 << 20), (2, true, 1), (500, false, 1 << 20), (13, true, 1),
        ] {
            let bench = try OperatorBench(Self.spec(kind, window), TaskSettings(cacheBytesMax: cacheBytesMax))
            var step = 0
            try Self.run(entries, batchRows) { batch, side in
                try bench.process(batch, input: side)
                step += 1
                if restarts, step % 3 == 0 { try bench.restart() } else if bench.step.wantsCommit { try bench.commit() }
            }
            let rows = bench.take()
            #expect(rows == oracle.rows, "\(batchRows) rows a batch, restarts: \(restarts)")
        }
    }

    @Test func oldRowsLeaveTheStores() throws {
        let bench = try OperatorBench(Self.spec(.full, Self.windows[0]))
        for index in 0..<300 {
            let entry = Entry(side: index % 2, key: "key-\(index)", number: Int64(index), time: Int64(index * 50))
            try Self.run([entry], 1) { try bench.process($0, input: $1) }
            try bench.commit()
        }
        #expect(bench.emitted.reduce(0) { $0 + $1.count } > 290)
        for store in 0...1 {
            var keys = 0
            try bench.database.scan(bench.store(store), from: [], to: nil) { _, _ in
                keys += 1
                return true
            }
            #expect(keys < 10)
        }
    }

    /// A side may have no other columns than the key.
    @Test func keysAlone() throws {
        let key = Schema(key: [Schema.Field("K", .bigint)], values: [])
        let bench = try OperatorBench(
            StreamStreamJoin(
                .full,
                left: key,
                right: key,
                window: Self.windows[0],
                output: key,
                leftStore: StoreSpec(name: "left"),
                rightStore: StoreSpec(name: "right")
            )
        )
        try bench.process(batch(key, [[.bigint(1), .bigint(5)], [.bigint(2), .bigint(6)]]), input: 0)
        try bench.process(batch(key, [[.bigint(1), .bigint(9)], [.bigint(3), .bigint(90)]]), input: 1)
        #expect(bench.take() == [[.bigint(1), .bigint(9)], [.bigint(2), .bigint(6)]])
    }
}
