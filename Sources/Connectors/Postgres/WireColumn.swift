import Values

/// A column in the form in which PostgreSQL receives binary values.
struct WireColumn {
    private enum Kind {
        case bool, int32, int64, numeric, bytes, jsonb, date, time, timestamp, bound
    }

    private let kind: Kind
    private let scale: Int
    private let values: UnsafeRawPointer
    private let offsets: UnsafePointer<Int32>?
    private let validity: UnsafePointer<UInt64>?

    /// Milliseconds from 1970 to 2000, where PostgreSQL's times begin, and the days.
    private static let epochMilliseconds: Int64 = 946_684_800_000
    private static let epochDays: Int32 = 10_957

    /// Points into a column of ``prepared(_:_:isBound:)``, which must live as long.
    init(_ column: Column, _ type: WireType, isBound: Bool) {
        switch type {
        case .bool: kind = .bool
        case .int4: kind = .int32
        // A DOUBLE's bits travel as those of an integer do.
        case .int8, .float8: kind = .int64
        case .numeric: kind = .numeric
        case .text, .bytea: kind = .bytes
        case .date: kind = .date
        case .time: kind = .time
        case .timestamptz: kind = isBound ? .bound : .timestamp
        case .jsonb: kind = .jsonb
        }
        if case .numeric(_, let digits) = type { scale = digits } else { scale = 0 }
        values = UnsafeRawPointer((column.data ?? WireColumn.nothing).base)
        offsets = column.offsetBuffer.map { UnsafePointer($0.base.assumingMemoryBound(to: Int32.self)) }
        validity = column.validityWords.map { UnsafePointer($0) }
    }

    private static let nothing = Buffer.zeroed(capacity: 0)

    /// The column, or its JSON texts where it goes as jsonb.
    static func prepared(_ column: Column, _ type: WireType) -> Column {
        guard type == .jsonb else { return column }
        let speller = ColumnSpeller([column.type], .replyWithDecimalNumbers) { _ in [] }
        speller.bind([column])
        let offsetBuffer = Buffer(capacity: (column.count + 1) * 4)
        let offsets = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        var arena = ByteArena(capacity: column.count * 32)
        offsets[0] = 0
        for row in 0..<column.count {
            if !column.isNull(row), let spelled = speller.spelled { JSONValueText.append(spelled, row, to: &arena) }
            offsets[row + 1] = Int32(truncatingIfNeeded: arena.count)
        }
        withExtendedLifetime((column, speller)) {}
        return Column(
            type: .bytes,
            count: column.count,
            validity: column.validity,
            data: arena.finish(),
            offsets: offsetBuffer
        )
    }

    /// True when some row is NULL.
    var hasNulls: Bool { validity != nil }

    /// Appends the length and the bytes of row `row`; -1 for NULL.
    @inline(__always)
    func append(_ row: Int, to out: inout ByteArena) {
        if let validity, !Bitmap.get(validity, row) {
            out.appendWord(Int32(-1))
            return
        }
        switch kind {
        case .int64: out.appendField(values.load(fromByteOffset: row &* 8, as: Int64.self))
        case .int32: out.appendField(values.load(fromByteOffset: row &* 4, as: Int32.self))
        case .bytes: appendBytes(row, version: nil, to: &out)
        case .timestamp:
            let time = values.load(fromByteOffset: row &* 8, as: Int64.self)
            out.appendField((time &- WireColumn.epochMilliseconds) &* 1000)
        default: appendOther(row, to: &out)
        }
    }

    private func appendOther(_ row: Int, to out: inout ByteArena) {
        switch kind {
        case .bool:
            out.appendWord(Int32(1))
            out.append(values.load(fromByteOffset: row, as: UInt8.self) == 0 ? UInt8(0) : 1)
        case .numeric where offsets != nil: appendWideNumeric(row, to: &out)
        case .numeric: appendNumeric(values.load(fromByteOffset: row &* 16, as: Int128.self), to: &out)
        case .jsonb: appendBytes(row, version: 1, to: &out)
        case .date: out.appendField(values.load(fromByteOffset: row &* 4, as: Int32.self) &- WireColumn.epochDays)
        case .time: out.appendField(Int64(values.load(fromByteOffset: row &* 4, as: Int32.self)) &* 1000)
        case .bound: out.appendField(WireColumn.bound(values.load(fromByteOffset: row &* 8, as: Int64.self)))
        case .int32, .int64, .bytes, .timestamp: append(row, to: &out)
        }
    }

    /// A window's bound; what PostgreSQL has no time for is infinity.
    private static func bound(_ time: Int64) -> Int64 {
        if ValueCheck.timestamps.contains(time) { return (time - epochMilliseconds) * 1000 }
        return time < 0 ? .min : .max
    }

    @inline(__always)
    private func appendBytes(_ row: Int, version: UInt8?, to out: inout ByteArena) {
        let offsets = offsets.unsafelyUnwrapped
        let start = Int(offsets[row])
        let length = Int(offsets[row + 1]) &- start
        out.appendWord(Int32(truncatingIfNeeded: length + (version == nil ? 0 : 1)))
        if let version { out.append(version) }
        out.append(UnsafeRawBufferPointer(start: values + start, count: length))
    }

    private func appendWideNumeric(_ row: Int, to out: inout ByteArena) {
        let offsets = offsets.unsafelyUnwrapped
        let start = Int(offsets[row])
        let bytes = UnsafeRawBufferPointer(start: values + start, count: Int(offsets[row + 1]) - start)
        out.append(numeric: Decimal(unscaled: BigInteger(orderedBytes: bytes), scale: scale))
    }

    /// Groups of four decimal digits around the point, without zeros at both ends.
    private func appendNumeric(_ unscaled: Int128, to out: inout ByteArena) {
        var groups = InlineArray<12, Int16>(repeating: 0)
        var count = 0
        var rest = unscaled.magnitude
        let odd = scale % 4
        let fractions = (scale + 3) / 4
        if odd > 0 {
            let (power, factor): (UInt128, Int16) = odd == 1 ? (10, 1000) : odd == 2 ? (100, 100) : (1000, 10)
            groups[0] = Int16(rest % power) * factor
            rest /= power
            count = 1
        }
        while rest > UInt128(UInt64.max) {
            groups[count] = Int16(rest % 10_000)
            rest /= 10_000
            count += 1
        }
        var small = UInt64(rest)
        while small > 0 {
            groups[count] = Int16(small % 10_000)
            small /= 10_000
            count += 1
        }
        let weight = count - fractions - 1
        var first = 0
        while first < count, groups[first] == 0 { first += 1 }
        // What is left in front may be zeros of the fraction: 0.0001 has the groups 1 and nothing above.
        var top = count
        while top > first, groups[top - 1] == 0 { top -= 1 }
        let digits = top - first
        out.appendWord(Int32(8 + digits * 2))
        out.appendWord(Int16(digits))
        out.appendWord(Int16(digits == 0 ? 0 : weight - (count - top)))
        out.appendWord(unscaled < 0 ? Int16(0x4000) : 0)
        out.appendWord(Int16(scale))
        for group in stride(from: top - 1, through: first, by: -1) { out.appendWord(groups[group]) }
    }
}

extension ByteArena {
    /// Appends an integer in network order.
    @inline(__always)
    mutating func appendWord<T: FixedWidthInteger & BitwiseCopyable>(_ word: T) {
        reserve(MemoryLayout<T>.size)
        end.storeBytes(of: word.bigEndian, as: T.self)
        advance(MemoryLayout<T>.size)
    }

    /// Appends an integer in network order behind its length.
    @inline(__always)
    fileprivate mutating func appendField<T: FixedWidthInteger & BitwiseCopyable>(_ word: T) {
        let size = MemoryLayout<T>.size
        reserve(4 + size)
        end.storeBytes(of: Int32(size).bigEndian, as: Int32.self)
        (end + 4).storeBytes(of: word.bigEndian, as: T.self)
        advance(4 + size)
    }
}
