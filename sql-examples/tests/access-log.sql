-- Tests of queries like those of access-log.sql: weir test sql-examples/tests

--@test: errors are counted per minute and path
CREATE STREAM requests (path STRING KEY, status INTEGER, bytes BIGINT)
  WITH (kafka_topic = 'requests', value_format = 'JSON');
CREATE TABLE per_minute AS
  SELECT path, COUNT(*) AS n, SUM(CASE WHEN status >= 500 THEN 1 ELSE 0 END) AS errors, SUM(bytes) AS bytes
  FROM requests WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY path;

INSERT INTO requests (ROWTIME, path, status, bytes) VALUES (0, '/', 200, 10);
ASSERT VALUES per_minute (path, windowstart, windowend, n, errors, bytes) VALUES ('/', 0, 60000, 1, 0, 10);
INSERT INTO requests (ROWTIME, path, status, bytes) VALUES (59999, '/', 503, 5);
ASSERT VALUES per_minute (ROWTIME, path, n, errors, bytes) VALUES (59999, '/', 2, 1, 15);
-- The next minute starts from nothing.
INSERT INTO requests (ROWTIME, path, status, bytes) VALUES (60000, '/', 500, 1);
ASSERT VALUES per_minute (path, windowstart, n, errors, bytes) VALUES ('/', 60000, 1, 1, 1);

--@test: the names of services come from a table
CREATE TABLE services (path STRING PRIMARY KEY, service STRING) WITH (kafka_topic = 'services', value_format = 'JSON');
CREATE STREAM requests (path STRING KEY, status INTEGER) WITH (kafka_topic = 'requests', value_format = 'JSON');
CREATE STREAM named AS
  SELECT requests.path, status, service FROM requests LEFT JOIN services ON requests.path = services.path;

INSERT INTO requests VALUES ('/pay', 200);
ASSERT VALUES named (requests_path, status, service) VALUES ('/pay', 200, NULL);
INSERT INTO services VALUES ('/pay', 'billing');
INSERT INTO requests VALUES ('/pay', 503);
ASSERT VALUES named (requests_path, status, service) VALUES ('/pay', 503, 'billing');
