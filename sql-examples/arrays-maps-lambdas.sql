-- Arrays, maps, structs and lambdas: from a basket with its lines to totals, and to one row per line.

CREATE STREAM baskets (
    basket STRING KEY,
    lines ARRAY<STRUCT<product STRING, pieces INT, price DOUBLE>>,
    labels MAP<STRING, STRING>
) WITH (kafka_topic = 'baskets', value_format = 'JSON', partitions = 1);

CREATE STREAM basket_totals AS
    SELECT
        basket,
        REDUCE(lines, CAST(0 AS DOUBLE), (total, line) => total + line->pieces * line->price) AS total,
        TRANSFORM(FILTER(lines, line => line->pieces > 1), line => UCASE(line->product)) AS several,
        FILTER(labels, (name, value) => name LIKE 'ship%') AS shipping,
        labels['paid'] AS paid,
        ARRAY_LENGTH(lines) AS line_count
    FROM baskets
    EMIT CHANGES;

CREATE STREAM basket_lines AS
    SELECT
        basket,
        EXPLODE(lines)->product AS product,
        EXPLODE(lines)->pieces AS pieces
    FROM baskets
    EMIT CHANGES;

CREATE TABLE sold AS
    SELECT product, SUM(pieces) AS pieces, COLLECT_LIST(basket) AS baskets
    FROM basket_lines
    GROUP BY product
    EMIT CHANGES;

INSERT INTO baskets FORMAT JSON;
{"BASKET":"b1","LINES":[{"PRODUCT":"pen","PIECES":3,"PRICE":1.5},{"PRODUCT":"ink","PIECES":1,"PRICE":7}],"LABELS":{"paid":"card","shipTo":"home"}}
{"BASKET":"b2","LINES":[{"PRODUCT":"pen","PIECES":2,"PRICE":1.5}],"LABELS":{"paid":"cash"}}
{"BASKET":"b3","LINES":[],"LABELS":{}}
\.

SELECT * FROM basket_totals;
--> {"BASKET":"b1","TOTAL":11.5,"SEVERAL":["PEN"],"SHIPPING":{"shipTo":"home"},"PAID":"card","LINE_COUNT":2}
--> {"BASKET":"b2","TOTAL":3.0,"SEVERAL":["PEN"],"SHIPPING":{},"PAID":"cash","LINE_COUNT":1}
--> {"BASKET":"b3","TOTAL":0.0,"SEVERAL":[],"SHIPPING":{},"PAID":null,"LINE_COUNT":0}

SELECT * FROM sold;
--> {"PRODUCT":"ink","PIECES":1,"BASKETS":["b1"]}
--> {"PRODUCT":"pen","PIECES":5,"BASKETS":["b1","b2"]}
