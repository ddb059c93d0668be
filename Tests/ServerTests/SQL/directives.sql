--@test: scripts, variables and settings
RUN SCRIPT 'definitions.script';
DEFINE least = '10';
CREATE STREAM big AS SELECT id, x FROM numbers WHERE x > ${least};
INSERT INTO numbers VALUES (1, 10);
INSERT INTO numbers VALUES (2, 11);
ASSERT VALUES big (id, x) VALUES (2, 11);
ASSERT VALUES numbers (id, x) VALUES (1, 10);
ASSERT VALUES numbers (ROWTIME, id) VALUES (0, 2);

--@test: queries behind queries, and two writers
RUN SCRIPT 'definitions.script';
CREATE STREAM doubled AS SELECT id, x * 2 AS x FROM numbers;
CREATE TABLE sums AS SELECT id, SUM(x) AS total FROM doubled GROUP BY id;
INSERT INTO doubled SELECT id, x * 100 AS x FROM numbers;
INSERT INTO numbers VALUES (1, 1);
ASSERT VALUES sums (id, total) VALUES (1, 2);
ASSERT VALUES sums (id, total) VALUES (1, 102);

--@test: sessions merge, and what they replace is deleted
RUN SCRIPT 'definitions.script';
CREATE TABLE visits AS SELECT id, COUNT(*) AS n FROM numbers WINDOW SESSION (10 SECONDS) GROUP BY id;
INSERT INTO numbers (ROWTIME, id, x) VALUES (0, 1, 0);
INSERT INTO numbers (ROWTIME, id, x) VALUES (5000, 1, 0);
ASSERT VALUES visits (id, windowstart, windowend, n) VALUES (1, 0, 0, 1);
ASSERT NULL VALUES visits (id, windowstart, windowend) KEY (1, 0, 0);
ASSERT VALUES visits (id, windowstart, windowend, n) VALUES (1, 0, 5000, 2);

--@test: a record without a time ends the query when it is told to
--@expected.error: XX000
--@expected.message: no usable timestamp
SET 'ksql.timestamp.throw.on.invalid' = 'true';
CREATE STREAM timed (id INTEGER KEY, t BIGINT) WITH (kafka_topic = 't', value_format = 'JSON', timestamp = 't');
CREATE STREAM copy AS SELECT id, t + 0 AS t FROM timed;
INSERT INTO timed VALUES (1, -5);

--@test: a script that is not there
--@expected.error: 58P01
RUN SCRIPT 'nowhere.sql';

--@test: a query that reads what it writes
--@expected.error: 54001
RUN SCRIPT 'definitions.script';
INSERT INTO numbers SELECT id, x FROM numbers;
INSERT INTO numbers VALUES (1, 1);

--@test: scripts of scripts are found from where they are
RUN SCRIPT 'nested/first.script';
INSERT INTO numbers VALUES (1, 1);
ASSERT VALUES numbers (id) VALUES (1);

--@test: no statement writes into a stream with columns of headers
--@expected.error: 42501
RUN SCRIPT 'definitions.script';
CREATE STREAM h (id INTEGER KEY, x INTEGER, y BYTES HEADER('y')) WITH (kafka_topic = 'h', value_format = 'JSON');
INSERT INTO h SELECT id, x FROM numbers;

--@test: a column of another header is another column
--@expected.error: P0004
CREATE STREAM h (id INTEGER KEY, x INTEGER, y BYTES HEADER('y')) WITH (kafka_topic = 'h', value_format = 'JSON');
ASSERT STREAM h (id INTEGER KEY, x INTEGER, y BYTES HEADER('z'));

--@test: a property that is not asserted is not there
--@expected.error: P0004
CREATE STREAM t (id INTEGER KEY, x BIGINT) WITH (kafka_topic = 't', value_format = 'JSON', timestamp = 'x');
ASSERT STREAM t (id INTEGER KEY, x BIGINT);

--@test: the same type again is no mistake
CREATE TYPE point AS STRUCT<x INTEGER, y INTEGER>;
CREATE TYPE point AS STRUCT<x INTEGER, y INTEGER>;

--@test: an assertion with a value too many
--@expected.error: 42601
--@expected.message: there are 3 values for 2 columns
RUN SCRIPT 'definitions.script';
ASSERT VALUES numbers VALUES (1, 2, 3);

--@test: an assertion about a column that is not there
--@expected.error: 42703
--@expected.message: there is no column named Y in NUMBERS
RUN SCRIPT 'definitions.script';
ASSERT VALUES numbers (id, y) VALUES (1, 2);

--@test: an assertion with a value of another type
--@expected.error: 42804
--@expected.message: column X is INTEGER, and the value is STRING
RUN SCRIPT 'definitions.script';
ASSERT VALUES numbers (id, x) VALUES (1, 'two');
