import Runtime
import Testing

@testable import Server

/// Queries over random topics that hold data already: nothing is late, whatever the partitions, the threads and their
/// turns, and every query comes to rest.
@Suite("Inputs in the order of their times")
struct TimeOrderTests {
    @Test("windows behind a repartition lose no row", arguments: 0..<25)
    func windows(_ seed: Int) throws {
        let ground = try TimeOrderGround(seed: seed, partitions: 1 + seed % 5)
        let rows = try ground.fill("s", isKeyed: false)
        try ground.run(TimeOrderTests.windows(grace: seed % 3 * 40))
        try ground.settle()
        try check(ground, rows)
    }

    @Test("threads that run at the same time come to the same", arguments: 0..<4)
    func threads(_ seed: Int) throws {
        let ground = try TimeOrderGround(seed: seed, partitions: 4, isThreaded: true)
        let rows = try ground.fill("s", isKeyed: false)
        try ground.run(TimeOrderTests.windows(grace: 0))
        try ground.waitUntilRead(milliseconds: 20_000)
        ground.stop()
        try check(ground, rows)
    }

    private static func windows(grace: Int) -> String {
        """
        CREATE STREAM s (k STRING KEY, g STRING) WITH (KAFKA_TOPIC = 's', VALUE_FORMAT = 'JSON');
        CREATE TABLE t AS SELECT g, COUNT(*) AS n FROM s
            WINDOW TUMBLING (SIZE 50 MILLISECONDS, GRACE PERIOD \(grace) MILLISECONDS) GROUP BY g;
        """
    }

    private func check(_ ground: TimeOrderGround, _ rows: [TimeOrderGround.Row]) throws {
        #expect(ground.late == 0)
        var counts: [String: Int] = [:]
        for row in rows { counts["\(row.key)@\(row.time / 50 * 50)", default: 0] += 1 }
        var found: [String: Int] = [:]
        for (key, value) in try ground.records("T") {
            // The window's start is the last eight bytes of the key.
            let start = key.suffix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
            let group = String(decoding: key.dropLast(8), as: UTF8.self)
            found["\(group)@\(start)"] = numbers(value).first ?? nil
        }
        #expect(found == counts)
    }

    @Test("joins find every match and say of no row that has one that it has none", arguments: 0..<36)
    func joins(_ seed: Int) throws {
        let ground = try TimeOrderGround(seed: seed, partitions: 1 + seed % 4)
        // None, one or both sides are repartitioned.
        let keys = [("k", "k"), ("g", "k"), ("g", "g")][seed / 4 % 3]
        let left = try ground.fill("l", isKeyed: keys.0 == "k")
        let right = try ground.fill("r", isKeyed: keys.1 == "k")
        try ground.run(
            """
            CREATE STREAM l (k STRING KEY, g STRING, n INT) WITH (KAFKA_TOPIC = 'l', VALUE_FORMAT = 'JSON');
            CREATE STREAM r (k STRING KEY, g STRING, n INT) WITH (KAFKA_TOPIC = 'r', VALUE_FORMAT = 'JSON');
            CREATE STREAM j AS SELECT l.\(keys.0) AS k, l.n AS ln, r.n AS rn FROM l LEFT JOIN r
                WITHIN 30 MILLISECONDS GRACE PERIOD \(seed % 5 * 10) MILLISECONDS ON l.\(keys.0) = r.\(keys.1);
            """
        )
        try ground.settle()
        var expected: Set<[Int]> = []
        for row in left {
            for other in right where other.key == row.key && abs(other.time - row.time) <= 30 {
                expected.insert([row.number, other.number])
            }
        }
        let matched = Set(expected.map { $0[0] })
        var found: Set<[Int]> = []
        for record in try ground.records("J") {
            let pair = numbers(record.value)
            if let row = pair[0], let other = pair[1] {
                #expect(found.insert([row, other]).inserted)
            } else {
                #expect(!matched.contains(pair[0] ?? -1))
            }
        }
        #expect(found == expected)
    }

    @Test("a thread that does nothing is waited for a while only")
    func silence() throws {
        let ground = try TimeOrderGround(seed: 3, partitions: 4, wait: 10_000)
        _ = try ground.fill("s", isKeyed: false)
        try ground.run(TimeOrderTests.windows(grace: 0))
        ground.take(.commit, of: 0, times: 3)
        #expect(ground.readByFirst() == 0)
        ground.take(.commit, of: 0, times: 2000)
        #expect(ground.readByFirst() == ground.loadedForFirst("s"))
    }

    /// The numbers of a JSON object, nil for null.
    private func numbers(_ json: [UInt8]) -> [Int?] {
        String(decoding: json, as: UTF8.self).split(separator: ",").map { part in
            Int(part.filter { $0.isNumber })
        }
    }
}
