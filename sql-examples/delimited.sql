-- A topic of comma-separated values, read as it is and passed on as JSON and with tabs.

CREATE STREAM temperatures (
    station STRING,
    day STRING,
    lowest DOUBLE,
    highest DOUBLE,
    remark STRING
) WITH (kafka_topic = 'temperatures', value_format = 'DELIMITED', partitions = 1);

CREATE STREAM warm_days WITH (kafka_topic = 'warm_days', value_format = 'JSON') AS
    SELECT station, PARSE_DATE(day, 'dd.MM.yyyy') AS day, ROUND((lowest + highest) / 2, 1) AS mean, remark
    FROM temperatures
    WHERE highest >= 20
    EMIT CHANGES;

CREATE STREAM remarks WITH (kafka_topic = 'remarks', value_format = 'DELIMITED', value_delimiter = 'TAB') AS
    SELECT station, remark
    FROM temperatures
    WHERE remark IS NOT NULL AND LEN(remark) > 0
    EMIT CHANGES;

INSERT INTO temperatures FORMAT CSV;
harbour,01.06.2026,12.5,21.0,"fog, then sun"
mountain,01.06.2026,3.25,9.5,
harbour,02.06.2026,14.0,24.25,
\.

SELECT * FROM warm_days;
--> {"STATION":"harbour","DAY":"2026-06-01","MEAN":16.8,"REMARK":"fog, then sun"}
--> {"STATION":"harbour","DAY":"2026-06-02","MEAN":19.1,"REMARK":null}

SELECT * FROM remarks;
--> {"STATION":"harbour","REMARK":"fog, then sun"}
