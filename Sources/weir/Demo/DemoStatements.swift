/// What `weir demo` defines on a server that has no stream `access_logs` yet.
///
/// It is the way from the records to the summary of `sql-examples/access-log.sql`.
enum DemoStatements {
    static let definitions = [
        """
        CREATE STREAM access_logs (
            id STRING, time BIGINT, service STRING, method STRING, path STRING, status INT, bytes BIGINT,
            duration_ms DOUBLE, client STRING
        ) WITH (kafka_topic = 'access_logs', value_format = 'JSON', partitions = 4, timestamp = 'time');
        """,
        """
        CREATE STREAM requests WITH (kafka_topic = 'requests', value_format = 'JSON') AS
            SELECT
                id, service, method, REGEXP_REPLACE(path, '[?#].*', '') AS path, status,
                CASE WHEN status >= 500 THEN 1 ELSE 0 END AS failed,
                COALESCE(bytes, CAST(0 AS BIGINT)) AS bytes, duration_ms, MASK(client) AS client
            FROM access_logs
            WHERE path IS NOT NULL AND status IS NOT NULL
            EMIT CHANGES;
        """,
        """
        CREATE TABLE access_summary WITH (kafka_topic = 'access_summary', value_format = 'JSON') AS
            SELECT
                path, COUNT(*) AS requests, SUM(failed) AS errors, SUM(bytes) AS bytes,
                AVG(duration_ms) AS average_ms, MIN(duration_ms) AS fastest_ms, MAX(duration_ms) AS slowest_ms
            FROM requests
            WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 1 DAY)
            GROUP BY path
            EMIT CHANGES;
        """,
    ]

    /// The stream that the records go to.
    static let stream = "access_logs"

    /// The summary as it is, or with EMIT CHANGES as it changes.
    static let summary = "SELECT path, WINDOWSTART, requests, errors, bytes, average_ms FROM access_summary"
}
