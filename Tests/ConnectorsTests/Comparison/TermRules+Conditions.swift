import Values

extension TermRule {
    private static let (money, rate) = (ComparisonRows.money, ComparisonRows.rate)

    static let conditions: [TermRule] =
        ComparisonRows.types.flatMap { type in
            comparisons(type, type, ordered: type != .boolean) + [
                TermRule(.boolean, [type], "($1 IS NULL)", "$1 IS NULL"),
                TermRule(.boolean, [type], "($1 IS NOT NULL)", "$1 IS NOT NULL"),
                TermRule(.boolean, [type, type], "($1 IS DISTINCT FROM $2)", "$1 IS DISTINCT FROM $2"),
                TermRule(
                    .boolean,
                    [type, type, type],
                    "ARRAY_CONTAINS(ARRAY[$1, $2], $3)",
                    "$3 IS NOT DISTINCT FROM $1 OR $3 IS NOT DISTINCT FROM $2"
                ),
            ]
        }
        + comparisons(.integer, .bigint) + comparisons(.integer, money) + comparisons(.bigint, rate)
        + comparisons(.double, .integer) + comparisons(money, rate)
        + comparisons(.date, .timestamp)
        + [
            TermRule(.boolean, [.boolean, .boolean], "($1 AND $2)", "two_and($1, $2)"),
            TermRule(.boolean, [.boolean, .boolean], "($1 OR $2)", "two_or($1, $2)"),
            TermRule(.boolean, [.boolean], "(NOT $1)", "NOT $1"),
            TermRule(
                .boolean,
                [.bigint, .integer, .bigint],
                "($1 BETWEEN $2 AND $3)",
                "two_and(coalesce($1 >= $2, false), coalesce($1 <= $3, false))"
            ),
            TermRule(
                .boolean,
                [.string, .string, .string],
                "($1 NOT BETWEEN $2 AND $3)",
                "NOT two_and(coalesce($1 >= $2, false), coalesce($1 <= $3, false))"
            ),
            TermRule(
                .boolean,
                [.integer, .integer, .integer],
                "($1 IN ($2, $3, 7))",
                "coalesce($1 IN ($2, $3, 7), false)"
            ),
            TermRule(.boolean, [.string, .string], "($1 NOT IN ($2, 'a'))", "NOT coalesce($1 IN ($2, 'a'), false)"),
            TermRule(.boolean, [.string], "CAST($1 AS BOOLEAN)", "text_to_boolean($1)"),
        ]
        + ["a%", "%b%", "_", "%", "", "a_c", "%,%", "x!%y!_z"].map { pattern in
            TermRule(
                .boolean,
                [.string],
                "($1 LIKE '\(pattern)' ESCAPE '!')",
                "coalesce($1 LIKE '\(pattern)' ESCAPE '!', false)"
            )
        }

    private static func comparisons(_ left: SQLType, _ right: SQLType, ordered: Bool = true) -> [TermRule] {
        (["=", "<>"] + (ordered ? ["<", "<=", ">", ">="] : [])).map { op in
            TermRule(.boolean, [left, right], "($1 \(op) $2)", "coalesce($1 \(op) $2, false)")
        }
    }
}
