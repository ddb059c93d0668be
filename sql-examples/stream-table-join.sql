-- Join of a stream with a table: orders get the name and the price of what was ordered, as it is when the order comes.
--
-- A change of the table later does not change orders that were joined before. The order of an unknown product is kept by
-- LEFT JOIN, with NULL for what is not known.

CREATE TABLE products (
    product STRING PRIMARY KEY,
    name STRING,
    price DECIMAL(8, 2)
) WITH (kafka_topic = 'products', value_format = 'JSON', partitions = 2);

CREATE STREAM orders (
    id BIGINT,
    product STRING,
    pieces INT
) WITH (kafka_topic = 'orders', value_format = 'JSON', partitions = 2);

INSERT INTO products FORMAT JSON;
{"PRODUCT":"p1","NAME":"pen","PRICE":1.20}
{"PRODUCT":"p2","NAME":"ink","PRICE":7.00}
\.

CREATE STREAM priced_orders WITH (kafka_topic = 'priced_orders') AS
    SELECT
        o.product AS product,
        o.id AS id,
        p.name AS name,
        o.pieces * p.price AS total
    FROM orders o
    LEFT JOIN products p ON o.product = p.product
    EMIT CHANGES;

INSERT INTO orders FORMAT JSON;
{"ID":1,"PRODUCT":"p1","PIECES":10}
{"ID":2,"PRODUCT":"p2","PIECES":2}
{"ID":3,"PRODUCT":"p9","PIECES":1}
\.

SELECT * FROM priced_orders;
--> {"PRODUCT":"p1","ID":1,"NAME":"pen","TOTAL":"12.00"}
--> {"PRODUCT":"p2","ID":2,"NAME":"ink","TOTAL":"14.00"}
--> {"PRODUCT":"p9","ID":3,"NAME":null,"TOTAL":null}

-- A new price counts for the orders after it.
INSERT INTO products (product, name, price) VALUES ('p1', 'pen', 1.50);
INSERT INTO orders (id, product, pieces) VALUES (4, 'p1', 10);

SELECT * FROM priced_orders WHERE id = 4;
--> {"PRODUCT":"p1","ID":4,"NAME":"pen","TOTAL":"15.00"}
