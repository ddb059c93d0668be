-- Session windows: the visits of a site, where a visit ends with ten minutes of silence.
--
-- A session has no fixed length: each click opens one, or prolongs the one that is near enough. A late click that lies
-- between two sessions joins them into one.

CREATE STREAM clicks (visitor STRING KEY, page STRING, time BIGINT)
    WITH (kafka_topic = 'clicks', value_format = 'JSON', partitions = 1, timestamp = 'time');

CREATE TABLE visits AS
    SELECT
        visitor,
        COUNT(*) AS clicks,
        EARLIEST_BY_OFFSET(page) AS first_page,
        LATEST_BY_OFFSET(page) AS last_page,
        (WINDOWEND - WINDOWSTART) / 1000 AS duration
    FROM clicks
    WINDOW SESSION (10 MINUTES, GRACE PERIOD 1 HOUR)
    GROUP BY visitor
    EMIT CHANGES;

INSERT INTO clicks FORMAT JSON;
{"VISITOR":"ada","PAGE":"/","TIME":0}
{"VISITOR":"ada","PAGE":"/shop","TIME":60000}
{"VISITOR":"bob","PAGE":"/","TIME":90000}
{"VISITOR":"ada","PAGE":"/help","TIME":1200000}
\.

-- This one came late: within ten minutes of the first visit and of the second, it makes them one.
INSERT INTO clicks (visitor, page, time) VALUES ('ada', '/cart', 630000);

SELECT visitor, clicks, first_page, last_page, duration FROM visits;
--> {"VISITOR":"ada","CLICKS":4,"FIRST_PAGE":"/","LAST_PAGE":"/cart","DURATION":1200}
--> {"VISITOR":"bob","CLICKS":1,"FIRST_PAGE":"/","LAST_PAGE":"/","DURATION":0}
