@testable import Parser

/// Statements of every form, for tests that hold for any statement.
enum Corpus {
    /// Options under which the whole corpus parses.
    static var options: ParserOptions {
        var options = ParserOptions()
        options.allowsTestStatements = true
        return options
    }

    static let all = queries + definitions + insertions + administration + assertions

    static let queries = [
        "SELECT * FROM s",
        "select a, b as c, d e, `Mixed``Case`, \"Other\" from s emit changes limit 10",
        "SELECT t.*, x->*, x->y->z, m['k'], l[1][-1], t.a FROM s AS t EMIT FINAL",
        "SELECT `ARRAY`[1], `MAP`, `DAY` FROM `SESSION` EMIT CHANGES",
        "SELECT a FROM s EMIT CHANGES LIMIT 3 RESUME FROM 'AAk3'",
        "SELECT a FROM s RESUME FROM 'x''y' LIMIT 0",
        """
        SELECT id, COUNT(*) AS n, SUM(a + b * -c) total FROM s WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 2 DAYS, \
        GRACE PERIOD 0 SECONDS) WHERE a > 1 AND NOT b < 2 OR c IS NULL GROUP BY id, x HAVING COUNT(*) > 1 EMIT FINAL
        """,
        "SELECT id, COUNT(*) FROM s WINDOW HOPPING (SIZE 30 SECONDS, ADVANCE BY 500 MILLISECONDS) GROUP BY (id, b)",
        "SELECT id, COUNT(*) FROM s WINDOW w SESSION (1 HOUR, GRACE PERIOD 1 DAY) GROUP BY id",
        "SELECT id, COUNT(*) FROM s WINDOW SESSION SESSION (1 HOUR) GROUP BY ((id))",
        "SELECT * FROM a JOIN b ON a.id = b.id",
        """
        SELECT * FROM a x LEFT OUTER JOIN b AS y WITHIN 5 MINUTES GRACE PERIOD 1 HOUR ON x.id = y.id \
        FULL JOIN c WITHIN (1 SECOND, 2 SECONDS) ON x.id = c.id RIGHT JOIN d ON y.id = d.id INNER JOIN e ON e.k = a.k
        """,
        "SELECT a FROM s PARTITION BY a",
        "SELECT a FROM s emit PARTITION BY NULL EMIT CHANGES",
        "SELECT a FROM s PARTITION BY (a, SUBSTRING(b, 1, 2))",
        "SELECT 1, 2147483647, 2147483648, -2147483648, -2147483649, 9223372036854775807, -9223372036854775808 FROM s",
        "SELECT 1.5, .5, 5., -0.10, 1.5E0, 1e5, 1E+300, -2.5e-3, DECIMAL '10', DECIMAL '-1.50', DECIMAL '+7.' FROM s",
        "SELECT 'it''s', '', '\n', 'größe 🎈', TRUE, false, NULL FROM s",
        "SELECT DATE '2026-01-01', TIME '10:00', TIMESTAMP '2026-01-01T00:00:00' FROM s",
        "SELECT -a, +a, - -a, -(-1), -(1), -(a + b), (-1)[1], -(1->a), +1 FROM s",
        "SELECT a + b - c, a - (b - c), (a + b) * c, a * b % c / d, a || b + c || d, (a || b) + c FROM s",
        "SELECT a AT TIME ZONE 'UTC', -a AT TIME ZONE 'Europe/Berlin' FROM s",
        "SELECT CASE WHEN a = 1 THEN 'x' WHEN b THEN 'y' END, CASE a + 1 WHEN 1 THEN 2 ELSE CASE WHEN c THEN 3 END END FROM s",
        "SELECT CAST(a AS ARRAY<STRUCT<x INT, `y z` MAP<STRING, DECIMAL(5, 2)>>>), CAST(b AS STRUCT<>) FROM s",
        "SELECT ARRAY[1, 2], ARRAY[], MAP('a' := 1, b := c), MAP(), STRUCT(a := 1, `b` := ARRAY['x']), STRUCT() FROM s",
        "SELECT TRANSFORM(a, x => x + 1), REDUCE(m, 0, (s, k, v) => s + v), FILTER(l, (e) => e IN (1, 2)) FROM s",
        "SELECT DATEADD(DAY, 1, d), TIMESTAMPSUB(MILLISECONDS, 5, t), SUM(DAY), f(day, HOURS), g() FROM s",
        """
        SELECT * FROM s WHERE a BETWEEN 1 AND 2 AND b NOT BETWEEN c + 1 AND d AND e IN (1, 'x', f(y)) AND g NOT IN (h) \
        AND i LIKE 'a%' AND j NOT LIKE k || '_' ESCAPE '!' AND l IS NOT NULL AND m IS DISTINCT FROM n \
        AND o IS NOT DISTINCT FROM NULL AND (p = q) = r
        """,
        "SELECT * FROM s WHERE (a OR b) AND c OR d AND (e AND f) OR (g OR h)",
        "SELECT * FROM s WHERE NOT NOT a AND NOT (b AND c) AND (NOT d) = e",
        "SELECT * FROM s WHERE a <> 1 AND b != 2 AND c <= 3 AND d >= 4 AND e < 5",
        "SELECT /* a comment; */ a -- another; 'one\n FROM s -- the end",
    ]

    static let definitions = [
        "CREATE STREAM s",
        "CREATE STREAM s WITH (kafka_topic='t', value_format='JSON', partitions=4, x=-1, y=1.5, z=TRUE, w=NULL)",
        "CREATE OR REPLACE STREAM s (id INT KEY, `Name` VARCHAR(10), h BYTES HEADER('x')) WITH (KAFKA_TOPIC='t')",
        "CREATE STREAM s (id BIGINT KEY, h ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS)",
        "CREATE SOURCE TABLE IF NOT EXISTS t (id STRING PRIMARY KEY, a INT ARRAY ARRAY, b custom, c `INT`, d DATE)",
        "CREATE OR REPLACE TABLE IF NOT EXISTS t (a TIME, b TIMESTAMP, c BOOLEAN, d DOUBLE, e VARCHAR(STRING))",
        "CREATE STREAM s AS SELECT * FROM x",
        "CREATE OR REPLACE TABLE t WITH (PARTITIONS=1, \"quoted name\"='v') AS SELECT a, COUNT(*) FROM s GROUP BY a",
        "CREATE TABLE IF NOT EXISTS t AS SELECT a, COUNT(*) FROM s GROUP BY a EMIT CHANGES",
        "DELETE FROM t WHERE k = 'a'", "DELETE FROM t WHERE (a = 1 AND t.b = 2)",
        "DROP STREAM s", "DROP TABLE IF EXISTS `t-1` DELETE TOPIC",
        "ALTER STREAM s ADD a INT", "ALTER TABLE t ADD COLUMN a INT, ADD column STRING, ADD COLUMN column ARRAY<INT>",
        "CREATE TYPE address AS STRUCT<street STRING, city STRING>", "CREATE TYPE IF NOT EXISTS x AS INT",
        "DROP TYPE address", "DROP TYPE IF EXISTS address",
        "CREATE SINK CONNECTOR pg WITH ('connector.class'='postgres', \"topics\"='T')",
        "CREATE SOURCE CONNECTOR IF NOT EXISTS c WITH ('a.b'='1')",
        "DROP CONNECTOR pg", "DROP CONNECTOR IF EXISTS pg",
    ]

    static let insertions = [
        "INSERT INTO s SELECT * FROM x", "INSERT INTO s WITH (QUERY_ID='q') SELECT a FROM x WHERE b",
        "INSERT INTO s VALUES (1, 'a', ARRAY[1], -1, NULL)", "INSERT INTO s (id, ROWTIME) VALUES (1, 2)",
        "INSERT INTO s FORMAT JSON", "INSERT INTO s format csv strict",
    ]

    static let administration = [
        "SHOW PROPERTIES", "LIST TOPICS", "SHOW ALL TOPICS EXTENDED", "SHOW TOPICS EXTENDED", "SHOW STREAMS",
        "SHOW STREAMS EXTENDED", "LIST TABLES", "SHOW TABLES EXTENDED", "SHOW QUERIES", "SHOW QUERIES EXTENDED",
        "SHOW FUNCTIONS", "SHOW TYPES", "SHOW VARIABLES", "SHOW CONNECTORS", "SHOW SOURCE CONNECTORS",
        "SHOW SINK CONNECTORS", "SHOW CONNECTOR PLUGINS",
        "DESCRIBE s", "DESCRIBE s EXTENDED", "DESCRIBE STREAMS", "DESCRIBE TABLES EXTENDED", "DESCRIBE FUNCTION count",
        "DESCRIBE function EXTENDED", "DESCRIBE CONNECTOR c",
        "EXPLAIN CSAS_S_1", "EXPLAIN SELECT * FROM s", "EXPLAIN CREATE STREAM s AS SELECT * FROM x",
        "EXPLAIN show",
        "PRINT topic1", "PRINT 'my-topic' FROM BEGINNING INTERVAL 5 LIMIT 10", "PRINT MyTopic SAMPLE 2",
        "TERMINATE ALL", "TERMINATE csas_s_1", "PAUSE ALL", "PAUSE q", "RESUME ALL", "RESUME q",
        "SET 'auto.offset.reset' = 'earliest'", "UNSET 'auto.offset.reset'", "ALTER SYSTEM 'k'='v'",
        "DEFINE x = 'it''s'", "UNDEFINE x",
    ]

    static let assertions = [
        "ASSERT TOPIC MyTopic", "ASSERT NOT EXISTS TOPIC 'a-b' TIMEOUT 5 SECONDS",
        "ASSERT TOPIC t WITH (PARTITIONS=2, REPLICAS=1) TIMEOUT 1 MINUTE",
        "ASSERT SCHEMA SUBJECT x", "ASSERT SCHEMA ID 3",
        "ASSERT NOT EXISTS SCHEMA SUBJECT 'a-value' ID 7 TIMEOUT 1 HOUR",
        "ASSERT VALUES s (a, b) VALUES (1, 'x')", "ASSERT NULL VALUES s (a) KEY (1)", "ASSERT VALUES s VALUES (1)",
        "ASSERT STREAM s (a INT KEY) WITH (KAFKA_TOPIC='t')", "ASSERT TABLE t", "RUN SCRIPT '/tmp/x.sql'",
    ]
}
