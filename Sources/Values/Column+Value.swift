extension Column {
    /// Row `row` as a plain value.
    public func value(at row: Int) -> Value {
        if isNull(row) { return .null }
        switch type {
        case .boolean: return .boolean(values(as: UInt8.self)[row] != 0)
        case .integer: return .integer(values(as: Int32.self)[row])
        case .bigint: return .bigint(values(as: Int64.self)[row])
        case .double: return .double(values(as: Double.self)[row])
        case .decimal: return .decimal(decimal(row))
        case .string: return .string(String(decoding: bytes(row), as: UTF8.self))
        case .bytes: return .bytes([UInt8](bytes(row)))
        case .time: return .time(values(as: Int32.self)[row])
        case .date: return .date(values(as: Int32.self)[row])
        case .timestamp: return .timestamp(values(as: Int64.self)[row])
        case .array:
            return .array((Int(offsets[row])..<Int(offsets[row + 1])).map { children[0].value(at: $0) })
        case .map:
            return .map(
                (Int(offsets[row])..<Int(offsets[row + 1])).map {
                    MapEntry(children[0].value(at: $0), children[1].value(at: $0))
                }
            )
        case .structure:
            return .structure(children.map { $0.value(at: row) })
        }
    }

    /// A column of `type` that holds `values`, each of that type or NULL.
    public static func of(_ type: SQLType, _ values: [Value]) -> Column {
        let builder = ColumnBuilder(type, capacity: values.count)
        for value in values { builder.append(value) }
        return builder.finish()
    }

    /// `count` rows of the same value.
    public static func constant(_ type: SQLType, _ value: Value, count: Int) -> Column {
        let builder = ColumnBuilder(type, capacity: count)
        for _ in 0..<count { builder.append(value) }
        return builder.finish()
    }
}

extension ColumnBuilder {
    /// Appends a plain value; it must be NULL or of the builder's type.
    public func append(_ value: Value) {
        switch value {
        case .null: appendNull()
        case .boolean(let flag): append(boolean: flag)
        case .integer(let number), .time(let number), .date(let number): append(number)
        case .bigint(let number), .timestamp(let number): append(number)
        case .double(let number): append(number)
        case .decimal(let number):
            append(decimal: number)
        case .string(let text): append(string: text)
        case .bytes(let bytes): bytes.withUnsafeBytes { append(bytes: $0) }
        case .array(let elements):
            for element in elements { children[0].append(element) }
            appendComposite()
        case .map(let entries):
            for entry in entries {
                children[0].append(entry.key)
                children[1].append(entry.value)
            }
            appendComposite()
        case .structure(let fields):
            for (child, field) in zip(children, fields) { child.append(field) }
            appendComposite()
        }
    }
}
