-- What tables do with rows that come, change and go.

--@test: a row that no longer passes the filter is deleted
CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER) WITH (kafka_topic = 'people', value_format = 'JSON');
CREATE TABLE adults AS SELECT id, age FROM people WHERE age >= 18;
INSERT INTO people VALUES (1, 17);
INSERT INTO people VALUES (2, 40);
ASSERT VALUES adults (id, age) VALUES (2, 40);
INSERT INTO people VALUES (2, 4);
ASSERT NULL VALUES adults (id) KEY (2);

--@test: the definition of the result
CREATE STREAM orders (id BIGINT KEY, amount DECIMAL(10, 2), note STRING)
  WITH (kafka_topic = 'orders', value_format = 'JSON');
CREATE STREAM big WITH (kafka_topic = 'big_orders', value_format = 'DELIMITED') AS
  SELECT id, amount * 2 AS twice FROM orders WHERE amount > 100;
ASSERT STREAM big (id BIGINT KEY, twice DECIMAL(21, 2)) WITH (kafka_topic = 'big_orders', value_format = 'DELIMITED');

--@test: a query that is replaced keeps its place
SET 'ksql.create.or.replace.enabled' = 'true';
CREATE STREAM a (id INTEGER KEY, x INTEGER, y INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
CREATE STREAM b AS SELECT id, x FROM a;
INSERT INTO a VALUES (1, 2, 3);
ASSERT VALUES b (id, x) VALUES (1, 2);
CREATE OR REPLACE STREAM b AS SELECT id, x, y FROM a;
INSERT INTO a VALUES (1, 2, 3);
ASSERT VALUES b (id, x, y) VALUES (1, 2, 3);

--@test: a column that is not there
--@expected.error: 42703
--@expected.message: AMOUT
CREATE STREAM orders (id BIGINT KEY, amount INTEGER) WITH (kafka_topic = 'orders', value_format = 'JSON');
CREATE STREAM doubled AS SELECT id, amout * 2 AS twice FROM orders;

--@test: an assertion that does not hold
--@expected.error: P0004
--@expected.message: X is 2, expected 3
CREATE STREAM a (id INTEGER KEY, x INTEGER) WITH (kafka_topic = 'a', value_format = 'JSON');
INSERT INTO a VALUES (1, 2);
ASSERT VALUES a (id, x) VALUES (1, 3);
