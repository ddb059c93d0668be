-- Without duplicates: the last state of each device, whatever is sent twice, and each event once.
--
-- LATEST_BY_OFFSET keeps what came last. EARLIEST_BY_OFFSET, grouped by an event's own id, keeps what came first, so that
-- the table has each event once. Neither needs a window.

CREATE STREAM readings (
    device STRING KEY,
    event STRING,
    celsius DOUBLE,
    firmware STRING
) WITH (kafka_topic = 'readings', value_format = 'JSON', partitions = 2);

CREATE TABLE devices AS
    SELECT
        device,
        LATEST_BY_OFFSET(celsius) AS celsius,
        LATEST_BY_OFFSET(firmware) AS firmware,
        COUNT(*) AS readings
    FROM readings
    GROUP BY device
    EMIT CHANGES;

CREATE TABLE events AS
    SELECT
        event,
        EARLIEST_BY_OFFSET(device) AS device,
        EARLIEST_BY_OFFSET(celsius) AS celsius,
        COUNT(*) - 1 AS duplicates
    FROM readings
    GROUP BY event
    EMIT CHANGES;

INSERT INTO readings FORMAT JSON;
{"DEVICE":"roof","EVENT":"e1","CELSIUS":11.5,"FIRMWARE":"1.0"}
{"DEVICE":"cellar","EVENT":"e2","CELSIUS":8.0,"FIRMWARE":"1.0"}
{"DEVICE":"roof","EVENT":"e1","CELSIUS":11.5,"FIRMWARE":"1.0"}
{"DEVICE":"roof","EVENT":"e3","CELSIUS":12.0}
{"DEVICE":"cellar","EVENT":"e4","CELSIUS":8.5,"FIRMWARE":"1.1"}
\.

SELECT * FROM devices;
--> {"DEVICE":"roof","CELSIUS":12.0,"FIRMWARE":"1.0","READINGS":3}
--> {"DEVICE":"cellar","CELSIUS":8.5,"FIRMWARE":"1.1","READINGS":2}

SELECT * FROM events WHERE event = 'e1';
--> {"EVENT":"e1","DEVICE":"roof","CELSIUS":11.5,"DUPLICATES":1}
