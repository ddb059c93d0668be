import Parser
import Runtime
import Values

extension Planning {
    /// The stream or table that a statement writes to.
    /// - Throws: when it does not exist or cannot be written.
    func writable(_ name: SourceName) throws(PlanError) -> SourceDescription {
        guard let source = catalog.source(name.text) else { throw catalog.unknownSource(name) }
        let kind = source.kind.rawValue.lowercased()
        if source.isReadOnly {
            throw PlanError(
                SQLState.readOnly,
                "\(quotedIdentifier(source.name)) is a read-only source: nothing can be written to it",
                at: name.position,
                hint: "CREATE \(source.kind.rawValue) without SOURCE makes one that can be written"
            )
        }
        if source.window != nil {
            throw PlanError(
                SQLState.wrongKind,
                "the \(kind) \(quotedIdentifier(source.name)) has windowed keys, which cannot be inserted",
                at: name.position,
                hint: "insert into the stream that its windows are made from"
            )
        }
        return source
    }

    func insertRecords(_ insert: InsertRecords) throws(PlanError) -> PlannedStatement {
        let target = try writable(insert.target)
        return .bulkInsert(
            BulkInsertPlan(
                target: target,
                layout: target.layout(wanted: Array(target.valueFields.indices)),
                format: insert.format,
                isStrict: insert.isStrict
            )
        )
    }

    func insertValues(_ insert: InsertValues, at position: SourcePosition) throws(PlanError) -> InsertValuesPlan {
        let target = try writable(insert.target)
        let schema = target.schema
        let columns = try insertedColumns(insert, target, at: position)
        var row = [Value](repeating: .null, count: schema.fields.count)
        var rowTime: Int64?
        for (column, syntax) in zip(columns, insert.values) {
            switch column {
            case .field(let index):
                row[index] = try value(syntax, for: schema.fields[index], of: target)
            case .rowTime:
                let value = try value(syntax, for: Schema.Field("ROWTIME", .bigint), of: target)
                guard case .bigint(let time) = value, time >= 0 else {
                    throw PlanError(
                        SQLState.invalidText,
                        "ROWTIME must be milliseconds since 1970, 0 or more, not \(Expression.literal(value, .bigint))",
                        at: syntax.position,
                        hint: "UNIX_TIMESTAMP(TIMESTAMP '2026-08-31T23:59:58') gives milliseconds"
                    )
                }
                rowTime = time
            }
        }
        try checkPrimaryKey(row, target, insert, at: position)
        let batch = Batch(
            schema: schema,
            count: 1,
            columns: zip(schema.fields, row).map { Column.of($0.type, [$1]) },
            timestamps: Column.of(.bigint, [.bigint(rowTime ?? 0)])
        )
        return InsertValuesPlan(
            target: target,
            layout: target.layout(wanted: Array(target.valueFields.indices)),
            row: batch,
            rowTime: rowTime
        )
    }

    /// What a value of INSERT goes into.
    private enum InsertedColumn: Hashable {
        case field(Int)
        case rowTime
    }

    private func insertedColumns(_ insert: InsertValues, _ target: SourceDescription, at position: SourcePosition)
        throws(PlanError) -> [InsertedColumn]
    {
        let schema = target.schema
        let columns: [InsertedColumn]
        if insert.columns.isEmpty {
            columns = schema.fields.indices.map { .field($0) }
        } else {
            var named: [InsertedColumn] = []
            for column in insert.columns { named.append(try insertedColumn(column, target, named)) }
            columns = named
        }
        guard columns.count == insert.values.count else {
            let names = insert.columns.isEmpty ? schema.fields.map(\.name) : insert.columns.map(\.text)
            throw PlanError(
                SQLState.syntax,
                "\(quotedIdentifier(target.name)) has \(counted(columns.count, "column")), "
                    + "but there \(insert.values.count == 1 ? "is" : "are") \(counted(insert.values.count, "value"))",
                at: insert.values.first?.position ?? position,
                detail: "the columns are \(names.map(quotedIdentifier).joined(separator: ", "))",
                hint: "name those that have values: INSERT INTO \(quotedIdentifier(target.name)) "
                    + "(\(names.prefix(insert.values.count).map(quotedIdentifier).joined(separator: ", "))) VALUES …"
            )
        }
        return columns
    }

    private func insertedColumn(_ name: Identifier, _ target: SourceDescription, _ before: [InsertedColumn])
        throws(PlanError) -> InsertedColumn
    {
        let schema = target.schema
        let text = quotedIdentifier(name.text)
        var column: InsertedColumn?
        if let index = schema.index(of: name.text) { column = .field(index) }
        if name.text == "ROWTIME" { column = .rowTime }
        guard let column else {
            let isForbidden =
                Scope.pseudoColumns.contains(name.text) || target.headers.contains { $0.name == name.text }
            throw PlanError(
                isForbidden ? SQLState.readOnly : SQLState.unknownColumn,
                isForbidden
                    ? "\(text) cannot be inserted: it comes from the record itself"
                    : "there is no column named \(text) in \(quotedIdentifier(target.name))",
                at: name.position,
                hint: isForbidden
                    ? "leave it out\(target.headers.isEmpty ? ", ROWTIME can be given" : "")"
                    : didYouMean(name.text, among: schema.fields.map(\.name))
                        ?? "the columns are \(schema.fields.map { quotedIdentifier($0.name) }.joined(separator: ", "))"
            )
        }
        guard !before.contains(column) else {
            throw PlanError(
                SQLState.duplicateColumn,
                "column \(text) is named twice",
                at: name.position,
                hint: "leave one of them and its value out"
            )
        }
        return column
    }

    private func checkPrimaryKey(
        _ row: [Value],
        _ target: SourceDescription,
        _ insert: InsertValues,
        at position: SourcePosition
    ) throws(PlanError) {
        guard target.kind == .table else { return }
        for (value, field) in zip(row, target.keyFields) where value.isNull {
            throw PlanError(
                SQLState.nullNotAllowed,
                "the primary key column \(quotedIdentifier(field.name)) needs a value",
                at: insert.columns.first?.position ?? insert.values.first?.position ?? position,
                hint: "a row of a table is found by its key: INSERT INTO \(quotedIdentifier(target.name)) "
                    + "(\(quotedIdentifier(field.name)), …) VALUES (…)"
            )
        }
    }

    /// The value of an expression without columns, converted to a column's type where nothing is lost.
    func value(_ syntax: SyntaxExpression, for field: Schema.Field, of target: SourceDescription)
        throws(PlanError) -> Value
    {
        let typer = analyzer(.persistent).typer(Scope(sources: [])).inClause("VALUES")
        if let column = syntax.firstColumn {
            throw PlanError(
                SQLState.invalidColumnReference,
                "VALUES cannot refer to column \(quotedIdentifier(column.text))",
                at: column.position,
                hint: "texts stand in single quotes: '\(column.spelling)'"
            )
        }
        let expression = try typer.type(syntax)
        if syntax.isNullLiteral { return .null }
        guard let value = expression.value() else {
            throw PlanError(
                SQLState.dataException,
                "the value for column \(quotedIdentifier(field.name)) cannot be computed: \(expression)",
                at: syntax.position,
                detail: expression.failure
            )
        }
        if let converted = value.inserted(as: field.type, from: expression.type) { return converted }
        if case .string(let text) = value, [.date, .time, .timestamp, .bytes].contains(field.type) {
            // Not a wrong type but a wrong text: this throws.
            return try typer.constant(text, as: field.type, at: syntax.position)
        }
        if case .decimal(let precision, let scale) = field.type, expression.type.isNumeric, expression.type != .double {
            throw PlanError(
                SQLState.outOfRange,
                "\(Expression.literal(value, expression.type)) does not fit column "
                    + "\(quotedIdentifier(field.name)) of type \(field.type)",
                at: syntax.position,
                hint: "it holds \(counted(precision - scale, "digit")) before the point and \(scale) behind it"
            )
        }
        throw PlanError(
            SQLState.typeMismatch,
            "column \(quotedIdentifier(field.name)) is \(field.type), and the value is \(expression.type)",
            at: syntax.position,
            detail: "the value is \(Expression.literal(value, expression.type))",
            hint: field.name == "ROWTIME" && [.string, .timestamp].contains(expression.type)
                ? "UNIX_TIMESTAMP(TIMESTAMP '2026-08-31T23:59:58') gives milliseconds"
                : conversion(of: expression, to: field.type)
        )
    }
}

/// What makes an expression one of another type; nil when nothing does.
func conversion(of expression: Expression, to target: SQLType) -> String? {
    switch (expression.type, target) {
    case (.integer, .timestamp), (.bigint, .timestamp): "FROM_UNIXTIME(\(expression)) converts milliseconds"
    case (.timestamp, .integer), (.timestamp, .bigint): "UNIX_TIMESTAMP(\(expression)) gives milliseconds"
    case (.integer, .date), (.bigint, .date): "FROM_DAYS(\(expression)) converts days since 1970"
    case (.bytes, .string): "FROM_BYTES(\(expression), 'utf8') reads text, 'hex' and 'base64' write it"
    default: expression.castHint(to: target)
    }
}

extension SyntaxExpression {
    /// The first column that the expression names; parameters of lambdas are none.
    fileprivate var firstColumn: Identifier? {
        switch kind {
        case .column(_, let name): return name
        case .lambda: return nil
        default:
            var found: Identifier?
            kind.forEachChild { part in found = found ?? part.firstColumn }
            return found
        }
    }
}

extension Value {
    /// The value as a column of the type takes it; nil when it would lose something.
    func inserted(as type: SQLType, from: SQLType) -> Value? {
        if isNull || type == from { return self }
        switch (self, type) {
        case (.integer(let number), .bigint): return .bigint(Int64(number))
        case (.integer(let number), .double): return .double(Double(number))
        case (.bigint(let number), .double): return .double(Double(number))
        case (.integer(let number), .decimal): return Value.exact(Decimal(unscaled: Int128(number), scale: 0), type)
        case (.bigint(let number), .decimal): return Value.exact(Decimal(unscaled: Int128(number), scale: 0), type)
        case (.decimal(let number), .decimal): return Value.exact(number, type)
        case (.decimal(let number), .double): return .double(number.doubleValue)
        case (.string, .date), (.string, .time), (.string, .timestamp), (.string, .bytes):
            return Expression.cast(.literal(self, .string), type).constantValue().flatMap { $0.isNull ? nil : $0 }
        default: return insertedParts(as: type, from: from)
        }
    }

    private static func exact(_ number: Decimal, _ type: SQLType) -> Value? {
        guard case .decimal(let precision, let scale) = type,
            let fitted = number.fitted(precision: precision, scale: scale)
        else { return nil }
        // Rescaling rounds; only a number that comes back unchanged was exact.
        return fitted.order(number) == 0 ? .decimal(fitted) : nil
    }

    private func insertedParts(as type: SQLType, from: SQLType) -> Value? {
        switch (self, type, from) {
        case (.array(let items), .array(let element), .array(let own)):
            let parts = items.compactMap { $0.inserted(as: element, from: own) }
            return parts.count == items.count ? .array(parts) : nil
        case (.map(let entries), .map(let key, let value), .map(let ownKey, let ownValue)):
            let parts = entries.compactMap { entry -> Values.MapEntry? in
                guard let k = entry.key.inserted(as: key, from: ownKey),
                    let v = entry.value.inserted(as: value, from: ownValue)
                else { return nil }
                return Values.MapEntry(k, v)
            }
            return parts.count == entries.count ? .map(parts) : nil
        case (.structure(let values), .structure(let fields), .structure(let own)):
            guard own.allSatisfy({ field in fields.contains { $0.name == field.name } }) else { return nil }
            let parts = fields.map { field -> Value? in
                guard let index = own.firstIndex(where: { $0.name == field.name }) else { return .null }
                return values[index].inserted(as: field.type, from: own[index].type)
            }
            return parts.contains(nil) ? nil : .structure(parts.compactMap { $0 })
        default: return nil
        }
    }
}
