import Functions
import Testing
import Values

@testable import Runtime

/// Session windows, against a list of sessions that is kept row by row.
struct SessionTests {
    static let schema = Schema(key: [], values: [Schema.Field("K", .string), Schema.Field("V", .bigint)])

    static func spec(_ window: SessionWindow, emitsFinal: Bool = false) throws -> SessionAggregate {
        SessionAggregate(
            input: schema,
            keys: [0],
            calls: [
                try .of("COUNT"), try .of("MAX", [.bigint], inputs: [1]),
                try .of("COLLECT_LIST", [.bigint], inputs: [1]),
            ],
            window: window,
            emitsFinal: emitsFinal,
            store: StoreSpec(name: "sessions")
        )
    }

    /// What a session aggregate does, one row at a time.
    struct Oracle {
        struct Session {
            var start: Int64
            var end: Int64
            var list: [Int64]

            func row(_ key: String) -> [Value] {
                [
                    .string(key), .bigint(start), .bigint(end), .bigint(Int64(list.count)),
                    .bigint(list.max() ?? 0), .array(list.map { .bigint($0) }), .bigint(end),
                ]
            }

            func deletion(_ key: String) -> [Value] {
                [.string(key), .bigint(start), .bigint(end), .null, .null, .null, .bigint(end), .string("deleted")]
            }
        }

        let window: SessionWindow
        let isFinal: Bool
        var sessions: [String: [Session]] = [:]
        var every: [[Value]] = []
        var finals: [[Value]] = []
        var late = 0
        private var streamTime = Int64.min / 2

        init(_ window: SessionWindow, isFinal: Bool) {
            self.window = window
            self.isFinal = isFinal
        }

        private var closedBefore: Int64 { streamTime - window.graceMilliseconds - window.gapMilliseconds }

        mutating func add(_ key: String, _ number: Int64, _ time: Int64) {
            streamTime = max(streamTime, time)
            let hidden = streamTime - window.retentionMilliseconds + (isFinal ? 0 : 1)
            let lost = isFinal ? max(hidden, closedBefore) : hidden
            let gap = window.gapMilliseconds
            let found = (sessions[key] ?? []).filter {
                $0.end >= lost && $0.end >= time - gap && $0.start <= time + gap
            }
            var merged = Session(start: time, end: time, list: [])
            for session in found {
                merged.start = min(merged.start, session.start)
                merged.end = max(merged.end, session.end)
                merged.list += session.list
            }
            merged.list.append(number)
            if merged.end < closedBefore {
                late += 1
                return
            }
            if merged.start != time || merged.end != time { every += found.map { $0.deletion(key) } }
            every.append(merged.row(key))
            sessions[key] = (sessions[key] ?? []).filter { old in !found.contains { $0.start == old.start } } + [merged]
            sessions[key]?.sort { $0.end < $1.end }
            close()
        }

        private mutating func close() {
            guard isFinal else { return }
            let closing = sessions.flatMap { key, list in list.map { (key, $0) } }.filter { $0.1.end < closedBefore }
            for (key, session) in closing.sorted(by: { ($0.1.end, $0.0) < ($1.1.end, $1.0) }) {
                finals.append(session.row(key))
                sessions[key]?.removeAll { $0.start == session.start }
            }
        }

        var rows: [[Value]] {
            let lost = streamTime - window.retentionMilliseconds + 1
            return sorted(sessions.flatMap { key, list in list.filter { $0.end >= lost }.map { $0.row(key) } })
        }
    }

    static let windows = [
        SessionWindow(gapMilliseconds: 3, graceMilliseconds: 4),
        SessionWindow(gapMilliseconds: 5, graceMilliseconds: 30, retentionMilliseconds: 60),
    ]

    static func entries(_ count: Int, seed: Int) -> [(String, Int64, Int64)] {
        var dice = Dice(seed)
        var time = Int64(20)
        return (0..<count).map { index in
            time += Int64(dice.roll(3))
            return ("key-\(dice.roll(4))", Int64(index), max(0, time - Int64(dice.roll(12))))
        }
    }

    static func rows(_ entries: ArraySlice<(String, Int64, Int64)>) -> Batch {
        batch(schema, entries.map { [.string($0.0), .bigint($0.1), .bigint($0.2)] })
    }

    private func run(_ bench: OperatorBench, _ entries: [(String, Int64, Int64)], _ batchRows: Int, _ restarts: Bool)
        throws
    {
        for start in stride(from: 0, to: entries.count, by: batchRows) {
            try bench.process(Self.rows(entries[start..<min(start + batchRows, entries.count)]))
            if restarts { try bench.restart() } else if bench.step.wantsCommit { try bench.commit() }
        }
    }

    @Test(arguments: [0, 1], [1, 7, 500])
    func everyChange(_ window: Int, _ batchRows: Int) throws {
        for restarts in [false, true] {
            let bench = try OperatorBench(
                try Self.spec(Self.windows[window]),
                TaskSettings(emitsEveryChange: true, cacheBytesMax: restarts ? 1 : 1 << 20)
            )
            let entries = Self.entries(300, seed: window)
            var oracle = Oracle(Self.windows[window], isFinal: false)
            for entry in entries { oracle.add(entry.0, entry.1, entry.2) }
            try run(bench, entries, batchRows, restarts)
            #expect(bench.take() == oracle.every)
            #expect(bench.metrics.late.value == oracle.late)
        }
    }

    /// The rows that stand after all changes of all batches, and what pull queries see of them.
    @Test(arguments: [0, 1], [1, 7, 500])
    func standingRows(_ window: Int, _ batchRows: Int) throws {
        let spec = try Self.spec(Self.windows[window])
        let bench = try OperatorBench(spec)
        let entries = Self.entries(300, seed: window + 10)
        var oracle = Oracle(Self.windows[window], isFinal: false)
        for entry in entries { oracle.add(entry.0, entry.1, entry.2) }
        try run(bench, entries, batchRows, false)
        try bench.commit()
        var standing: [[Value]: [Value]] = [:]
        for row in bench.take() { standing[Array(row[..<3])] = row.last == .string("deleted") ? nil : row }
        let expected = oracle.rows
        for row in expected { #expect(standing[Array(row[..<3])] == row) }
        func found(_ query: StateQuery) throws -> [[Value]] {
            var list: [[Value]] = []
            try spec.rows(in: bench.database, stores: [bench.store()], query) { batch in
                list += RuntimeTests.rows(batch)
                return true
            }
            return list
        }
        let all = try found(StateQuery())
        #expect(sorted(all) == expected)
        #expect(try found(StateQuery(rowsMax: 1)) == all)
        let keys = [Column.of(.string, [.string("key-2"), .string("none")])]
        #expect(try found(StateQuery(keys: keys)) == all.filter { $0[0] == .string("key-2") })
        let bounds: ClosedRange<Int64> = 100...200
        #expect(
            try found(StateQuery(windowStarts: bounds))
                == all.filter { row in
                    guard case .bigint(let start) = row[1] else { return false }
                    return bounds.contains(start)
                }
        )
    }

    @Test(arguments: [0, 1], [1, 7, 500])
    func finalResults(_ window: Int, _ batchRows: Int) throws {
        for restarts in [false, true] {
            let bench = try OperatorBench(
                try Self.spec(Self.windows[window], emitsFinal: true),
                TaskSettings(cacheBytesMax: restarts ? 1 : 1 << 20)
            )
            let entries = Self.entries(300, seed: window + 20)
            var oracle = Oracle(Self.windows[window], isFinal: true)
            for entry in entries { oracle.add(entry.0, entry.1, entry.2) }
            try run(bench, entries, batchRows, restarts)
            #expect(bench.take() == oracle.finals)
            #expect(bench.metrics.late.value == oracle.late)
        }
    }

    @Test func forgottenKeysLeaveTheStore() throws {
        let spec = try Self.spec(Self.windows[0])
        let bench = try OperatorBench(spec)
        let entries = (0..<3000).map { ("key-\($0)", Int64($0), Int64($0)) }
        for start in stride(from: 0, to: entries.count, by: 100) {
            try bench.process(Self.rows(entries[start..<(start + 100)]))
            try bench.commit()
        }
        for _ in 0..<5 { try bench.restart() }
        var rows = 0
        try spec.rows(in: bench.database, stores: [bench.store()], StateQuery()) { batch in
            rows += batch.count
            return true
        }
        #expect(rows < 200)
        var keys = 0
        try bench.database.scan(bench.store(), from: [], to: WindowClock.key) { _, _ in
            keys += 1
            return true
        }
        #expect(keys < 200)
    }
}
