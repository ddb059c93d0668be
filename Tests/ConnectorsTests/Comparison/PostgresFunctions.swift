/// Functions that do in PostgreSQL what Weir means by its operators where the two differ on purpose.
enum PostgresFunctions {
    static let schema = "weir_comparison"

    static let definitions: [String] =
        [
            "DROP SCHEMA IF EXISTS \(schema) CASCADE", "CREATE SCHEMA \(schema)",
            sql("w32(x numeric)", "integer", wrap(2_147_483_648, 4_294_967_296) + "::integer"),
            sql("w64(x numeric)", "bigint", wrap(9_223_372_036_854_775_808, 18_446_744_073_709_551_616) + "::bigint"),
            sql(
                "double_to_int(x float8)",
                "integer",
                "least(greatest(trunc(x)::numeric, -2147483648), 2147483647)::integer"
            ),
            // 2^63 is a DOUBLE, the greatest BIGINT is not.
            sql(
                "double_to_long(x float8)",
                "bigint",
                """
                CASE WHEN x >= 9223372036854775808::float8 THEN 9223372036854775807
                     WHEN x <= (-9223372036854775808)::float8 THEN -9223372036854775808 ELSE trunc(x)::bigint END
                """
            ),
            sql("to_money(x numeric)", "numeric", "CASE WHEN abs(round(x, 3)) < 1e9 THEN round(x, 3) END"),
            sql("to_rate(x numeric)", "numeric", "CASE WHEN abs(round(x, 2)) < 1e4 THEN round(x, 2) END"),
            // Rounded half away from zero at a scale, exactly.
            sql(
                "quotient(a numeric, b numeric, scale integer)",
                "numeric",
                """
                CASE WHEN b <> 0 THEN sign(a) * sign(b)
                    * div(abs(a) * 2 * 10::numeric ^ scale + abs(b), abs(b) * 2) / (10::numeric ^ scale)::numeric(40, 0) END
                """
            ),
            sql("two_and(a boolean, b boolean)", "boolean", "CASE WHEN a THEN b ELSE a END", strict: false),
            sql("two_or(a boolean, b boolean)", "boolean", "CASE WHEN NOT a THEN b ELSE a END", strict: false),
            sql(
                "text_to_boolean(x text)",
                "boolean",
                "btrim(x) <> '' AND (starts_with('true', lower(btrim(x))) OR starts_with('yes', lower(btrim(x))))"
            ),
        ]
        + [
            ("text_to_int", "integer"), ("text_to_long", "bigint"), ("text_to_double", "float8"),
            ("text_to_numeric", "numeric"),
        ].map { name, type in
            """
            CREATE FUNCTION \(schema).\(name)(x text) RETURNS \(type) IMMUTABLE STRICT LANGUAGE plpgsql AS
            $$ BEGIN RETURN x::\(type); EXCEPTION WHEN data_exception THEN RETURN NULL; END $$
            """
        }

    private static func sql(_ head: String, _ result: String, _ body: String, strict: Bool = true) -> String {
        """
        CREATE FUNCTION \(schema).\(head) RETURNS \(result) IMMUTABLE \(strict ? "STRICT" : "") LANGUAGE sql AS
        $$ SELECT \(body) $$
        """
    }

    /// A number cut to a range around zero as two's complement does.
    private static func wrap(_ half: UInt128, _ whole: UInt128) -> String {
        "(mod(mod(x + \(half), \(whole)) + \(whole), \(whole)) - \(half))"
    }
}
