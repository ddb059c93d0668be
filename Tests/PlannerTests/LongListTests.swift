import Testing

@testable import Planner

/// Statements as programs write them.
@Suite(.timeLimit(.minutes(5))) struct LongListTests {
    /// Time must grow with the list, not with its square: of 150 000 keys that would be an hour.
    @Test func aListOfManyKeys() {
        var session = PlanningSession()
        _ = session.answer(
            "run",
            """
            CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);
            CREATE TABLE t AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;
            """
        )
        let keys = (0..<150_000).map { "'\(String($0, radix: 36))'" }.joined(separator: ",")
        let answer = session.answer("physical", "SELECT c FROM t WHERE k IN (\(keys));")
        #expect(answer.hasPrefix("State of CTAS_T_1, all keys"), "\(answer.prefix(200))")
        let few = session.answer("physical", "SELECT c FROM t WHERE k IN ('a', 'b', 'a') AND k IN ('b', 'c');")
        #expect(few.hasPrefix("State of CTAS_T_1, lookups: 1"), "\(few.prefix(200))")
    }
}
