import Values

extension ByteWriter {
    /// Appends a text in quotes, with escapes where JSON needs them.
    mutating func append(json text: String) { withBytes(text) { append(json: $0) } }

    /// Appends UTF-8 in quotes, with escapes where JSON needs them.
    mutating func append(json text: UnsafeRawBufferPointer) {
        append(0x22)
        for byte in text {
            switch byte {
            case 0x22, 0x5C:
                append(0x5C)
                append(byte)
            case 0x08: append("\\b")
            case 0x09: append("\\t")
            case 0x0A: append("\\n")
            case 0x0C: append("\\f")
            case 0x0D: append("\\r")
            case 0..<0x20:
                append("\\u00")
                append(hex: byte, upper: true)
            default: append(byte)
            }
        }
        append(0x22)
    }

    /// Appends a row as JSON: the fields of structs and the keys of maps in order, times as ISO text, BYTES in base64.
    mutating func append(jsonOf column: Column, _ row: Int) {
        if column.isNull(row) {
            append("null")
            return
        }
        switch column.type {
        case .string: append(json: column.bytes(row))
        case .boolean, .integer, .bigint, .decimal: append(rowOf: column, row)
        case .double:
            let isFinite = column.values(as: Double.self)[row].isFinite
            if !isFinite { append(0x22) }
            append(rowOf: column, row)
            if !isFinite { append(0x22) }
        case .time, .date, .timestamp, .bytes:
            append(0x22)
            append(rowOf: column, row)
            append(0x22)
        case .array: append(jsonArrayOf: column, row)
        case .map: append(jsonMapOf: column, row)
        case .structure(let fields):
            append(0x7B)
            let sorted = zip(fields, column.children).sorted { $0.0.name < $1.0.name }
            for (index, (field, child)) in sorted.enumerated() {
                if index > 0 { append(0x2C) }
                append(json: field.name)
                append(0x3A)
                append(jsonOf: child, row)
            }
            append(0x7D)
        }
    }

    private mutating func append(jsonArrayOf column: Column, _ row: Int) {
        append(0x5B)
        let range = Int(column.offsets[row])..<Int(column.offsets[row + 1])
        for index in range {
            if index > range.lowerBound { append(0x2C) }
            append(jsonOf: column.children[0], index)
        }
        append(0x5D)
    }

    private mutating func append(jsonMapOf column: Column, _ row: Int) {
        append(0x7B)
        let keys = column.children[0]
        let entries = (Int(column.offsets[row])..<Int(column.offsets[row + 1])).sorted { keys.order($0, keys, $1) < 0 }
        for (index, entry) in entries.enumerated() {
            if index > 0 { append(0x2C) }
            // A key that is not text is written as text.
            let isText = keys.type == .string
            if isText { append(json: keys.bytes(entry)) } else { append(0x22) }
            if !isText {
                append(rowOf: keys, entry)
                append(0x22)
            }
            append(0x3A)
            append(jsonOf: column.children[1], entry)
        }
        append(0x7D)
    }
}
