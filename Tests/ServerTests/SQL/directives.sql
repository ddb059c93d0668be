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
