import Values

extension TermRule {
    private static let (money, rate) = (ComparisonRows.money, ComparisonRows.rate)

    static let texts: [TermRule] = [
        TermRule(.string, [.integer], "CAST($1 AS STRING)", "$1::text"),
        TermRule(.string, [.bigint], "CAST($1 AS STRING)", "$1::text"),
        TermRule(.string, [.boolean], "CAST($1 AS STRING)", "$1::text"),
        TermRule(.string, [money], "CAST($1 AS STRING)", "round($1, 3)::text"),
        TermRule(.string, [rate], "CAST($1 AS STRING)", "round($1, 2)::text"),
        TermRule(.string, [money, rate], "CAST($1 * $2 AS STRING)", "round($1 * $2, 5)::text"),
        TermRule(.string, [rate, rate], "CAST($1 / $2 AS STRING)", "round(quotient($1, $2, 9), 9)::text"),
        TermRule(.string, [.date], "CAST($1 AS STRING)", "$1::text"),
        TermRule(.string, [.timestamp], "CAST($1 AS STRING)", "to_char($1, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS')"),
        TermRule(
            .string,
            [.time],
            "CAST($1 AS STRING)",
            "to_char($1, CASE WHEN extract(second FROM $1) < 1 THEN 'HH24:MI' ELSE 'HH24:MI:SS' END)"
        ),
        TermRule(.string, [.string], "UCASE($1)", "upper($1 COLLATE \"und-x-icu\") COLLATE \"C\""),
        TermRule(.string, [.string], "LCASE($1)", "lower($1 COLLATE \"und-x-icu\") COLLATE \"C\""),
        TermRule(.string, [.string], "TRIM($1)", "btrim($1)"),
        TermRule(.string, [.string], "SUBSTRING($1, 2)", "substr($1, 2)"),
        TermRule(.string, [.string], "SUBSTRING($1, 2, 3)", "substr($1, 2, 3)"),
        TermRule(.string, [.string], "SUBSTRING($1, -2)", "right($1, 2)"),
        TermRule(.string, [.string, .string], "CONCAT($1, $2)", "concat($1, $2)"),
        TermRule(.string, [.string, .string], "($1 || $2)", "concat($1, $2)"),
        TermRule(.string, [.string, .string], "($1 + $2)", "coalesce($1, 'null') || coalesce($2, 'null')"),
        TermRule(.string, [.string, .string], "CONCAT_WS('-', $1, $2)", "concat_ws('-', $1, $2)"),
        TermRule(.string, [.string], "REPLACE($1, 'a', 'xyz')", "replace($1, 'a', 'xyz')"),
        TermRule(.string, [.string], "REPLACE($1, 'aa', '')", "replace($1, 'aa', '')"),
        TermRule(.string, [.string], "LPAD($1, 5, 'xy')", "lpad($1, 5, 'xy')"),
        TermRule(.string, [.string], "RPAD($1, 4, 'é')", "rpad($1, 4, 'é')"),
        TermRule(.string, [.string], "MD5($1)", "md5($1)"),
        TermRule(.string, [.string], "SPLIT($1, ',')[1]", "split_part($1, ',', 1)"),
        TermRule(.string, [.string], "SPLIT($1, ',')[2]", "(string_to_array($1, ','))[2]"),
        TermRule(.string, [.string], "REGEXP_REPLACE($1, '[0-9]+', '#')", "regexp_replace($1, '[0-9]+', '#', 'g')"),
        TermRule(.string, [.string], "REGEXP_EXTRACT('[a-z]+', $1)", "(regexp_match($1, '[a-z]+'))[1]"),
        TermRule(
            .string,
            [.string, .string],
            "ARRAY_JOIN(ARRAY[$1, $2], '-')",
            "array_to_string(ARRAY[$1, $2], '-', 'null')"
        ),
        TermRule(.string, [.string, .string], "ELT(2, $1, $2)", "$2"),
        TermRule(.string, [.date], "FORMAT_DATE($1, 'd.M.yyyy')", "to_char($1, 'FMDD.FMMM.YYYY')"),
        TermRule(
            .string,
            [.timestamp],
            "FORMAT_TIMESTAMP($1, 'yyyy/MM/dd HH:mm:ss.SSS EEEE MMM D')",
            "to_char($1, 'YYYY/MM/DD HH24:MI:SS.MS FMDay Mon FMDDD')"
        ),
        TermRule(.string, [.time], "FORMAT_TIME($1, 'hh:mm a')", "to_char($1, 'HH12:MI AM')"),
    ]

    static let times: [TermRule] = [
        TermRule(.integer, [.date], "UNIX_DATE($1)", "$1 - DATE '1970-01-01'"),
        TermRule(.bigint, [.timestamp], "UNIX_TIMESTAMP($1)", "(extract(epoch FROM $1) * 1000)::bigint"),
        TermRule(.date, [.timestamp], "CAST($1 AS DATE)", "$1::date"),
        TermRule(.date, [.date], "DATEADD(DAYS, 45, $1)", "$1 + 45"),
        TermRule(.date, [.date], "DATEADD(MONTHS, 1, $1)", "($1 + interval '1 month')::date"),
        TermRule(.date, [.date], "DATESUB(YEARS, 3, $1)", "($1 - interval '3 years')::date"),
        TermRule(.date, [.integer], "FROM_DAYS($1 % 20000)", "DATE '1970-01-01' + mod($1, 20000)"),
        TermRule(.date, [.date], "CAST(CAST($1 AS STRING) AS DATE)", "$1"),
        TermRule(.date, [.date], "PARSE_DATE(FORMAT_DATE($1, 'dd.MM.yyyy'), 'dd.MM.yyyy')", "$1"),
        TermRule(.time, [.timestamp], "CAST($1 AS TIME)", "$1::time"),
        TermRule(.time, [.time], "TIMEADD(MINUTES, 1500, $1)", "$1 + interval '1500 minutes'"),
        TermRule(.time, [.time], "TIMESUB(SECONDS, 7, $1)", "$1 - interval '7 seconds'"),
        TermRule(.timestamp, [.date], "CAST($1 AS TIMESTAMP)", "$1::timestamp"),
        TermRule(.timestamp, [.timestamp], "TIMESTAMPADD(HOURS, 30, $1)", "$1 + interval '30 hours'"),
        TermRule(.timestamp, [.timestamp], "TIMESTAMPADD(MONTHS, 1, $1)", "$1 + interval '1 month'"),
        TermRule(
            .timestamp,
            [.timestamp],
            "TIMESTAMPSUB(MILLISECONDS, 86400001, $1)",
            "$1 - interval '86400.001 seconds'"
        ),
        TermRule(.timestamp, [.timestamp], "CAST(CAST($1 AS STRING) AS TIMESTAMP)", "$1"),
        TermRule(
            .timestamp,
            [.bigint],
            "FROM_UNIXTIME($1 % 4000000000000)",
            "TIMESTAMP '1970-01-01' + mod($1, 4000000000000) * interval '1 millisecond'"
        ),
        TermRule(
            .timestamp,
            [.timestamp],
            "CONVERT_TZ($1, 'UTC', '+05:30')",
            "$1 + interval '330 minutes'"
        ),
    ]
}
