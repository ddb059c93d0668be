/// Finds the table for a topic in the target's catalog, makes what may be made, and says what is missing.
struct TableChecks {
    private let connection: PostgresConnection
    private let layout: TableLayout
    private let settings: PostgresSettings

    init(_ connection: PostgresConnection, _ layout: TableLayout, _ settings: PostgresSettings) {
        self.connection = connection
        self.layout = layout
        self.settings = settings
    }

    /// A table of the catalog.
    private struct Found {
        let oid: Int64
        let name: String
        let kind: String
        let missingRights: [String]
        let mayStage: Bool
    }

    /// The table with its columns.
    /// - Parameter changing: false only looks: a table or column that could be made is taken as there.
    /// - Returns: nil when the table is not there and could be made.
    /// - Throws: ``PostgresError`` that says what is missing, and the statement that would do.
    func run(changing: Bool) throws(PostgresError) -> TargetTable? {
        var table = try find()
        if table == nil {
            guard settings.createsTables else { throw noTable() }
            guard changing else {
                try checkMayCreate()
                return nil
            }
            try connection.execute(creation)
            table = try find()
        }
        guard let table else { throw noTable() }
        try check(table)
        var columns = try columns(of: table)
        let missing = layout.columns.filter { TableChecks.match($0.name, columns) == nil }
        if !missing.isEmpty {
            guard settings.addsColumns, missing.allSatisfy({ !isKey($0) }) else {
                throw noColumns(missing, table, columns)
            }
            guard changing else { return nil }
            try connection.execute(addition(missing, to: table.name))
            columns = try self.columns(of: table)
        }
        let matched = try match(columns, table)
        try checkOthers(columns, matched, table)
        if layout.insertMode == .upsert { try checkKey(matched, table) }
        return TargetTable(layout: layout, name: table.name, columns: matched, mayStage: table.mayStage)
    }

    private func isKey(_ column: LayoutColumn) -> Bool { layout.key.contains { $0.name == column.name } }

    // MARK: The table

    private func find() throws(PostgresError) -> Found? {
        for candidate in layout.table.candidates {
            let result = try connection.execute(
                """
                SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind,
                    array_to_string(ARRAY(
                        SELECT r FROM unnest($2::text[]) r
                        WHERE NOT has_table_privilege(c.oid, r)
                            AND (r = 'DELETE' OR NOT has_any_column_privilege(c.oid, r))
                    ), ','),
                    has_database_privilege(current_database(), 'TEMPORARY')
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)
                """,
                [candidate, "{\(rights.joined(separator: ","))}"]
            )
            guard result.rowCount == 1 else { continue }
            return Found(
                oid: result.integer(0, 0),
                name: result.text(0, 1) ?? candidate,
                kind: result.text(0, 2) ?? "",
                missingRights: SettingReader.list(result.text(0, 3) ?? ""),
                mayStage: result.flag(0, 4)
            )
        }
        return nil
    }

    /// What the sink does with the table; finding rows by key and ON CONFLICT read it.
    private var rights: [String] {
        switch layout.insertMode {
        case .insert: ["INSERT"]
        case .upsert: ["INSERT", "SELECT", "UPDATE"] + (layout.deletes ? ["DELETE"] : [])
        case .update: ["SELECT", "UPDATE"] + (layout.deletes ? ["DELETE"] : [])
        }
    }

    private func check(_ table: Found) throws(PostgresError) {
        guard table.kind == "r" || table.kind == "p" else {
            let kinds = ["v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence"]
            throw PostgresError(
                .target,
                "\(table.name) is \(kinds[table.kind] ?? "no table"), expected a table",
                sqlstate: "42809",
                hint: "'table.name.format' = 'another_table'"
            )
        }
        guard table.missingRights.isEmpty else {
            let list = table.missingRights.joined(separator: ", ")
            throw PostgresError(
                .target,
                "no right to \(list) on table \(table.name)",
                sqlstate: "42501",
                hint: "GRANT \(list) ON \(table.name) TO \(try role());"
            )
        }
    }

    private func role() throws(PostgresError) -> String {
        let result = try connection.execute("SELECT quote_ident(current_user)")
        return result.text(0, 0) ?? "CURRENT_USER"
    }

    private func noTable() -> PostgresError {
        PostgresError(
            .target,
            "table \(layout.table.candidates.joined(separator: " or ")) for topic '\(layout.topic.topic)' does not exist",
            sqlstate: "42P01",
            hint: "'auto.create' = 'true', or: \(creation);"
        )
    }

    private func checkMayCreate() throws(PostgresError) {
        let result = try connection.execute(
            """
            SELECT n, to_regnamespace(quote_ident(n)) IS NOT NULL,
                coalesce(has_schema_privilege(to_regnamespace(quote_ident(n)), 'CREATE'), false)
            FROM (SELECT coalesce($1, current_schema()) n) s
            """,
            [layout.table.schema]
        )
        let schema = result.text(0, 0) ?? "public"
        guard result.flag(0, 1) else {
            throw PostgresError(
                .target,
                "schema \(schema) does not exist",
                sqlstate: "3F000",
                hint: "CREATE SCHEMA \(TableName.quoted(schema));"
            )
        }
        guard result.flag(0, 2) else {
            throw PostgresError(
                .target,
                "no right to create a table in schema \(schema)",
                sqlstate: "42501",
                hint: "GRANT CREATE ON SCHEMA \(TableName.quoted(schema)) TO \(try role()); or: \(creation);"
            )
        }
    }

    /// CREATE TABLE for the layout.
    private var creation: String {
        var lines = layout.columns.map { "\(TableName.quoted($0.name)) \($0.type.declaration)" }
        if layout.keyCount > 0 {
            lines.append("PRIMARY KEY (\(layout.key.map { TableName.quoted($0.name) }.joined(separator: ", ")))")
        }
        return "CREATE TABLE IF NOT EXISTS \(layout.table.created) (\(lines.joined(separator: ", ")))"
    }

    // MARK: Its columns

    private func columns(of table: Found) throws(PostgresError) -> [TargetTable.Column] {
        let result = try connection.execute(
            """
            SELECT a.attname, format_type(a.atttypid, NULL), coalesce(b.typname, t.typname),
                CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, a.attnotnull OR t.typnotnull,
                a.atthasdef OR a.attidentity <> '', a.attgenerated <> '' OR a.attidentity = 'a', a.attnum
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
            WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """,
            ["\(table.oid)"]
        )
        var columns: [TargetTable.Column] = []
        for row in 0..<result.rowCount {
            columns.append(
                TargetTable.Column(
                    name: result.text(row, 0) ?? "",
                    castName: result.text(row, 1) ?? "text",
                    typeName: result.text(row, 2) ?? "",
                    modifier: Int(result.integer(row, 3)),
                    isNotNull: result.flag(row, 4),
                    hasDefault: result.flag(row, 5),
                    isGenerated: result.flag(row, 6),
                    number: Int(result.integer(row, 7))
                )
            )
        }
        return columns
    }

    /// The column of that name, spelled the same if there is one, otherwise without regard to case.
    private static func match(_ name: String, _ columns: [TargetTable.Column]) -> TargetTable.Column? {
        if let exact = columns.first(where: { $0.name == name }) { return exact }
        let close = columns.filter { $0.name.lowercased() == name.lowercased() }
        return close.count == 1 ? close[0] : nil
    }

    private func match(_ columns: [TargetTable.Column], _ table: Found) throws(PostgresError) -> [TargetTable.Column] {
        var matched: [TargetTable.Column] = []
        for wanted in layout.columns {
            guard let column = TableChecks.match(wanted.name, columns) else {
                throw noColumns([wanted], table, columns)
            }
            let name = "\(table.name).\(TableName.quoted(column.name))"
            guard !column.isGenerated else {
                throw PostgresError(
                    .target,
                    "column \(name) is generated, so that it cannot be written",
                    sqlstate: "428C9",
                    hint: "leave it out with 'fields.whitelist'"
                )
            }
            guard wanted.type.fits(column.typeName, modifier: column.modifier) else {
                throw PostgresError(
                    .target,
                    "column \(name) is \(column.castName), which does not hold every \(wanted.type.declaration)",
                    sqlstate: "42804",
                    hint: "ALTER TABLE \(table.name) ALTER COLUMN \(TableName.quoted(column.name)) "
                        + "TYPE \(wanted.type.declaration);"
                )
            }
            matched.append(column)
        }
        return matched
    }

    private func noColumns(_ missing: [LayoutColumn], _ table: Found, _ columns: [TargetTable.Column]) -> PostgresError
    {
        let names = missing.map { TableName.quoted($0.name) }.joined(separator: ", ")
        let nearest = missing.first.flatMap { SettingNames.nearest($0.name, among: columns.map(\.name)) }
        return PostgresError(
            .target,
            "table \(table.name) has no column \(names)"
                + (nearest.map { " (there is \(TableName.quoted($0)))" } ?? ""),
            sqlstate: "42703",
            hint: addition(missing, to: table.name) + "; or 'auto.evolve' = 'true'"
        )
    }

    private func addition(_ missing: [LayoutColumn], to table: String) -> String {
        let parts = missing.map { "ADD COLUMN IF NOT EXISTS \(TableName.quoted($0.name)) \($0.type.declaration)" }
        return "ALTER TABLE \(table) \(parts.joined(separator: ", "))"
    }

    /// Columns that the sink does not write must be able to do without a value.
    private func checkOthers(
        _ columns: [TargetTable.Column],
        _ matched: [TargetTable.Column],
        _ table: Found
    ) throws(PostgresError) {
        guard layout.insertMode != .update else { return }
        let written = Set(matched.map(\.number))
        for column in columns
        where !written.contains(column.number) && column.isNotNull && !column.hasDefault && !column.isGenerated {
            let name = TableName.quoted(column.name)
            throw PostgresError(
                .target,
                "column \(table.name).\(name) is NOT NULL without a default, and the topic has no such column",
                sqlstate: "23502",
                hint: "ALTER TABLE \(table.name) ALTER COLUMN \(name) DROP NOT NULL;"
            )
        }
    }

    /// ON CONFLICT needs a unique index over exactly the key.
    private func checkKey(_ matched: [TargetTable.Column], _ table: Found) throws(PostgresError) {
        let key = matched[..<layout.keyCount]
        let result = try connection.execute(
            """
            SELECT i.indkey::text, i.indnkeyatts FROM pg_index i
            WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
                AND i.indpred IS NULL AND i.indexprs IS NULL
            """,
            ["\(table.oid)"]
        )
        for row in 0..<result.rowCount {
            let numbers = (result.text(row, 0) ?? "").split(separator: " ").compactMap { Int($0) }
            if Set(numbers.prefix(Int(result.integer(row, 1)))) == Set(key.map(\.number)) { return }
        }
        let list = key.map { TableName.quoted($0.name) }.joined(separator: ", ")
        throw PostgresError(
            .target,
            "table \(table.name) has no primary key or unique index over (\(list)), so that rows cannot be upserted",
            sqlstate: "42P10",
            hint: "ALTER TABLE \(table.name) ADD PRIMARY KEY (\(list));"
        )
    }
}
