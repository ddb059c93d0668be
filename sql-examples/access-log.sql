-- Access logs of web servers, summed up per minute and path: as a topic, and as a table of PostgreSQL that is always right.
--
-- Web servers write one JSON object per request into the topic `access_logs`. From it come
--   * the topic `requests`: what can be used of it, with clients masked and paths without their query strings;
--   * the topic `access_summary`: requests, errors, bytes and times per minute and path, one row that grows;
--   * the topic `failures`: failed requests, with the team that runs the service;
--   * the table `access_summary` in PostgreSQL: every row of the topic, written once, whatever dies in between.
--
-- The database is wherever the variable says; `weir sql -D postgres_url=… -f access-log.sql` says something else.
-- Records then come with `INSERT INTO access_logs FORMAT JSON;`, see access-log-records.sql, or `weir demo`.

DEFINE postgres_url = 'postgresql://localhost:5432/weir';

CREATE STREAM access_logs (
    id STRING,
    time BIGINT,
    service STRING,
    method STRING,
    path STRING,
    status INT,
    bytes BIGINT,
    duration_ms DOUBLE,
    client STRING
) WITH (kafka_topic = 'access_logs', value_format = 'JSON', partitions = 4, timestamp = 'time');

-- Who runs which service.
CREATE TABLE services (
    service STRING PRIMARY KEY,
    team STRING,
    oncall STRING
) WITH (kafka_topic = 'services', value_format = 'JSON', partitions = 4);

INSERT INTO services FORMAT JSON;
{"SERVICE":"shop","TEAM":"Sales","ONCALL":"ada@example.com"}
{"SERVICE":"blog","TEAM":"Marketing","ONCALL":"bob@example.com"}
{"SERVICE":"login","TEAM":"Platform","ONCALL":"eve@example.com"}
\.

-- A record without a path or a status is not a request.
CREATE STREAM requests WITH (kafka_topic = 'requests', value_format = 'JSON') AS
    SELECT
        id,
        service,
        method,
        REGEXP_REPLACE(path, '[?#].*', '') AS path,
        status,
        CASE WHEN status >= 500 THEN 1 ELSE 0 END AS failed,
        COALESCE(bytes, CAST(0 AS BIGINT)) AS bytes,
        duration_ms,
        MASK(client) AS client
    FROM access_logs
    WHERE path IS NOT NULL AND status IS NOT NULL
    EMIT CHANGES;

-- A late record still counts for a day.
CREATE TABLE access_summary WITH (kafka_topic = 'access_summary', value_format = 'JSON') AS
    SELECT
        path,
        COUNT(*) AS requests,
        SUM(failed) AS errors,
        SUM(bytes) AS bytes,
        AVG(duration_ms) AS average_ms,
        MIN(duration_ms) AS fastest_ms,
        MAX(duration_ms) AS slowest_ms
    FROM requests
    WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 1 DAY)
    GROUP BY path
    EMIT CHANGES;

CREATE STREAM failures WITH (kafka_topic = 'failures', value_format = 'JSON') AS
    SELECT
        r.service AS service,
        r.id AS id,
        r.path AS path,
        r.status AS status,
        s.team AS team,
        s.oncall AS oncall
    FROM requests r
    LEFT JOIN services s ON r.service = s.service
    WHERE r.failed = 1
    EMIT CHANGES;

CREATE SINK CONNECTOR summary_to_postgres WITH (
    'connector.class' = 'postgresql',
    'connection.url' = '${postgres_url}',
    'topics' = 'access_summary',
    'table.name.format' = 'access_summary',
    'insert.mode' = 'upsert',
    'pk.mode' = 'record_key',
    'auto.create' = 'true'
);
