import Dispatch
import Runtime
import TestSupport
import Testing

@testable import Planner
@testable import Server

/// Statements whose effects no page shows.
@Suite struct StatementTests {
    @Test func aSourceIsReadTheSameWhenItsQueryHasEnded() throws {
        let engine = try TestEngine()
        let made = try engine.answer(
            """
            CREATE STREAM s (k INTEGER KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='json', partitions=1);
            INSERT INTO s VALUES (1, 'x', 'y,z');
            CREATE STREAM piped WITH (format='DELIMITED', value_delimiter='|') AS SELECT * FROM s;
            CREATE STREAM spaced WITH (value_format='DELIMITED', value_delimiter='SPACE') AS SELECT * FROM s;
            """
        )
        #expect(made == ["+CREATED STREAM S", "+INSERTED 1", "+CREATED CSAS_PIPED_0", "+CREATED CSAS_SPACED_1"])
        engine.waitUntilCaughtUp()
        let rows = try engine.answer("SELECT * FROM piped; SELECT * FROM spaced;").filter { $0.hasPrefix("[") }
        #expect(rows == [#"[1,"x","y,z"]"#, #"[1,"x","y,z"]"#])
        _ = try engine.answer("TERMINATE ALL;")
        for name in ["PIPED", "SPACED"] {
            let sql = try #require(engine.engine.control.sync { engine.engine.catalog.source(name)?.sql })
            _ = try engine.answer("DROP STREAM \(name);")
            #expect(try engine.answer(sql) == ["+CREATED STREAM \(name)"])
        }
        let again = try engine.answer("SELECT * FROM piped; SELECT * FROM spaced;").filter { $0.hasPrefix("[") }
        #expect(again == rows)
    }

    @Test func aWrongPropertyDoesNotSpoilTheSession() throws {
        let engine = try TestEngine()
        let answers = try engine.answer(
            """
            SET 'ksql.suppress.enabled' = 'maybe';
            SET 'ksql.persistence.default.format.value' = 'xml';
            SET 'ksql.functions.collect_list.limit' = '2';
            SHOW TYPES;
            """
        )
        #expect(
            answers.prefix(3) == [
                "-22023 property 'ksql.suppress.enabled': expected true or false, found 'maybe'",
                "-22023 property 'ksql.persistence.default.format.value': expected DELIMITED, JSON, KAFKA or NONE, "
                    + "found 'xml'",
                "+SET ksql.functions.collect_list.limit = '2'",
            ]
        )
        #expect(answers.last?.hasPrefix("+OK 0 rows") == true)
    }

    @Test func propertiesOfTheServerAreChecked() {
        var settings = EngineSettings(dataDirectory: "/nonexistent", threads: 1)
        settings.properties["ksql.streams.auto.offset.reset"] = "sometimes"
        #expect(settings.properties == ["auto.offset.reset": "sometimes"])
        #expect(throws: ReplyError.self) { try settings.open() }
    }

    @Test func everyPropertyThatThePlannerReadsIsListed() {
        let known = QuerySettings.known.map(\.name)
        #expect(PlannerSettings.properties.allSatisfy(known.contains))
        #expect(Set(known).count == known.count)
    }

    @Test func theProcessingLogStays() throws {
        let engine = try TestEngine()
        #expect(try engine.answer("DROP STREAM PROCESSING_LOG;").first?.hasPrefix("-42501 ") == true)
    }

    @Test func sessionWindowsAnswerPullQueries() throws {
        let engine = try TestEngine()
        _ = try engine.answer(
            """
            CREATE STREAM s (k STRING KEY, x INTEGER) WITH (kafka_topic='s', value_format='json', partitions=1);
            INSERT INTO s (ROWTIME, k, x) VALUES (0, 'a', 1);
            INSERT INTO s (ROWTIME, k, x) VALUES (500, 'a', 2);
            INSERT INTO s (ROWTIME, k, x) VALUES (5000, 'a', 3);
            CREATE TABLE t AS SELECT k, SUM(x) AS total FROM s WINDOW SESSION (1 SECOND) GROUP BY k;
            """
        )
        engine.waitUntilCaughtUp()
        let rows = try engine.answer("SELECT * FROM t WHERE k = 'a';").filter { $0.hasPrefix("[") }
        #expect(rows == [#"["a",0,500,3]"#, #"["a",5000,5000,3]"#])
    }

    @Test func aDeletedRowIsGone() throws {
        let engine = try TestEngine()
        let made = try engine.answer(
            """
            CREATE TABLE s (a STRING PRIMARY KEY, b INT PRIMARY KEY, n INT)
                WITH (kafka_topic='s', format='json', partitions=3);
            CREATE TABLE t AS SELECT * FROM s;
            INSERT INTO s VALUES ('x', 1, 10);
            INSERT INTO s VALUES ('x', 2, 20);
            DELETE FROM s WHERE b = 1 AND a = 'x';
            DELETE FROM s WHERE b = 3 AND a = 'x';
            """
        )
        #expect(made.suffix(4) == ["+INSERTED 1", "+INSERTED 1", "+DELETED", "+DELETED"])
        engine.waitUntilCaughtUp()
        #expect(try engine.answer("SELECT * FROM t;").filter { $0.hasPrefix("[") } == [#"["x",2,20]"#])
    }

    @Test(arguments: ["json", "csv"]) func rowsAsTheyArePrintedCanBeInserted(_ format: String) throws {
        let engine = try TestEngine()
        let columns = """
            (k STRING KEY, b BOOLEAN, l BIGINT, d DOUBLE, m DECIMAL(10, 3), y BYTES, t TIME, da DATE, ts TIMESTAMP,
                a ARRAY<DATE>, st STRUCT<seen TIMESTAMP, note STRING>)
            """
        let isNested = format == "json"
        let plain = isNested ? columns : columns.prefix { $0 != "\n" }.dropLast() + ")"
        let nested =
            isNested
            ? ", ARRAY[DATE '2024-02-29'], STRUCT(SEEN := TIMESTAMP '1969-12-31T23:59:59.999Z', NOTE := 'x')" : ""
        let made = try engine.answer(
            """
            CREATE STREAM a \(plain) WITH (kafka_topic='a', value_format='json', partitions=1);
            CREATE STREAM b \(plain) WITH (kafka_topic='b', value_format='json', partitions=1);
            INSERT INTO a VALUES ('k', TRUE, -5, 0.5, 12.345, TO_BYTES('AQI=', 'base64'), TIME '10:20:30.500',
                DATE '2024-02-29', TIMESTAMP '2024-02-29T10:20:30.5+01:00'\(nested));
            """
        )
        #expect(made.last == "+INSERTED 1", "\(made)")
        let program = Program(shellPath, ["sql", "--port", "\(engine.port)", "-F", format, "-c", "SELECT * FROM a;"])
        let printed = try program.run()
        // The names in front.
        let rows = format == "csv" ? printed.output.split(separator: "\n").dropFirst().joined() + "\n" : printed.output
        let inserted = try engine.answer("INSERT INTO b FORMAT \(format) STRICT;\n\(rows)\\.")
        #expect(inserted.last?.hasPrefix("+INSERTED 1 ") == true, "\(printed) \(inserted)")
        let (first, second) = (try engine.answer("SELECT * FROM a;"), try engine.answer("SELECT * FROM b;"))
        #expect(first.count == 3)
        #expect(first.dropLast() == second.dropLast())
    }

    @Test func aWindowThatIsLostBeforeItIsFinalIsNoted() throws {
        let engine = try TestEngine()
        _ = try engine.answer(
            """
            CREATE STREAM s (k STRING KEY, x INTEGER) WITH (kafka_topic='s', value_format='json', partitions=1);
            INSERT INTO s (ROWTIME, k, x) VALUES (0, 'a', 1);
            INSERT INTO s (ROWTIME, k, x) VALUES (900000, 'a', 2);
            CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s
                WINDOW TUMBLING (SIZE 1 SECOND, GRACE PERIOD 1 SECOND) GROUP BY k EMIT FINAL;
            """
        )
        let log = try engine.answer("SELECT KIND, FIELD_VALUE FROM PROCESSING_LOG EMIT CHANGES LIMIT 1;")
        #expect(log.contains(#"["late","0"]"#))
    }

    @Test func aTopicThatOthersUseIsNotDeleted() throws {
        let engine = try TestEngine()
        _ = try engine.answer(
            """
            CREATE STREAM a (k STRING KEY, x INTEGER) WITH (kafka_topic='s', value_format='json', partitions=1);
            CREATE STREAM b (k STRING KEY, x INTEGER) WITH (kafka_topic='s', value_format='json');
            CREATE STREAM c AS SELECT * FROM b;
            INSERT INTO a VALUES ('k', 1);
            """
        )
        let sink = ConnectorDescription(name: "PG", isSink: true, properties: ["TOPICS": "C"], sql: "")
        try engine.engine.control.sync { try engine.engine.catalog.add(sink) }
        #expect(
            try engine.answer("DROP STREAM a DELETE TOPIC;") == [
                "-2BP01 1:13 cannot delete topic 's' because other objects depend on it | detail: stream B is over it, used by "
                    + "CSAS_C_0 | hint: leave DELETE TOPIC out, or first run DROP STREAM B;"
            ]
        )
        for sql in ["DROP STREAM c;", "DROP STREAM c DELETE TOPIC;"] {
            #expect(
                try engine.answer(sql) == [
                    "-2BP01 1:13 cannot drop C because other objects depend on it | detail: connector PG reads topic 'C' as C "
                        + "declares it | hint: first run DROP CONNECTOR PG;"
                ]
            )
        }
        #expect(try engine.answer("DROP STREAM a;") == ["+DROPPED A"])
        engine.waitUntilCaughtUp()
        #expect(try engine.answer("SELECT * FROM b;").contains(#"["k",1]"#))
        try engine.engine.control.sync { try engine.engine.catalog.dropConnector("PG") }
        #expect(
            try engine.answer("DROP STREAM c DELETE TOPIC; DROP STREAM b DELETE TOPIC;") == [
                "+DROPPED C", "+DROPPED B",
            ]
        )
        #expect(try engine.engine.broker.describe("s") == nil)
    }
}
