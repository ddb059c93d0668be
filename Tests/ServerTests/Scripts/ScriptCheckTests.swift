import Foundation
import Testing

@testable import Server

/// What the check of a script says, statement by statement.
struct ScriptCheckTests {
    private static let sources = [
        "CREATE STREAM a (id STRING KEY, n INT, t STRUCT<x INT>) WITH (kafka_topic='a', value_format='JSON');",
        "CREATE TABLE totals AS SELECT id, SUM(n) AS total FROM a GROUP BY id;",
    ]

    /// Statements of which the last is wrong, and what is said about it.
    @Test(arguments: [
        (["SELEC 1;"], "42601 1:1"),
        (sources + ["SELECT nope FROM a EMIT CHANGES;"], "42703 1:8"),
        (sources + ["SELECT *\n  FROM totals\n  WHERE total = 'x';"], "42804 3:15"),
        (sources + ["DROP STREAM a;", "CREATE STREAM b AS SELECT * FROM nix;"], "42P01 1:34"),
        (
            sources + ["CREATE TABLE totals (id INT PRIMARY KEY) WITH (kafka_topic='a', value_format='JSON');"],
            "42P07 1:14"
        ),
        (["SET 'auto.offset.reset' = 'sometimes';"], "22023 1:1"),
        (["DEFINE top = 'a';", "SELECT * FROM ${topp} EMIT CHANGES;"], "42704 1:15"),
        (sources + ["INSERT INTO a (id, m) VALUES ('k', 1);"], "42703 1:20"),
    ])
    func tellsWhatIsWrong(_ statements: [String], _ expected: String) {
        var check = ScriptCheck()
        var outcome = ScriptCheck.Outcome()
        for statement in statements { outcome = check.check(statement) }
        let problem = outcome.problem
        let place = problem?.line.map { " \($0):\(problem?.column ?? 0)" } ?? ""
        #expect("\(problem?.sqlstate ?? "nothing")\(place)" == expected, "\(problem?.message ?? "")")
    }

    @Test(arguments: [
        sources + ["SELECT * FROM totals WHERE id = 'x';", "SELECT t->x FROM a EMIT CHANGES LIMIT 1;"],
        sources + ["INSERT INTO a FORMAT JSON;", "TERMINATE CTAS_TOTALS_0;", "DROP TABLE totals;", "DROP STREAM a;"],
        [
            "DEFINE top = 'a';", "CREATE STREAM s (x INT) WITH (kafka_topic='${top}', value_format='JSON');",
            "SHOW STREAMS;",
        ],
        [
            "CREATE TYPE point AS STRUCT<x INT>;",
            "CREATE STREAM s (p point) WITH (kafka_topic='t', value_format='JSON');",
        ],
        ["CREATE SINK CONNECTOR c WITH ('connector.class'='postgresql', 'topics'='t');", "DROP CONNECTOR c;"],
    ])
    func saysNothingAboutGoodStatements(_ statements: [String]) {
        var check = ScriptCheck()
        for statement in statements {
            let problem = check.check(statement).problem
            #expect(problem == nil, "\(statement)")
        }
    }

    @Test func tellsOneMistakeOnce() {
        var check = ScriptCheck()
        #expect(check.check("CREATE OR REPLACE STREAM `Aa` (id STRING KEYY) WITH (kafka_topic='a');").problem != nil)
        #expect(check.check("CREATE STREAM b AS SELECT * FROM `Aa`;").isSkipped)
        #expect(check.check("CREATE TABLE c AS SELECT x, COUNT(*) FROM b GROUP BY x;").isSkipped)
        #expect(check.check("SELECT * FROM d;").problem?.sqlstate == "42P01")
    }

    @Test func plansQueries() {
        var check = ScriptCheck()
        let plans = (Self.sources + ["SELECT id FROM a EMIT CHANGES;"]).map { check.check($0).plan }
        #expect(plans[0] == nil)
        #expect(plans[1]?.contains("Physical plan") == true)
        #expect(plans[2]?.contains("Physical plan") == true)
    }

    @Test func variablesOfTheCallerAreThere() {
        var check = ScriptCheck(variables: ["top": "a"])
        #expect(check.check("CREATE STREAM s (x INT) WITH (kafka_topic='${TOP}', value_format='JSON');").problem == nil)
        #expect(check.check("PRINT '${top}';").problem == nil)
    }
}
