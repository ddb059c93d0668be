-- INSERT INTO: several streams written into one, each with its own form of the same facts.

CREATE STREAM web_orders (id STRING KEY, euros DOUBLE, customer STRING)
    WITH (kafka_topic = 'web_orders', value_format = 'JSON', partitions = 2);

CREATE STREAM phone_orders (id STRING KEY, cents BIGINT, caller STRING)
    WITH (kafka_topic = 'phone_orders', value_format = 'DELIMITED', partitions = 2);

CREATE STREAM orders (id STRING KEY, source STRING, cents BIGINT, customer STRING)
    WITH (kafka_topic = 'all_orders', value_format = 'JSON', partitions = 2);

INSERT INTO orders
    SELECT id, 'web' AS source, CAST(ROUND(euros * 100) AS BIGINT) AS cents, customer FROM web_orders EMIT CHANGES;

INSERT INTO orders
    SELECT id, 'phone' AS source, cents, INITCAP(caller) AS customer FROM phone_orders EMIT CHANGES;

CREATE TABLE revenue AS
    SELECT source, COUNT(*) AS orders, SUM(cents) AS cents FROM orders GROUP BY source EMIT CHANGES;

INSERT INTO web_orders (id, euros, customer) VALUES ('w1', 19.99, 'Ada');
INSERT INTO web_orders (id, euros, customer) VALUES ('w2', 5.01, 'Bob');
INSERT INTO phone_orders (id, cents, caller) VALUES ('p1', 1250, 'EVE miller');

SELECT * FROM orders;
--> {"ID":"w2","SOURCE":"web","CENTS":501,"CUSTOMER":"Bob"}
--> {"ID":"p1","SOURCE":"phone","CENTS":1250,"CUSTOMER":"Eve Miller"}
--> {"ID":"w1","SOURCE":"web","CENTS":1999,"CUSTOMER":"Ada"}

SELECT * FROM revenue;
--> {"SOURCE":"phone","ORDERS":1,"CENTS":1250}
--> {"SOURCE":"web","ORDERS":2,"CENTS":2500}
