import Functions
import Values

extension Cast {
    /// Any type as STRING.
    func texts(_ column: Column) -> Column {
        var text = TextBuilder(rows: column.count)
        switch column.type {
        case .integer:
            let values = column.values(as: Int32.self)
            for row in 0..<column.count { write(row, column, &text) { $0.append(number: Int64(values[row])) } }
        case .bigint:
            let values = column.values(as: Int64.self)
            for row in 0..<column.count { write(row, column, &text) { $0.append(number: values[row]) } }
        case .double:
            let values = column.values(as: Double.self)
            for row in 0..<column.count { write(row, column, &text) { $0.append(double: values[row]) } }
        default:
            for row in 0..<column.count { write(row, column, &text) { $0.append(rowOf: column, row) } }
        }
        return text.finish()
    }

    @inline(__always)
    private func write(_ row: Int, _ column: Column, _ text: inout TextBuilder, _ body: (inout ByteWriter) -> Void) {
        if column.isNull(row) {
            text.endNull()
        } else {
            body(&text.bytes)
            text.endRow()
        }
    }

    /// STRING as another type.
    func parsed(_ column: Column, _ type: SQLType) -> Column {
        switch type {
        case .decimal where type.isWideDecimal:
            return decimals(column, type, { TextReader.decimal(column.bytes($0)) }) {
                complaint(column.bytes($0), type)
            }
        case .boolean: return read(column, type, UInt8(0)) { TextReader.boolean($0) ? 1 : 0 }
        case .integer: return read(column, type, Int32(0)) { TextReader.integer($0) }
        case .bigint: return read(column, type, Int64(0)) { TextReader.bigint($0) }
        case .double: return read(column, type, Double(0)) { TextReader.double($0) }
        case .decimal(let precision, let scale):
            return read(column, type, Int128(0)) {
                TextReader.decimal($0)?.fitted(precision: precision, scale: scale)?.unscaled.narrow
            }
        case .time: return read(column, type, Int32(0)) { TimeReader.time($0) }
        case .date: return read(column, type, Int32(0)) { TimeReader.date($0) }
        case .timestamp: return read(column, type, Int64(0)) { TimeReader.timestamp($0) }
        default: return decoded(column)
        }
    }

    @inline(__always)
    private func read<R: BitwiseCopyable>(
        _ column: Column,
        _ type: SQLType,
        _ zero: R,
        _ body: (UnsafeRawBufferPointer) -> R?
    ) -> Column {
        let data = Buffer(capacity: column.count * MemoryLayout<R>.stride)
        let out = data.base.assumingMemoryBound(to: R.self)
        var validity = column.validity
        for row in 0..<column.count {
            out[row] = zero
            if column.isNull(row) { continue }
            if let value = body(column.bytes(row)) {
                out[row] = value
            } else {
                validity = refuse(row, validity, column.validity, column.count, complaint(column.bytes(row), type))
            }
        }
        return Column(type: type, count: column.count, validity: validity, data: data)
    }

    /// STRING in base64 as BYTES.
    private func decoded(_ column: Column) -> Column {
        var bytes = TextBuilder(rows: column.count, type: .bytes)
        for row in 0..<column.count {
            if column.isNull(row) {
                bytes.endNull()
            } else if let value = TextReader.base64(column.bytes(row)) {
                value.withUnsafeBytes { bytes.bytes.append($0) }
                bytes.endRow()
            } else {
                fail(row, complaint(column.bytes(row), .bytes))
                bytes.endNull()
            }
        }
        return bytes.finish()
    }

    private func complaint(_ text: UnsafeRawBufferPointer, _ type: SQLType) -> String {
        let shown = String(decoding: text.prefix(60), as: UTF8.self)
        return "invalid input syntax for type \(type): \"\(shown)\""
    }
}
