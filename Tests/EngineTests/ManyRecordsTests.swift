import Foundation
import Runtime
import Testing

@testable import Server

/// Hundreds of records of a few keys, so that runs are cut everywhere and entries leave the cache and come back: every
/// variant on disk must say what the first one says.
@Suite("Many records")
struct ManyRecordsTests {
    @Test("every variant has the results of the first", arguments: Scenario.all)
    func results(_ scenario: Scenario) throws {
        let expected = try answers(scenario, .first)
        #expect(expected.flatMap { $0 }.count > 100)
        for variant in GoldenVariant.all where variant.onDisk && scenario.suits(variant) {
            let item = scenario.blocks()
            let disk = try GoldenDisk()
            let session = try GoldenSession(variant, on: disk.ground)
            var comparison = AnswerComparison(variant)
            for (block, expected) in zip(item, expected) {
                let difference = comparison.difference(expected, try session.answer(block), kinds: session.kinds)
                if let difference { Issue.record("\(variant)\n\(difference.prefix(2000))") }
            }
            let left = try session.clear()
            #expect(left.isEmpty)
        }
    }

    private func answers(_ scenario: Scenario, _ variant: GoldenVariant) throws -> [[String]] {
        let session = try GoldenSession(variant, on: .memory)
        return try scenario.blocks().map { try session.answer($0) }
    }

    /// Statements and a seeded choice of records for them.
    struct Scenario: Sendable, CustomTestStringConvertible {
        let name: String
        let sql: String
        /// Pull queries at the end.
        var pull = ""
        /// False where results depend on each partition's own time.
        var allowsPartitions = true
        /// False where results depend on how changes of tables are put together.
        var allowsBatches = true
        /// One record, from a source of numbers and its position.
        let record: @Sendable (inout Numbers, Int) -> String

        var testDescription: String { name }

        func suits(_ variant: GoldenVariant) -> Bool {
            (allowsPartitions || variant.partitions == 1) && (allowsBatches || !variant.emitsBatches)
                && !variant.mixesInputs
        }

        func blocks() -> [GoldenFile.Block] {
            var numbers = Numbers(seed: 7)
            let records = (0..<160).map { record(&numbers, $0)[...] }
            func block(_ directive: Substring, _ body: [Substring]) -> GoldenFile.Block {
                GoldenFile.Block(comment: [], directive: directive, body: body, answer: [], line: 0)
            }
            return [
                block("case", sql.split(separator: "\n")), block("feed", Array(records[..<80])),
                block("feed", Array(records[80...])), block("run", pull.split(separator: "\n")),
            ]
        }
    }

    /// A reproducible source of numbers.
    struct Numbers {
        private var state: UInt64

        init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

        /// A number from 0 to below `end`.
        mutating func next(_ end: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(end))
        }
    }
}

extension ManyRecordsTests.Scenario {
    static let all: [Self] = [
        Self(
            name: "aggregates by a text column",
            sql: """
                CREATE STREAM s (k INT KEY, city STRING, n INT) WITH (KAFKA_TOPIC = 's');
                CREATE TABLE t AS SELECT city, COUNT(*) AS records, SUM(n) AS total, AVG(n) AS mean,
                  COUNT_DISTINCT(n) AS how_many, TOPK(n, 3) AS top FROM s GROUP BY city HAVING COUNT(*) > 2;
                CREATE TABLE u AS SELECT k, COLLECT_LIST(n) AS every_n, LATEST_BY_OFFSET(city) AS city FROM s GROUP BY k;
                """,
            pull: "SELECT * FROM t;\nSELECT * FROM u WHERE k = 3;",
            record: { numbers, index in
                let city = numbers.next(10) == 0 ? "null" : "\"town with a long name \(numbers.next(30))\""
                return "s \(numbers.next(20)) \(index) {\"CITY\":\(city),\"N\":\(numbers.next(100))}"
            }
        ),
        Self(
            name: "a table's changes and what is counted of them",
            sql: """
                CREATE TABLE t (id INT PRIMARY KEY, city STRING, n INT) WITH (KAFKA_TOPIC = 't');
                CREATE TABLE large AS SELECT id, city, n FROM t WHERE n > 30;
                CREATE TABLE per_city AS SELECT city, COUNT(*) AS people, SUM(n) AS total FROM t GROUP BY city;
                CREATE TABLE some AS SELECT city, SUM(n) AS total FROM large GROUP BY city HAVING SUM(n) > 100;
                """,
            pull: "SELECT * FROM large;\nSELECT * FROM per_city;\nSELECT * FROM some;",
            allowsBatches: false,
            record: { numbers, index in
                let key = numbers.next(25)
                if numbers.next(6) == 0 { return "t \(key) \(index) tombstone" }
                return "t \(key) \(index) {\"CITY\":\"c\(numbers.next(7))\",\"N\":\(numbers.next(80))}"
            }
        ),
        Self(
            name: "windows, rows out of order and late",
            sql: """
                CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 's');
                CREATE TABLE tumbles AS SELECT k, SUM(n) AS total FROM s
                  WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 15 MILLISECONDS) GROUP BY k;
                CREATE TABLE hops AS SELECT k, COUNT(*) AS records FROM s
                  WINDOW HOPPING (SIZE 20 MILLISECONDS, ADVANCE BY 5 MILLISECONDS, GRACE PERIOD 5 MILLISECONDS) GROUP BY k;
                CREATE TABLE closed AS SELECT k, SUM(n) AS total, COLLECT_LIST(n) AS every_n FROM s
                  WINDOW TUMBLING (SIZE 8 MILLISECONDS, GRACE PERIOD 8 MILLISECONDS) GROUP BY k EMIT FINAL;
                CREATE TABLE sessions AS SELECT k, COUNT(*) AS records, SUM(n) AS total FROM s
                  WINDOW SESSION (6 MILLISECONDS, GRACE PERIOD 10 MILLISECONDS) GROUP BY k;
                """,
            pull: "SELECT * FROM tumbles;\nSELECT * FROM sessions;\nSELECT * FROM hops WHERE k = 'k1';",
            allowsPartitions: false,
            allowsBatches: false,
            record: { numbers, index in
                let time = max(0, index - numbers.next(4) * numbers.next(12))
                return "s \"k\(numbers.next(6))\" \(time) {\"N\":\(numbers.next(10))}"
            }
        ),
        Self(
            name: "a stream joined with a table that changes",
            sql: """
                CREATE STREAM s (id INT KEY, k STRING, n INT) WITH (KAFKA_TOPIC = 's');
                CREATE TABLE t (k STRING PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC = 't');
                CREATE STREAM j AS SELECT s.k AS k, id, n, name FROM s LEFT JOIN t ON s.k = t.k;
                CREATE STREAM i AS SELECT s.k AS k, n, UCASE(name) AS name FROM s JOIN t ON s.k = t.k WHERE n > 2;
                CREATE TABLE c AS SELECT name, COUNT(*) AS records FROM j GROUP BY name;
                """,
            pull: "SELECT * FROM c;",
            record: { numbers, index in
                let key = "k\(numbers.next(8))"
                switch numbers.next(5) {
                case 0: return "t \"\(key)\" \(index) {\"NAME\":\"n\(numbers.next(9))\"}"
                case 1 where numbers.next(3) == 0: return "t \"\(key)\" \(index) tombstone"
                default: return "s \(numbers.next(50)) \(index) {\"K\":\"\(key)\",\"N\":\(numbers.next(10))}"
                }
            }
        ),
        Self(
            name: "re-keyed streams and malformed records",
            sql: """
                CREATE STREAM s (k STRING KEY, n INT, t STRING) WITH (KAFKA_TOPIC = 's');
                CREATE STREAM a AS SELECT t, k, 100 / n AS q FROM s PARTITION BY t;
                CREATE STREAM b AS SELECT n % 5 AS rest, k, n FROM s WHERE n > 10 PARTITION BY n % 5;
                CREATE TABLE c AS SELECT rest, COUNT(*) AS records, MAX(n) AS high FROM b GROUP BY rest;
                """,
            pull: "SELECT * FROM c;",
            record: { numbers, index in
                let key = "\"k\(numbers.next(9))\""
                switch numbers.next(12) {
                case 0: return "s \(key) \(index) {\"N\":"
                case 1: return "s \(key) \(index) tombstone"
                case 2: return "s null \(index) {\"N\":\(numbers.next(30)),\"T\":\"x\"}"
                default: return "s \(key) \(index) {\"N\":\(numbers.next(30)),\"T\":\"t\(numbers.next(5))\"}"
                }
            }
        ),
    ]
}
