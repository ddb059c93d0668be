-- Filter and mask: pass on only what others may see.
--
-- Card payments above 100 go to the topic `large_payments` without the card's number and without the name of who paid.

CREATE STREAM payments (
    payment STRING KEY,
    card STRING,
    payer STRUCT<name STRING, country STRING>,
    amount DECIMAL(10, 2)
) WITH (kafka_topic = 'payments', value_format = 'JSON', partitions = 2);

CREATE STREAM large_payments WITH (kafka_topic = 'large_payments') AS
    SELECT
        payment,
        MASK_KEEP_RIGHT(card, 4) AS card,
        UCASE(payer->country) AS country,
        amount
    FROM payments
    WHERE amount > 100 AND payer->country IS NOT NULL
    EMIT CHANGES;

INSERT INTO payments FORMAT JSON;
{"PAYMENT":"p1","CARD":"4929-1111-2222-3333","PAYER":{"NAME":"Ada","COUNTRY":"gb"},"AMOUNT":120.50}
{"PAYMENT":"p2","CARD":"4929-4444-5555-6666","PAYER":{"NAME":"Bob","COUNTRY":"us"},"AMOUNT":99.99}
{"PAYMENT":"p3","CARD":"4929-7777-8888-9999","PAYER":{"NAME":"Eve"},"AMOUNT":500}
{"PAYMENT":"p4","CARD":"4929-0000-1212-3434","PAYER":{"NAME":"Dan","COUNTRY":"fr"},"AMOUNT":1000}
\.

SELECT * FROM large_payments;
--> {"PAYMENT":"p1","CARD":"nnnn-nnnn-nnnn-3333","COUNTRY":"GB","AMOUNT":"120.50"}
--> {"PAYMENT":"p4","CARD":"nnnn-nnnn-nnnn-3434","COUNTRY":"FR","AMOUNT":"1000.00"}
