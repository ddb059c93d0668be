import Functions
import Testing
import Values

@testable import Runtime

/// Windows that share entries of the store, against a dictionary.
struct OverlappingWindowTests {
    private static let window = TimeWindow(
        sizeMilliseconds: 12,
        advanceMilliseconds: 4,
        graceMilliseconds: 6,
        retentionMilliseconds: 40
    )

    private struct Group: Hashable {
        let key: [Value]
        let window: Int64
    }

    /// Counts per group, and which groups have expired.
    private struct Model {
        var counts: [Group: Int64] = [:]
        var streamTime = Int64.min
        var latestStart = Int64.min

        mutating func add(_ key: [Value], _ time: Int64) {
            streamTime = max(streamTime, time)
            var start = max(0, (time - 12 + 4) / 4 * 4)
            while start <= time {
                if start + 12 > streamTime - 6 { counts[Group(key: key, window: start), default: 0] += 1 }
                start += 4
            }
            latestStart = max(latestStart, time / 4 * 4)
        }

        func rows(_ wanted: (Group) -> Bool) -> [[Value]] {
            counts.filter { $0.key.window > latestStart - 40 && wanted($0.key) }.map { group, count in
                group.key + [.bigint(group.window), .bigint(group.window + 12), .bigint(count)]
            }
        }
    }

    private static func spec(_ keys: [SQLType], emitsFinal: Bool = false) throws -> Aggregate {
        Aggregate(
            input: Schema(key: [], values: keys.enumerated().map { Schema.Field("K\($0)", $1) }),
            keys: Array(keys.indices),
            calls: [try .of("COUNT")],
            window: window,
            emitsFinal: emitsFinal,
            store: StoreSpec(name: "aggregate")
        )
    }

    private static func key(_ types: [SQLType], _ number: Int) -> [Value] {
        types.enumerated().map { index, type in
            switch type {
            case .string: .string(String(repeating: "k", count: number * 4 % 40) + "\(number)")
            case .bigint: .bigint(Int64(number))
            default: .integer(Int32(index == 0 ? number % 4 : number / 4))
            }
        }
    }

    private static func stored(_ spec: Aggregate, _ bench: OperatorBench, _ query: StateQuery) throws -> [[Value]] {
        var found: [[Value]] = []
        try spec.rows(in: bench.database, stores: [bench.store()], query) { batch in
            found += (0..<batch.count).map { row in batch.columns.map { $0.value(at: row) } }
            return true
        }
        return found
    }

    @Test(arguments: [[SQLType.bigint], [.string], [.integer, .integer]], [1, 30])
    func theStoreHasWhatADictionaryHas(types: [SQLType], batchRows: Int) throws {
        for (cacheBytes, restarts) in [(1, true), (1500, false), (1 << 20, true)] {
            let spec = try Self.spec(types)
            #expect(spec.layout.span.count == 4)
            let bench = try OperatorBench(spec, TaskSettings(cacheBytesMax: cacheBytes))
            var model = Model()
            var dice = Dice(cacheBytes + batchRows)
            var now: Int64 = 0
            for step in 0..<(batchRows == 1 ? 60 : 24) {
                var rows: [[Value]] = []
                for _ in 0..<batchRows {
                    now += Int64(dice.roll(40) == 0 ? dice.roll(60) : dice.roll(3))
                    let (key, time) = (Self.key(types, dice.roll(12)), max(0, now - Int64(dice.roll(9))))
                    rows.append(key + [.bigint(time)])
                    model.add(key, time)
                }
                try bench.process(batch(spec.input, rows))
                if restarts { try bench.restart() } else { try bench.commit() }
                let all = try Self.stored(spec, bench, StateQuery(rowsMax: 7))
                #expect(Set(all) == Set(model.rows { _ in true }) && all.count == Set(all).count, "step \(step)")
                guard step % 8 == 0 else { continue }
                let from = max(0, now - Int64(dice.roll(50)))
                let part = try Self.stored(spec, bench, StateQuery(windowStarts: from...from + 17))
                #expect(Set(part) == Set(model.rows { (from...from + 17).contains($0.window) }))
                let key = Self.key(types, dice.roll(12))
                let columns = zip(types, key).map { Column.of($0, [$1]) }
                let one = try Self.stored(spec, bench, StateQuery(keys: columns, windowStarts: from...Int64.max))
                #expect(Set(one) == Set(model.rows { $0.key == key && $0.window >= from }))
            }
        }
    }

    /// Windows that come once: each that has closed, in order, with the rows that it had.
    @Test(arguments: [[SQLType.bigint], [.string]], [1, 30])
    func finalWindowsComeOnce(types: [SQLType], batchRows: Int) throws {
        for (cacheBytes, restarts) in [(1, true), (1500, false), (1 << 20, true)] {
            let spec = try Self.spec(types, emitsFinal: true)
            let bench = try OperatorBench(spec, TaskSettings(cacheBytesMax: cacheBytes))
            var model = Model()
            var dice = Dice(cacheBytes + batchRows)
            var now: Int64 = 0
            for _ in 0..<(batchRows == 1 ? 120 : 24) {
                var rows: [[Value]] = []
                for _ in 0..<batchRows {
                    now += Int64(dice.roll(3))
                    let (key, time) = (Self.key(types, dice.roll(12)), max(0, now - Int64(dice.roll(9))))
                    rows.append(key + [.bigint(time)])
                    model.add(key, time)
                }
                try bench.process(batch(spec.input, rows))
                if restarts { try bench.restart() } else { try bench.commit() }
            }
            let found = bench.take().map { Array($0.dropLast()) }
            let closed = model.counts.filter { $0.key.window + 12 <= model.streamTime - 6 }.map { group, count in
                group.key + [.bigint(group.window), .bigint(group.window + 12), .bigint(count)]
            }
            #expect(Set(found) == Set(closed) && found.count == closed.count)
            let starts = found.map { row -> Int64 in
                guard case .bigint(let start) = row[types.count] else { return -1 }
                return start
            }
            #expect(zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 })
        }
    }

    /// State in which another number of windows share an entry is refused, not misread.
    @Test func anotherFormIsRefused() throws {
        let clock = WindowClock(Self.window, WindowSpan(Self.window, recordBytes: nil))
        #expect(throws: StateError.self) {
            try WindowClock(Self.window, WindowSpan(Self.window, recordBytes: 24), stored: clock.stored)
        }
    }

    /// What one row changes is one or two entries, not one for each window.
    @Test func neighboursAreWrittenTogether() throws {
        let spec = try Self.spec([.bigint])
        let bench = try OperatorBench(spec)
        try bench.process(batch(spec.input, [[.bigint(1), .bigint(15)], [.bigint(2), .bigint(8)]]))
        var changes: [StateChange] = []
        try bench.step.flush(into: &changes)
        // Windows 4, 8, 12 of key 1 and 0, 4, 8 of key 2, and the clock.
        #expect(changes.map(\.keys.count) == [3])
    }

    /// A row in very many windows, or with large state, does not make entries that are long.
    @Test func entriesStaySmall() throws {
        func count(_ window: TimeWindow, _ bytes: Int?) -> Int { WindowSpan(window, recordBytes: bytes).count }
        let minutes = TimeWindow(sizeMilliseconds: 60_000, advanceMilliseconds: 1000, graceMilliseconds: 0)
        #expect(count(minutes, 24) == 16)
        #expect(count(minutes, 100) == 8)
        #expect(count(minutes, 5000) == 1)
        #expect(count(minutes, nil) == 1)
        #expect(count(TimeWindow(sizeMilliseconds: 10, graceMilliseconds: 0), 24) == 1)
        #expect(count(TimeWindow(sizeMilliseconds: 10, advanceMilliseconds: 7, graceMilliseconds: 0), 24) == 2)
        let ages = TimeWindow(
            sizeMilliseconds: .max / 3 * 2,
            advanceMilliseconds: .max / 3 * 2 - 9,
            graceMilliseconds: 0
        )
        #expect(count(ages, 24) == 1)
    }
}
