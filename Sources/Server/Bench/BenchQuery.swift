/// The queries that `weir bench nexmark` knows: the input topic, and the SQL that drains it to topic `out`.
public struct BenchQuery: Sendable {
    public let name: String
    /// One line for the help.
    public let summary: String
    /// Topic of the input: `bid`, or `keys`.
    let input: String
    /// The statements, the last of which starts the measured query.
    let statements: [String]
    /// True when the output is a table, of which only the last row of each key counts.
    let isTable: Bool

    private static let bid = """
        CREATE STREAM bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, dateTime BIGINT,
            extra STRING)
        WITH (KAFKA_TOPIC = 'bid', VALUE_FORMAT = 'JSON', TIMESTAMP = 'DATETIME');
        """
    private static let sink = "WITH (KAFKA_TOPIC = 'out', VALUE_FORMAT = 'JSON')"

    private static func stream(_ name: String, _ summary: String, _ select: String) -> BenchQuery {
        BenchQuery(
            name: name,
            summary: summary,
            input: "bid",
            statements: [bid, "CREATE STREAM out \(sink) AS \(select) EMIT CHANGES;"],
            isTable: false
        )
    }

    private static func table(_ name: String, _ summary: String, _ select: String) -> BenchQuery {
        BenchQuery(
            name: name,
            summary: summary,
            input: "bid",
            statements: [bid, "CREATE TABLE out \(sink) AS \(select) EMIT CHANGES;"],
            isTable: true
        )
    }

    /// Every query, in the order of the help.
    public static let all: [BenchQuery] = [
        stream("q0", "copy five columns", "SELECT auction, bidder, price, dateTime, extra FROM bid"),
        stream(
            "q1",
            "convert the price, in decimal",
            "SELECT auction, bidder, 0.908 * price AS price, dateTime, extra FROM bid"
        ),
        stream("q2", "one auction in 123", "SELECT auction, price FROM bid WHERE auction % 123 = 0"),
        stream(
            "q14",
            "scalar functions and CASE",
            """
            SELECT auction, bidder, 0.908 * price AS price,
                CASE WHEN CAST(FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'HH') AS INTEGER) BETWEEN 8 AND 18 THEN 'dayTime'
                     WHEN CAST(FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'HH') AS INTEGER) <= 6 THEN 'nightTime'
                     ELSE 'otherTime' END AS bidTimeType,
                dateTime, extra, LEN(extra) - LEN(REPLACE(extra, 'c', '')) AS c_counts
            FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000
            """
        ),
        table(
            "tumble",
            "COUNT per auction and 10 seconds",
            "SELECT auction, COUNT(*) AS n FROM bid WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY auction"
        ),
        table(
            "hop",
            "COUNT per auction, 10 seconds every 2",
            "SELECT auction, COUNT(*) AS n FROM bid WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 2 SECONDS) GROUP BY auction"
        ),
        table(
            "agg",
            "COUNT and SUM of the price per bidder",
            "SELECT bidder, COUNT(*) AS n, SUM(price) AS total FROM bid GROUP BY bidder"
        ),
        BenchQuery(
            name: "keys",
            summary: "COUNT per key over --keys random keys",
            input: "keys",
            statements: [
                "CREATE STREAM keys (k BIGINT) WITH (KAFKA_TOPIC = 'keys', VALUE_FORMAT = 'JSON');",
                "CREATE TABLE out \(sink) AS SELECT k, COUNT(*) AS n FROM keys GROUP BY k EMIT CHANGES;",
            ],
            isTable: true
        ),
    ]
}
