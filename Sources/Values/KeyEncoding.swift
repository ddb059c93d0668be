/// Makes keys: bytes whose order (of `memcmp`) is the order of the rows, NULL first.
///
/// - One column: the value's bytes alone, NULL for a NULL. STRING, BYTES and DECIMALs of more than 38 digits, whose bytes
///   are ordered, are taken as they are, without a copy.
/// - Several columns: per column a byte 0 for NULL, or 1 and the value; strings end in 0 0 and write 0 as 0 255.
/// - Numbers are big-endian with the sign bit turned over; lists write 1 (NULL) or 2 before each element and end in 0;
///   the entries of a map come in the order of their keys.
///
/// The encoding is part of the stored format: do not change it.
public enum KeyEncoder {
    /// A BYTES column of the keys of `count` rows; no columns give empty keys.
    public static func encode(_ columns: [Column], count: Int) -> Column {
        if columns.count == 1 { return encodeSingle(columns[0]) }
        let offsetBuffer = Buffer.zeroed(capacity: (count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        for column in columns { addSizes(of: column, to: offsets + 1) }
        var total = 0
        for row in 1..<(count + 1) {
            total += Int(offsets[row])
            precondition(total <= Int(Int32.max), "the keys of a batch stay below 2 GiB")
            offsets[row] = Int32(total)
        }
        let data = Buffer(capacity: total)
        let cursors = Buffer(capacity: (count + 1) * 4)
        cursors.base.copyMemory(from: offsetBuffer.base, byteCount: (count + 1) * 4)
        let target = data.base.assumingMemoryBound(to: UInt8.self)
        for column in columns { write(column, to: target, cursors.base.assumingMemoryBound(to: Int32.self)) }
        return Column(type: .bytes, count: count, data: data, offsets: offsetBuffer)
    }

    private static func encodeSingle(_ column: Column) -> Column {
        switch column.type {
        case .string, .bytes: column.retyped(.bytes)
        case .boolean: encodeFixed(column, UInt8.self)
        case .integer, .date, .time: encodeFixed(column, Int32.self)
        case .bigint, .timestamp: encodeFixed(column, Int64.self)
        case .double: encodeFixed(column, Double.self)
        case .decimal where column.type.isWideDecimal: column.retyped(.bytes)
        case .decimal: encodeFixed(column, Int128.self)
        case .array, .map, .structure: encodeNested(column)
        }
    }

    private static func encodeFixed<T: KeyWord>(_ column: Column, _: T.Type) -> Column {
        let width = MemoryLayout<T>.size
        let count = column.count
        let data = Buffer(capacity: count * width)
        let offsetBuffer = Buffer(capacity: (count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        let source = column.values(as: T.self)
        let target = data.base.assumingMemoryBound(to: T.Word.self)
        guard let validity = column.validityWords else {
            for row in 0..<count { target[row] = source[row].keyWord.bigEndian }
            for row in 0..<(count + 1) { offsets[row] = Int32(row &* width) }
            return Column(type: .bytes, count: count, data: data, offsets: offsetBuffer)
        }
        var used = 0
        offsets[0] = 0
        for row in 0..<count {
            target[used] = source[row].keyWord.bigEndian
            if Bitmap.get(validity, row) { used += 1 }
            offsets[row + 1] = Int32(used &* width)
        }
        return Column(type: .bytes, count: count, validity: column.validity, data: data, offsets: offsetBuffer)
    }

    private static func encodeNested(_ column: Column) -> Column {
        let offsetBuffer = Buffer(capacity: (column.count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        var total = 0
        offsets[0] = 0
        for row in 0..<column.count {
            if !column.isNull(row) { total += size(column, row) }
            precondition(total <= Int(Int32.max), "the keys of a batch stay below 2 GiB")
            offsets[row + 1] = Int32(total)
        }
        let data = Buffer(capacity: total)
        var cursor = data.base.assumingMemoryBound(to: UInt8.self)
        for row in 0..<column.count where !column.isNull(row) { write(column, row, &cursor) }
        return Column(type: .bytes, count: column.count, validity: column.validity, data: data, offsets: offsetBuffer)
    }
}

// A column of a key of several columns: a tag and the value per row.
extension KeyEncoder {
    private static func addSizes(of column: Column, to sizes: UnsafeMutablePointer<Int32>) {
        if case .fixed(let width) = column.type.storage {
            guard let validity = column.validityWords else {
                for row in 0..<column.count { sizes[row] &+= Int32(1 + width) }
                return
            }
            for row in 0..<column.count { sizes[row] &+= Bitmap.get(validity, row) ? Int32(1 + width) : 1 }
            return
        }
        for row in 0..<column.count { sizes[row] += 1 + (column.isNull(row) ? 0 : Int32(size(column, row))) }
    }

    private static func write(
        _ column: Column,
        to base: UnsafeMutablePointer<UInt8>,
        _ cursors: UnsafeMutablePointer<Int32>
    ) {
        switch column.type {
        case .boolean: writeFixed(column, UInt8.self, base, cursors)
        case .integer, .date, .time: writeFixed(column, Int32.self, base, cursors)
        case .bigint, .timestamp: writeFixed(column, Int64.self, base, cursors)
        case .double: writeFixed(column, Double.self, base, cursors)
        case .decimal where !column.type.isWideDecimal: writeFixed(column, Int128.self, base, cursors)
        case .decimal, .string, .bytes, .array, .map, .structure:
            for row in 0..<column.count {
                var cursor = base + Int(cursors[row])
                let isNull = column.isNull(row)
                cursor.pointee = isNull ? 0 : 1
                cursor += 1
                if !isNull { write(column, row, &cursor) }
                cursors[row] = Int32(cursor - base)
            }
        }
    }

    private static func writeFixed<T: KeyWord>(
        _ column: Column,
        _: T.Type,
        _ base: UnsafeMutablePointer<UInt8>,
        _ cursors: UnsafeMutablePointer<Int32>
    ) {
        let source = column.values(as: T.self)
        let validity = column.validityWords
        let size = Int32(1 + MemoryLayout<T>.size)
        for row in 0..<column.count {
            let start = Int(cursors[row])
            if let validity, !Bitmap.get(validity, row) {
                base[start] = 0
                cursors[row] &+= 1
            } else {
                base[start] = 1
                UnsafeMutableRawPointer(base + start + 1).storeBytes(of: source[row].keyWord.bigEndian, as: T.Word.self)
                cursors[row] &+= size
            }
        }
    }
}

// One value that is not NULL, inside of a key.
extension KeyEncoder {
    private static func size(_ column: Column, _ row: Int) -> Int {
        switch column.type.storage {
        case .fixed(let width): return width
        case .variable:
            let bytes = column.bytes(row)
            var zeros = 0
            for byte in bytes where byte == 0 { zeros += 1 }
            return bytes.count + zeros + 2
        case .list:
            var total = 1
            for element in Int(column.offsets[row])..<Int(column.offsets[row + 1]) {
                for child in column.children { total += 1 + (child.isNull(element) ? 0 : size(child, element)) }
            }
            return total
        case .structure:
            return column.children.reduce(0) { $0 + 1 + ($1.isNull(row) ? 0 : size($1, row)) }
        }
    }

    private static func write(_ column: Column, _ row: Int, _ cursor: inout UnsafeMutablePointer<UInt8>) {
        switch column.type {
        case .boolean: writeWord(column.values(as: UInt8.self)[row], &cursor)
        case .integer, .date, .time: writeWord(column.values(as: Int32.self)[row], &cursor)
        case .bigint, .timestamp: writeWord(column.values(as: Int64.self)[row], &cursor)
        case .double: writeWord(column.values(as: Double.self)[row], &cursor)
        case .decimal where !column.type.isWideDecimal: writeWord(column.values(as: Int128.self)[row], &cursor)
        case .decimal, .string, .bytes: writeEscaped(column.bytes(row), &cursor)
        case .array, .map:
            let start = cursor
            var entries: [Int] = []
            for element in Int(column.offsets[row])..<Int(column.offsets[row + 1]) {
                if column.children.count == 2 { entries.append(cursor - start) }
                for child in column.children {
                    // NULL elements come first here as well: 1 before 2, and the end of the list before both.
                    writeTagged(child, element, &cursor, null: 1, present: 2)
                }
            }
            if entries.count > 1 { sortEntries(start, entries, end: cursor - start) }
            cursor.pointee = 0
            cursor += 1
        case .structure:
            for child in column.children { writeTagged(child, row, &cursor, null: 0, present: 1) }
        }
    }

    /// Puts the entries of a map, which start at `places`, in the order of their keys: equal maps are equal bytes.
    private static func sortEntries(_ start: UnsafeMutablePointer<UInt8>, _ places: [Int], end: Int) {
        let copy = [UInt8](UnsafeBufferPointer(start: start, count: end))
        var entries = zip(places, places.dropFirst() + [end]).map { copy[$0..<$1] }
        entries.sort { $0.lexicographicallyPrecedes($1) }
        var target = start
        for entry in entries {
            for byte in entry {
                target.pointee = byte
                target += 1
            }
        }
    }

    private static func writeTagged(
        _ column: Column,
        _ row: Int,
        _ cursor: inout UnsafeMutablePointer<UInt8>,
        null: UInt8,
        present: UInt8
    ) {
        let isNull = column.isNull(row)
        cursor.pointee = isNull ? null : present
        cursor += 1
        if !isNull { write(column, row, &cursor) }
    }

    private static func writeWord<T: KeyWord>(_ value: T, _ cursor: inout UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(cursor).storeBytes(of: value.keyWord.bigEndian, as: T.Word.self)
        cursor += MemoryLayout<T.Word>.size
    }

    private static func writeEscaped(_ bytes: UnsafeRawBufferPointer, _ cursor: inout UnsafeMutablePointer<UInt8>) {
        for byte in bytes {
            cursor.pointee = byte
            cursor += 1
            if byte == 0 {
                cursor.pointee = 255
                cursor += 1
            }
        }
        cursor[0] = 0
        cursor[1] = 0
        cursor += 2
    }
}

/// A fixed width value as an unsigned number of the same order.
protocol KeyWord: BitwiseCopyable {
    associatedtype Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable
    var keyWord: Word { get }
    init(keyWord: Word)
}

extension UInt8: KeyWord {
    var keyWord: UInt8 { self }
    init(keyWord: UInt8) { self = keyWord }
}

extension Int32: KeyWord {
    var keyWord: UInt32 { UInt32(bitPattern: self) ^ (1 << 31) }
    init(keyWord: UInt32) { self.init(bitPattern: keyWord ^ (1 << 31)) }
}

extension Int64: KeyWord {
    var keyWord: UInt64 { UInt64(bitPattern: self) ^ (1 << 63) }
    init(keyWord: UInt64) { self.init(bitPattern: keyWord ^ (1 << 63)) }
}

extension Int128: KeyWord {
    var keyWord: UInt128 { UInt128(bitPattern: self) ^ (1 << 127) }
    init(keyWord: UInt128) { self.init(bitPattern: keyWord ^ (1 << 127)) }
}

extension Double: KeyWord {
    var keyWord: UInt64 {
        let bits = bitPattern
        return bits >> 63 == 0 ? bits ^ (1 << 63) : ~bits
    }

    init(keyWord: UInt64) {
        self.init(bitPattern: keyWord >> 63 == 1 ? keyWord ^ (1 << 63) : ~keyWord)
    }
}
