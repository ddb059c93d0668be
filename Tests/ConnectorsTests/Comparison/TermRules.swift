import Values

/// What both languages can say, with the differences that are meant written out for PostgreSQL: integers wrap, a
/// comparison with NULL is FALSE, a failure is NULL.
extension TermRule {
    static let all = integers + doubles + decimals + texts + conditions + times + choices

    private static let (money, rate) = (ComparisonRows.money, ComparisonRows.rate)

    private static let integers: [TermRule] =
        arithmetic(.integer, [.integer, .integer], "w32")
        + arithmetic(.bigint, [.bigint, .bigint], "w64") + arithmetic(.bigint, [.integer, .bigint], "w64")
        + arithmetic(.bigint, [.bigint, .integer], "w64")
        + [
            TermRule(.integer, [.integer], "(- $1)", "w32(- $1::numeric)"),
            TermRule(.bigint, [.bigint], "(- $1)", "w64(- $1::numeric)"),
            TermRule(.integer, [.integer], "ABS($1)", "w32(abs($1::numeric))"),
            TermRule(.bigint, [.bigint], "ABS($1)", "w64(abs($1::numeric))"),
            TermRule(.integer, [.bigint], "CAST($1 AS INTEGER)", "w32($1::numeric)"),
            TermRule(.bigint, [.integer], "CAST($1 AS BIGINT)", "$1::bigint"),
            TermRule(.integer, [.double], "CAST($1 AS INTEGER)", "double_to_int($1)"),
            TermRule(.bigint, [.double], "CAST($1 AS BIGINT)", "double_to_long($1)"),
            TermRule(.integer, [money], "CAST($1 AS INTEGER)", "trunc($1)::integer"),
            TermRule(.bigint, [rate], "CAST($1 AS BIGINT)", "trunc($1)::bigint"),
            TermRule(.integer, [.string], "CAST($1 AS INTEGER)", "text_to_int($1)"),
            TermRule(.bigint, [.string], "CAST($1 AS BIGINT)", "text_to_long($1)"),
            TermRule(.integer, [.integer], "SIGN($1)", "sign($1)::integer"),
            TermRule(.integer, [.double], "SIGN($1)", "sign($1)::integer"),
            TermRule(.bigint, [.integer], "ROUND($1)", "$1::bigint"),
            TermRule(.bigint, [.double], "ROUND($1)", "double_to_long(floor($1 + 0.5))"),
            TermRule(.bigint, [.double], "TRUNC($1)", "double_to_long($1)"),
            TermRule(.integer, [.string], "LEN($1)", "char_length($1)"),
            TermRule(.integer, [.string, .string], "INSTR($1, $2)", "coalesce(strpos($1, $2), 0)"),
            TermRule(
                .integer,
                [.string],
                "ARRAY_LENGTH(SPLIT($1, ','))",
                "char_length($1) - char_length(replace($1, ',', '')) + 1"
            ),
        ]

    private static func arithmetic(_ result: SQLType, _ arguments: [SQLType], _ wrap: String) -> [TermRule] {
        ["+", "-", "*"].map { op in
            TermRule(result, arguments, "($1 \(op) $2)", "\(wrap)($1::numeric \(op) $2::numeric)")
        } + [
            TermRule(result, arguments, "($1 / $2)", "\(wrap)(div($1::numeric, nullif($2::numeric, 0)))"),
            TermRule(result, arguments, "($1 % $2)", "\(wrap)(mod($1::numeric, nullif($2::numeric, 0)))"),
        ]
    }

    private static let doubles: [TermRule] =
        ["+", "-", "*"].flatMap { op in
            [
                TermRule(.double, [.double, .double], "($1 \(op) $2)", "$1 \(op) $2"),
                TermRule(.double, [.integer, .double], "($1 \(op) $2)", "$1::float8 \(op) $2"),
                TermRule(.double, [.double, .bigint], "($1 \(op) $2)", "$1 \(op) $2::float8"),
                TermRule(.double, [money, .double], "($1 \(op) $2)", "$1::float8 \(op) $2"),
            ]
        } + [
            TermRule(.double, [.double], "($1 / 4.0E0)", "$1 / 4.0::float8"),
            TermRule(.double, [.double], "(- $1)", "- $1"),
            TermRule(.double, [.double], "ABS($1)", "abs($1)"),
            TermRule(.double, [.double], "CEIL($1)", "ceil($1)"),
            TermRule(.double, [.double], "FLOOR($1)", "floor($1)"),
            TermRule(.double, [.double], "SQRT(ABS($1))", "sqrt(abs($1))"),
            TermRule(.double, [.integer], "CAST($1 AS DOUBLE)", "$1::float8"),
            TermRule(.double, [.bigint], "CAST($1 AS DOUBLE)", "$1::float8"),
            TermRule(.double, [rate], "CAST($1 AS DOUBLE)", "$1::float8"),
            TermRule(.double, [.string], "CAST($1 AS DOUBLE)", "text_to_double($1)"),
        ]

    private static let decimals: [TermRule] =
        ["+", "-", "*"].flatMap { op in
            [
                TermRule(money, [money, money], "CAST($1 \(op) $2 AS \(money))", "to_money($1 \(op) $2)"),
                TermRule(money, [money, rate], "CAST($1 \(op) $2 AS \(money))", "to_money($1 \(op) $2)"),
                TermRule(money, [.integer, rate], "CAST($1 \(op) $2 AS \(money))", "to_money($1 \(op) $2)"),
                TermRule(rate, [rate, rate], "CAST($1 \(op) $2 AS \(rate))", "to_rate($1 \(op) $2)"),
            ]
        } + [
            TermRule(money, [money, rate], "CAST($1 / $2 AS \(money))", "to_money(quotient($1, $2, 10))"),
            TermRule(rate, [rate, money], "CAST($1 / $2 AS \(rate))", "to_rate(quotient($1, $2, 15))"),
            TermRule(money, [money, rate], "CAST($1 % $2 AS \(money))", "to_money(mod($1, nullif($2, 0)))"),
            TermRule(money, [.integer], "CAST($1 AS \(money))", "to_money($1::numeric)"),
            TermRule(money, [.bigint], "CAST($1 AS \(money))", "to_money($1::numeric)"),
            TermRule(money, [.double], "CAST($1 AS \(money))", "to_money($1::text::numeric)"),
            TermRule(money, [.string], "CAST($1 AS \(money))", "to_money(text_to_numeric($1))"),
            TermRule(money, [rate], "CAST($1 AS \(money))", "to_money($1)"),
            TermRule(rate, [money], "CAST($1 AS \(rate))", "to_rate($1)"),
            TermRule(rate, [.double], "CAST($1 AS \(rate))", "to_rate($1::text::numeric)"),
            TermRule(money, [money], "(- $1)", "- $1"),
            TermRule(money, [money], "ABS($1)", "abs($1)"),
            TermRule(money, [rate], "CAST(CEIL($1) AS \(money))", "to_money(to_rate(ceil($1)))"),
            TermRule(money, [rate], "CAST(FLOOR($1) AS \(money))", "to_money(to_rate(floor($1)))"),
            TermRule(money, [rate], "CAST(ROUND($1, 1) AS \(money))", "to_money(to_rate(floor($1 * 10 + 0.5) / 10))"),
            TermRule(money, [money], "TRUNC($1, 1)", "trunc($1, 1)"),
            TermRule(money, [rate], "CAST(ROUND($1) AS \(money))", "to_money(floor($1 + 0.5))"),
        ]

    /// Of any type: what decides between values and NULL.
    private static let choices: [TermRule] = ComparisonRows.types.flatMap { type in
        [
            TermRule(
                type,
                [.boolean, type, type],
                "CASE WHEN $1 THEN $2 ELSE $3 END",
                "CASE WHEN $1 THEN $2 ELSE $3 END"
            ),
            TermRule(
                type,
                [.boolean, .boolean, type, type],
                "CASE WHEN $1 THEN $3 WHEN $2 THEN $4 END",
                "CASE WHEN $1 THEN $3 WHEN $2 THEN $4 END"
            ),
            TermRule(type, [type, type], "COALESCE($1, $2)", "coalesce($1, $2)"),
            TermRule(type, [type, type], "IFNULL($1, $2)", "coalesce($1, $2)"),
            TermRule(type, [type, type], "NULLIF($1, $2)", "nullif($1, $2)"),
            TermRule(type, [type, type], "ARRAY[$1, $2][2]", "$2"),
        ]
            + (type == .boolean
                ? []
                : [
                    TermRule(type, [type, type, type], "GREATEST($1, $2, $3)", "greatest($1, $2, $3)"),
                    TermRule(type, [type, type], "LEAST($1, $2)", "least($1, $2)"),
                ])
    }
}
