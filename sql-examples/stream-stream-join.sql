-- Join of two streams: orders with their payments, when those come within an hour of each other.
--
-- Either may come first. An order without a payment in time is not in the result; LEFT JOIN would tell it when the hour and
-- the grace period are over.

CREATE STREAM orders (id STRING KEY, customer STRING, time BIGINT)
    WITH (kafka_topic = 'orders', value_format = 'JSON', partitions = 1, timestamp = 'time');

CREATE STREAM payments (id STRING KEY, cents BIGINT, time BIGINT)
    WITH (kafka_topic = 'payments', value_format = 'JSON', partitions = 1, timestamp = 'time');

CREATE STREAM paid_orders AS
    SELECT o.id AS id, o.customer AS customer, p.cents AS cents, (p.time - o.time) / 60000 AS after_minutes
    FROM orders o
    INNER JOIN payments p WITHIN 1 HOUR GRACE PERIOD 10 MINUTES ON o.id = p.id
    EMIT CHANGES;

INSERT INTO orders FORMAT JSON;
{"ID":"o1","CUSTOMER":"Ada","TIME":0}
{"ID":"o2","CUSTOMER":"Bob","TIME":60000}
{"ID":"o3","CUSTOMER":"Eve","TIME":120000}
\.

INSERT INTO payments FORMAT JSON;
{"ID":"o2","CENTS":700,"TIME":30000}
{"ID":"o1","CENTS":1200,"TIME":1800000}
{"ID":"o3","CENTS":50,"TIME":3780000}
\.

-- The payment of o3 came 61 minutes after its order.
SELECT * FROM paid_orders;
--> {"ID":"o1","CUSTOMER":"Ada","CENTS":1200,"AFTER_MINUTES":30}
--> {"ID":"o2","CUSTOMER":"Bob","CENTS":700,"AFTER_MINUTES":0}
