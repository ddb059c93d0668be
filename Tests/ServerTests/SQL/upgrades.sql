--@test: columns are added to a source
CREATE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
ALTER STREAM a ADD COLUMN y INTEGER, ADD z STRING;
ASSERT STREAM a (id INTEGER KEY, x INTEGER, y INTEGER, z STRING) WITH (kafka_topic = 'a');
CREATE STREAM b AS SELECT * FROM a;
INSERT INTO a VALUES (1, 2, 3, 'four');
ASSERT VALUES b (id, x, y, z) VALUES (1, 2, 3, 'four');

--@test: a column cannot be added twice
--@expected.error: 42701
CREATE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
ALTER STREAM a ADD COLUMN x STRING;

--@test: what a query makes cannot be altered
--@expected.error: 42809
CREATE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE STREAM b AS SELECT * FROM a;
ALTER STREAM b ADD COLUMN z STRING;

--@test: a source is replaced, and a star is what it was when the query was made
CREATE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE STREAM b AS SELECT * FROM a;
CREATE OR REPLACE STREAM a (id INTEGER KEY, x INTEGER, y INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
INSERT INTO a VALUES (1, 2, 3);
ASSERT VALUES b (id, x) VALUES (1, 2);
ASSERT STREAM b (id INTEGER KEY, x INTEGER);
CREATE OR REPLACE STREAM b AS SELECT * FROM a;
INSERT INTO a VALUES (1, 2, 3);
ASSERT VALUES b (id, x, y) VALUES (1, 2, 3);

--@test: filters come, change and go
CREATE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE STREAM b AS SELECT * FROM a;
CREATE OR REPLACE STREAM b AS SELECT * FROM a WHERE x > 1;
INSERT INTO a VALUES (1, 1);
INSERT INTO a VALUES (1, 2);
ASSERT VALUES b (x) VALUES (2);
CREATE OR REPLACE STREAM b AS SELECT * FROM a WHERE x > 2;
INSERT INTO a VALUES (1, 2);
INSERT INTO a VALUES (1, 3);
ASSERT VALUES b (x) VALUES (3);
CREATE OR REPLACE STREAM b AS SELECT * FROM a;
INSERT INTO a VALUES (1, 0);
ASSERT VALUES b (x) VALUES (0);

--@test: an aggregate goes on counting behind another filter
CREATE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM a GROUP BY id;
INSERT INTO a VALUES (1, 1);
ASSERT VALUES t (id, n) VALUES (1, 1);
CREATE OR REPLACE TABLE t AS SELECT id, COUNT(*) AS n FROM a WHERE x > 1 GROUP BY id;
INSERT INTO a VALUES (1, 1);
INSERT INTO a VALUES (1, 2);
ASSERT VALUES t (id, n) VALUES (1, 2);

--@test: a filter over a table is changed
CREATE TABLE a (id INTEGER PRIMARY KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE TABLE t AS SELECT id, x FROM a WHERE x > 1;
INSERT INTO a VALUES (1, 2);
ASSERT VALUES t (id, x) VALUES (1, 2);
CREATE OR REPLACE TABLE t AS SELECT id, x FROM a WHERE x > 5;
INSERT INTO a VALUES (1, 7);
ASSERT VALUES t (id, x) VALUES (1, 7);
INSERT INTO a VALUES (1, 3);
ASSERT NULL VALUES t (id) KEY (1);

--@test: a key cannot be changed
--@expected.error: 55000
CREATE STREAM a (id INTEGER KEY, x INTEGER, y INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE STREAM b AS SELECT * FROM a PARTITION BY x;
CREATE OR REPLACE STREAM b AS SELECT * FROM a PARTITION BY y;

--@test: a column cannot go
--@expected.error: 55000
CREATE STREAM a (id INTEGER KEY, x INTEGER, y INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE STREAM b AS SELECT id, x, y FROM a;
CREATE OR REPLACE STREAM b AS SELECT id, x FROM a;

--@test: an aggregate cannot change
--@expected.error: 55000
CREATE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM a GROUP BY id;
CREATE OR REPLACE TABLE t AS SELECT id, COUNT(x) AS n FROM a GROUP BY id;

--@test: a stream does not become a table
--@expected.error: 55000
CREATE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE OR REPLACE TABLE a (id INTEGER PRIMARY KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');

--@test: replacing what is not there makes it
CREATE OR REPLACE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE OR REPLACE STREAM b AS SELECT * FROM a;
INSERT INTO a VALUES (1, 2);
ASSERT VALUES b (id, x) VALUES (1, 2);

--@test: a filter below an aggregate over a table cannot change, since its rows are taken back
--@expected.error: 55000
CREATE TABLE a (k INTEGER PRIMARY KEY, v INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM a WHERE k > 5 GROUP BY v;
CREATE OR REPLACE TABLE o AS SELECT v, COUNT(*) AS n FROM a WHERE k > 0 GROUP BY v;

--@test: a table function cannot change
--@expected.error: 55000
CREATE STREAM a (k INTEGER KEY, v ARRAY<INTEGER>, w ARRAY<INTEGER>) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE STREAM o AS SELECT k, EXPLODE(v) AS x FROM a;
CREATE OR REPLACE STREAM o AS SELECT k, EXPLODE(w) AS x FROM a;
