/// A table of the target that was found to fit, and the statements that change it.
struct TargetTable {
    /// A column as the server's catalog has it.
    struct Column {
        let name: String
        /// The type's name as a cast writes it, without length or precision.
        let castName: String
        /// The type's name in pg_type, of the type under it for a domain.
        let typeName: String
        /// Length or precision, -1 for none.
        let modifier: Int
        let isNotNull: Bool
        let hasDefault: Bool
        let isGenerated: Bool
        let number: Int
    }

    let layout: TableLayout
    /// Schema and name in quotes.
    let name: String
    /// The target's column for each column of the layout.
    let columns: [Column]
    /// False where the role must not make temporary tables, so that large batches go as arrays, too.
    let mayStage: Bool

    /// The rows of arrays, a parameter for each column, or the ones of the key.
    private func arrays(_ count: Int) -> String {
        let parameters = (0..<count).map { "$\($0 + 1)::\(layout.columns[$0].type.name)[]" }
        let names = (0..<count).map { "c\($0)" }
        return "unnest(\(parameters.joined(separator: ", "))) AS s(\(names.joined(separator: ", ")))"
    }

    /// The temporary table that COPY fills: `number` tells a session's tables apart.
    func staging(_ number: Int) -> (name: String, create: String, copy: String) {
        let name = "pg_temp.weir_rows_\(number)"
        let columns = layout.columns.indices.map { "c\($0) \(layout.columns[$0].type.name)" }
        return (
            name,
            "CREATE TEMPORARY TABLE weir_rows_\(number) (\(columns.joined(separator: ", "))) ON COMMIT DELETE ROWS",
            "COPY \(name) FROM STDIN (FORMAT binary)"
        )
    }

    /// The statement that COPYs straight into the table; nil where values must be cast, or rows merged.
    var directCopy: String? {
        guard layout.insertMode == .insert else { return nil }
        for (wanted, column) in zip(layout.columns, columns) where wanted.type.catalogName != column.typeName {
            return nil
        }
        return "COPY \(name) (\(columnList)) FROM STDIN (FORMAT binary)"
    }

    /// Writes the rows of arrays.
    var writeArrays: String { write(from: arrays(columns.count)) }

    /// Writes the rows of a staging table.
    func writeStaged(_ number: Int) -> String { write(from: "\(staging(number).name) AS s") }

    /// Deletes the rows whose keys are in arrays.
    var deleteArrays: String {
        "DELETE FROM \(name) AS t USING \(arrays(layout.keyCount)) WHERE \(isSameKey)"
    }

    private var columnList: String { columns.map { TableName.quoted($0.name) }.joined(separator: ", ") }

    private var isSameKey: String {
        (0..<layout.keyCount).map { index in
            "t.\(TableName.quoted(columns[index].name)) = s.c\(index)::\(columns[index].castName)"
        }.joined(separator: " AND ")
    }

    private func value(_ index: Int) -> String {
        let needsCast = layout.columns[index].type.needsCast(to: columns[index].typeName)
        return "s.c\(index)" + (needsCast ? "::\(columns[index].castName)" : "")
    }

    private func write(from rows: String) -> String {
        if layout.insertMode == .update {
            let changes = (layout.keyCount..<columns.count).map {
                "\(TableName.quoted(columns[$0].name)) = \(value($0))"
            }
            return "UPDATE \(name) AS t SET \(changes.joined(separator: ", ")) FROM \(rows) WHERE \(isSameKey)"
        }
        let values = columns.indices.map(value).joined(separator: ", ")
        let insert = "INSERT INTO \(name) AS t (\(columnList)) SELECT \(values) FROM \(rows)"
        guard layout.insertMode == .upsert else { return insert }
        let key = columns[..<layout.keyCount].map { TableName.quoted($0.name) }.joined(separator: ", ")
        let changes = columns[layout.keyCount...].map { column in
            let name = TableName.quoted(column.name)
            return "\(name) = EXCLUDED.\(name)"
        }
        let action = changes.isEmpty ? "NOTHING" : "UPDATE SET \(changes.joined(separator: ", "))"
        return "\(insert) ON CONFLICT (\(key)) DO \(action)"
    }
}

extension WireType {
    /// The name in pg_type.
    var catalogName: String {
        switch self {
        case .bool: "bool"
        case .int4: "int4"
        case .int8: "int8"
        case .float8: "float8"
        case .numeric: "numeric"
        case .text: "text"
        case .bytea: "bytea"
        case .date: "date"
        case .time: "time"
        case .timestamptz: "timestamptz"
        case .jsonb: "jsonb"
        }
    }
}
