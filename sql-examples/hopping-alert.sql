-- Alerts from hopping windows: who failed to log in three times within ten minutes?
--
-- The windows are ten minutes long and begin every five minutes, so each attempt counts in two of them and a burst that
-- crosses the edge of one window lies within the next. HAVING keeps the windows with three failures and more.

CREATE STREAM logins (
    account STRING KEY,
    succeeded BOOLEAN,
    address STRING,
    time TIMESTAMP
) WITH (kafka_topic = 'logins', value_format = 'JSON', partitions = 2, timestamp = 'time');

CREATE TABLE suspicious WITH (kafka_topic = 'suspicious') AS
    SELECT
        account,
        COUNT(*) AS failures,
        COUNT_DISTINCT(address) AS addresses
    FROM logins
    WINDOW HOPPING (SIZE 10 MINUTES, ADVANCE BY 5 MINUTES, GRACE PERIOD 1 HOUR)
    WHERE NOT succeeded
    GROUP BY account
    HAVING COUNT(*) >= 3
    EMIT CHANGES;

INSERT INTO logins (account, succeeded, address, time) VALUES ('ada', false, '10.0.0.1', '2026-03-01T12:01:00');
INSERT INTO logins (account, succeeded, address, time) VALUES ('ada', false, '10.0.0.2', '2026-03-01T12:07:00');
INSERT INTO logins (account, succeeded, address, time) VALUES ('bob', false, '10.0.0.9', '2026-03-01T12:08:00');
INSERT INTO logins (account, succeeded, address, time) VALUES ('ada', true, '10.0.0.1', '2026-03-01T12:08:30');
INSERT INTO logins (account, succeeded, address, time) VALUES ('ada', false, '10.0.0.1', '2026-03-01T12:09:00');
INSERT INTO logins (account, succeeded, address, time) VALUES ('bob', false, '10.0.0.9', '2026-03-01T12:14:00');
INSERT INTO logins (account, succeeded, address, time) VALUES ('ada', false, '10.0.0.3', '2026-03-01T12:14:59');

SELECT
    account,
    FORMAT_TIMESTAMP(FROM_UNIXTIME(WINDOWSTART), 'HH:mm', 'UTC') AS since,
    failures,
    addresses
FROM suspicious;
--> {"ACCOUNT":"ada","SINCE":"12:00","FAILURES":3,"ADDRESSES":2}
--> {"ACCOUNT":"ada","SINCE":"12:05","FAILURES":3,"ADDRESSES":3}
