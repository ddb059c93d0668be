/// Turns the keys of ``KeyEncoder`` back into columns.
public enum KeyDecoder {
    /// The columns of `types` that the keys were made of; a NULL key gives NULLs.
    public static func decode(_ keys: Column, types: [SQLType]) -> [Column] {
        if types.count == 1 { return [decodeSingle(keys, types[0])] }
        let builders = types.map { ColumnBuilder($0, capacity: keys.count) }
        for row in 0..<keys.count {
            if keys.isNull(row) {
                for builder in builders { builder.appendNull() }
                continue
            }
            var reader = KeyReader(keys.bytes(row))
            for builder in builders { reader.readTagged(into: builder, null: 0) }
        }
        return builders.map { $0.finish() }
    }

    private static func decodeSingle(_ keys: Column, _ type: SQLType) -> Column {
        switch type {
        case .string, .bytes: return keys.retyped(type)
        case .decimal where type.isWideDecimal: return keys.retyped(type)
        case .boolean: return decodeFixed(keys, type, UInt8.self)
        case .integer, .date, .time: return decodeFixed(keys, type, Int32.self)
        case .bigint, .timestamp: return decodeFixed(keys, type, Int64.self)
        case .double: return decodeFixed(keys, type, Double.self)
        case .decimal: return decodeFixed(keys, type, Int128.self)
        case .array, .map, .structure:
            let builder = ColumnBuilder(type, capacity: keys.count)
            for row in 0..<keys.count {
                if keys.isNull(row) {
                    builder.appendNull()
                } else {
                    var reader = KeyReader(keys.bytes(row))
                    reader.read(into: builder)
                }
            }
            return builder.finish()
        }
    }

    private static func decodeFixed<T: KeyWord>(_ keys: Column, _ type: SQLType, _: T.Type) -> Column {
        let data = Buffer(capacity: keys.count * MemoryLayout<T>.stride)
        let target = data.base.assumingMemoryBound(to: T.self)
        let offsets = keys.offsets
        let arena = UnsafeRawPointer(keys.arena)
        for row in 0..<keys.count {
            // The offset of a NULL row may be the arena's end, behind which there is padding to read.
            let word = arena.loadUnaligned(fromByteOffset: Int(offsets[row]), as: T.Word.self)
            target[row] = T(keyWord: T.Word(bigEndian: word))
        }
        return Column(type: type, count: keys.count, validity: keys.validity, data: data)
    }
}

/// Reads the values of one key in turn.
private struct KeyReader {
    private var cursor: UnsafeRawPointer
    private let end: UnsafeRawPointer

    init(_ key: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; nothing is read from it.
        cursor = key.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        end = cursor + key.count
    }

    private mutating func readByte() -> UInt8 {
        precondition(cursor < end, "a key is as long as its types say")
        defer { cursor += 1 }
        return cursor.load(as: UInt8.self)
    }

    private mutating func readWord<T: KeyWord>(_: T.Type) -> T {
        precondition(end - cursor >= MemoryLayout<T.Word>.size, "a key is as long as its types say")
        defer { cursor += MemoryLayout<T.Word>.size }
        return T(keyWord: T.Word(bigEndian: cursor.loadUnaligned(as: T.Word.self)))
    }

    mutating func readTagged(into builder: ColumnBuilder, null: UInt8) {
        if readByte() == null { builder.appendNull() } else { read(into: builder) }
    }

    mutating func read(into builder: ColumnBuilder) {
        switch builder.type {
        case .boolean: builder.append(readWord(UInt8.self))
        case .integer, .date, .time: builder.append(readWord(Int32.self))
        case .bigint, .timestamp: builder.append(readWord(Int64.self))
        case .double: builder.append(readWord(Double.self))
        case .decimal where builder.type.isWideDecimal: readEscaped(into: builder)
        case .decimal: builder.append(readWord(Int128.self))
        case .string, .bytes: readEscaped(into: builder)
        case .array, .map:
            while cursor < end, cursor.load(as: UInt8.self) != 0 {
                for child in builder.children { readTagged(into: child, null: 1) }
            }
            _ = readByte()
            builder.appendComposite()
        case .structure:
            for child in builder.children { readTagged(into: child, null: 0) }
            builder.appendComposite()
        }
    }

    private mutating func readEscaped(into builder: ColumnBuilder) {
        let start = cursor
        var zeros = 0
        while true {
            guard readByte() == 0 else { continue }
            if readByte() == 0 { break }
            zeros += 1
        }
        let raw = UnsafeRawBufferPointer(start: start, count: cursor - start - 2)
        if zeros == 0 {
            builder.append(bytes: raw)
            return
        }
        var plain: [UInt8] = []
        plain.reserveCapacity(raw.count - zeros)
        var index = 0
        while index < raw.count {
            plain.append(raw[index])
            index += raw[index] == 0 ? 2 : 1
        }
        plain.withUnsafeBytes { builder.append(bytes: $0) }
    }
}
