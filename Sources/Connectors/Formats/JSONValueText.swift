import Values

/// Writes single values of spelled columns as JSON.
enum JSONValueText {
    /// Appends a short run of bytes; 16 bytes behind it must be readable.
    @inline(__always)
    static func appendShort(_ source: UnsafeRawPointer, _ count: Int, to out: inout ByteArena) {
        out.reserve(count &+ 16)
        let target = out.end
        var position = 0
        while position < count {
            (target + position).storeBytes(
                of: source.loadUnaligned(fromByteOffset: position, as: SIMD2<UInt64>.self),
                as: SIMD2<UInt64>.self
            )
            position &+= 16
        }
        out.advance(count)
    }

    /// Appends the value of row `row` of the column that `columns` points at.
    @inline(__always)
    static func append(_ columns: UnsafePointer<SpelledColumn>, _ row: Int, to out: inout ByteArena) {
        if columns.pointee.isNull(row) {
            out.append(null)
            return
        }
        switch columns.pointee.spelling {
        case .int64:
            out.append(integer: columns.pointee.load(row, as: Int64.self))
        case .int32:
            out.append(integer: Int64(columns.pointee.load(row, as: Int32.self)))
        case .string:
            let offsets = columns.pointee.offsets.unsafelyUnwrapped
            let start = Int(offsets[row])
            JSONString.append(
                columns.pointee.values.unsafelyUnwrapped + start,
                Int(offsets[row + 1]) &- start,
                to: &out
            )
        default:
            appendOther(columns, row, to: &out)
        }
    }

    @inline(never)
    private static func appendOther(_ columns: UnsafePointer<SpelledColumn>, _ row: Int, to out: inout ByteArena) {
        switch columns.pointee.spelling {
        case .boolean:
            if columns.pointee.load(row, as: UInt8.self) != 0 { out.append("true") } else { out.append("false") }
        case .double: appendDouble(columns.pointee.load(row, as: Double.self), to: &out)
        case .decimalNumber, .decimalText: appendDecimal(columns.pointee, row, to: &out)
        case .base64:
            let offsets = columns.pointee.offsets.unsafelyUnwrapped
            let start = Int(offsets[row])
            let bytes = UnsafeRawBufferPointer(
                start: columns.pointee.values.unsafelyUnwrapped + start,
                count: Int(offsets[row + 1]) - start
            )
            out.append(UInt8(ascii: "\""))
            Base64.append(bytes, to: &out)
            out.append(UInt8(ascii: "\""))
        case .isoDate, .isoTime, .isoTimestamp:
            out.append(UInt8(ascii: "\""))
            appendTime(columns.pointee, row, to: &out)
            out.append(UInt8(ascii: "\""))
        case .list: appendList(columns, row, to: &out)
        case .map: appendMap(columns, row, to: &out)
        case .structure: appendStructure(columns, row, to: &out)
        case .int32, .int64, .string: append(columns, row, to: &out)
        }
    }

    /// A DOUBLE; what is no JSON number goes in quotes.
    private static func appendDouble(_ value: Double, to out: inout ByteArena) {
        if value.isFinite {
            out.append(double: value)
        } else {
            out.append(UInt8(ascii: "\""))
            out.append(double: value)
            out.append(UInt8(ascii: "\""))
        }
    }

    private static func appendDecimal(_ column: SpelledColumn, _ row: Int, to out: inout ByteArena) {
        if column.isWide { return appendWideDecimal(column, row, to: &out) }
        let unscaled = column.load(row, as: Int128.self)
        if column.spelling == .decimalText {
            out.append(UInt8(ascii: "\""))
            out.append(unscaled: unscaled, scale: column.scale)
            out.append(UInt8(ascii: "\""))
        } else {
            out.reserve(NumberText.decimalRoom(scale: column.scale))
            out.advance(NumberText.writeScientific(unscaled: unscaled, scale: column.scale, to: out.end))
        }
    }

    private static func appendWideDecimal(_ column: SpelledColumn, _ row: Int, to out: inout ByteArena) {
        if column.spelling == .decimalText {
            out.append(UInt8(ascii: "\""))
            out.append(column.wideDecimal(row))
            out.append(UInt8(ascii: "\""))
        } else {
            out.append(scientific: column.wideDecimal(row))
        }
    }

    /// An ISO date, time or timestamp without quotes.
    static func appendTime(_ column: SpelledColumn, _ row: Int, to out: inout ByteArena) {
        out.reserve(TimeText.room)
        switch column.spelling {
        case .isoDate: out.advance(TimeText.write(date: Int64(column.load(row, as: Int32.self)), to: out.end))
        case .isoTime: out.advance(TimeText.write(time: Int64(column.load(row, as: Int32.self)), to: out.end))
        default: out.advance(TimeText.write(timestamp: column.load(row, as: Int64.self), to: out.end))
        }
    }

    private static func appendList(_ columns: UnsafePointer<SpelledColumn>, _ row: Int, to out: inout ByteArena) {
        let offsets = columns.pointee.offsets.unsafelyUnwrapped
        let range = Int(offsets[row])..<Int(offsets[row + 1])
        out.append(UInt8(ascii: "["))
        for element in range {
            if element > range.lowerBound { out.append(UInt8(ascii: ",")) }
            append(columns + 1, element, to: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private static func appendMap(_ columns: UnsafePointer<SpelledColumn>, _ row: Int, to out: inout ByteArena) {
        let offsets = columns.pointee.offsets.unsafelyUnwrapped
        let range = Int(offsets[row])..<Int(offsets[row + 1])
        let keys = columns + 1
        let values = keys + keys.pointee.subtreeCount
        out.append(UInt8(ascii: "{"))
        for entry in range {
            if entry > range.lowerBound { out.append(UInt8(ascii: ",")) }
            appendKey(keys, entry, to: &out)
            out.append(UInt8(ascii: ":"))
            append(values, entry, to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// A key must be a JSON string, whatever its type is.
    private static func appendKey(_ keys: UnsafePointer<SpelledColumn>, _ entry: Int, to out: inout ByteArena) {
        switch keys.pointee.spelling {
        case .string where !keys.pointee.isNull(entry), .isoDate, .isoTime, .isoTimestamp, .base64, .decimalText:
            append(keys, entry, to: &out)
        default:
            let text = JSONValueText.text(keys, entry)
            JSONString.append(text.base, text.capacity, to: &out)
        }
    }

    /// The value's JSON in a block of its own.
    private static func text(_ columns: UnsafePointer<SpelledColumn>, _ row: Int) -> Buffer {
        var scratch = ByteArena(capacity: 64)
        append(columns, row, to: &scratch)
        let result = Buffer(capacity: scratch.count)
        result.base.copyMemory(from: scratch.end - scratch.count, byteCount: scratch.count)
        return result
    }

    private static func appendStructure(_ columns: UnsafePointer<SpelledColumn>, _ row: Int, to out: inout ByteArena) {
        guard columns.pointee.childCount > 0 else {
            out.append("{}")
            return
        }
        var field = columns + 1
        for _ in 0..<columns.pointee.childCount {
            appendShort(field.pointee.prefix, field.pointee.prefixLength, to: &out)
            append(field, row, to: &out)
            field += field.pointee.subtreeCount
        }
        out.append(UInt8(ascii: "}"))
    }

    private static let null: StaticString = "null"
}
