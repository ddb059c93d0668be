import CChecksum
import Runtime
import Values

/// A batch as it lies in memory after it was read: its columns are views of the block it was read into.
struct DecodedBatch {
    let header: BatchHeader
    private let timestamps: Column
    private let offsets: Column?
    let keys: Column
    let values: Column
    private let headers: Column?

    /// Decodes the batch at `position` of `block`, all of whose bytes are there.
    /// - Throws: what is wrong with it, as text.
    init(_ header: BatchHeader, _ block: Buffer, at position: Int) throws(Damage) {
        precondition(position + header.length <= block.capacity, "the whole batch is in memory")
        let start = position + BatchHeader.size
        let payload = block.base + start
        guard weir_crc32c(0, payload, header.length - BatchHeader.size) == header.payloadChecksum else {
            throw Damage("the checksum of the messages differs")
        }
        var reader = PayloadReader(block, start..<position + header.length)
        self.header = header
        timestamps = try reader.words(header.count)
        offsets = header.hasOffsets ? try reader.words(header.count) : nil
        keys = try reader.column(.bytes, header.count)
        values = try reader.column(.bytes, header.count)
        headers = header.hasHeaders ? try reader.column(headersType, header.count) : nil
    }

    /// The row of the first message whose offset is not below `offset`.
    func row(of offset: Int64) -> Int {
        guard let offsets else { return Int(min(max(offset - header.baseOffset, 0), Int64(header.count))) }
        let words = offsets.values(as: Int64.self)
        var row = 0
        while row < header.count, words[row] < offset { row += 1 }
        return row
    }

    /// The row behind the last that fits `bytesMax` bytes from row `start` on, at least one.
    func rowLimit(from start: Int, bytesMax: Int) -> Int {
        if header.length <= bytesMax { return header.count }
        let keyEnds = keys.offsets
        let valueEnds = values.offsets
        let first = Int(keyEnds[start]) + Int(valueEnds[start])
        var row = start + 1
        while row < header.count, Int(keyEnds[row + 1]) + Int(valueEnds[row + 1]) - first <= bytesMax { row += 1 }
        return row
    }

    /// Messages `range` as a run, without a copy.
    func run(_ partition: TopicPartition, _ range: Range<Int>) -> MessageRun {
        MessageRun(
            topic: partition.topic,
            partition: partition.partition,
            offsets: offsetColumn(range),
            timestamps: timestamps.view(range),
            keys: keys.view(range),
            values: values.view(range),
            headers: headers?.slice(range),
            nextOffset: range.upperBound == header.count ? header.nextOffset : offset(range.upperBound)
        )
    }

    /// The messages `rows` with their offsets, as compaction writes them again.
    func selected(_ rows: [Int32]) -> (run: OutgoingRun, offsets: Column) {
        let all = offsetColumn(0..<header.count)
        let isWhole = rows.count == header.count
        return rows.withUnsafeBufferPointer { list in
            func select(_ column: Column) -> Column {
                guard !isWhole, let base = list.baseAddress else { return column }
                return column.gather(base, count: rows.count)
            }
            // The target does not matter: the batch is written to a file that is known.
            let run = OutgoingRun(
                topic: "",
                partition: 0,
                timestamps: select(timestamps),
                keys: select(keys),
                values: select(values),
                headers: headers.map(select)
            )
            return (run, select(all))
        }
    }

    /// The offset of a message.
    func offset(_ row: Int) -> Int64 {
        offsets?.values(as: Int64.self)[row] ?? header.baseOffset + Int64(row)
    }

    private func offsetColumn(_ range: Range<Int>) -> Column {
        if let offsets { return offsets.view(range) }
        let buffer = Buffer(capacity: range.count * 8)
        let words = buffer.base.assumingMemoryBound(to: Int64.self)
        let first = header.baseOffset + Int64(range.lowerBound)
        for row in 0..<range.count { words[row] = first + Int64(row) }
        return Column(type: .bigint, count: range.count, data: buffer)
    }
}

/// What is wrong with stored bytes.
struct Damage: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Takes columns from a payload one after the other.
private struct PayloadReader {
    private let block: Buffer
    private var position: Int
    private let end: Int

    init(_ block: Buffer, _ range: Range<Int>) {
        self.block = block
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func words(_ count: Int) throws(Damage) -> Column {
        Column(type: .bigint, count: count, data: try take(count * 8))
    }

    mutating func column(_ type: SQLType, _ count: Int) throws(Damage) -> Column {
        let frame = try take(8)
        let hasValidity = frame.base.load(as: UInt32.self).littleEndian != 0
        let size = Int(frame.base.load(fromByteOffset: 4, as: UInt32.self).littleEndian)
        let validity = hasValidity ? try take(Bitmap.words(count) * 8) : nil
        switch type.storage {
        case .variable:
            let offsets = try take((count + 1) * 4)
            let data = try take(size)
            align()
            return Column(type: type, count: count, validity: validity, data: data, offsets: offsets)
        case .list:
            let offsets = try take((count + 1) * 4)
            align()
            var children: [Column] = []
            for child in type.childTypes { children.append(try column(child, size)) }
            return Column(type: type, count: count, validity: validity, offsets: offsets, children: children)
        case .structure:
            var children: [Column] = []
            for child in type.childTypes { children.append(try column(child, count)) }
            return Column(type: type, count: count, validity: validity, children: children)
        case .fixed:
            throw Damage("a column of an unknown type")
        }
    }

    private mutating func align() { position = (position + 7) & ~7 }

    private mutating func take(_ count: Int) throws(Damage) -> Buffer {
        guard count <= end - position else { throw Damage("a column is longer than its batch") }
        defer { position += count }
        return Buffer(borrowing: block.base + position, capacity: count, owner: block)
    }
}

extension Column {
    /// Rows `range` of a column of numbers or bytes, sharing its memory.
    func view(_ range: Range<Int>) -> Column {
        if range == 0..<count { return self }
        let start = range.lowerBound
        let bits = validity.map { Self.bits($0, range) }
        guard let offsetBuffer, let data else {
            let wide = self.data.map { Buffer(borrowing: $0.base + start * 8, capacity: range.count * 8, owner: $0) }
            return Column(type: type, count: range.count, validity: bits, data: wide)
        }
        let ends = Buffer(
            borrowing: offsetBuffer.base + start * 4,
            capacity: (range.count + 1) * 4,
            owner: offsetBuffer
        )
        return Column(type: type, count: range.count, validity: bits, data: data, offsets: ends)
    }

    private static func bits(_ validity: Buffer, _ range: Range<Int>) -> Buffer {
        let words = validity.base.assumingMemoryBound(to: UInt64.self)
        let shift = UInt64(range.lowerBound & 63)
        let first = range.lowerBound >> 6
        if shift == 0 {
            return Buffer(
                borrowing: validity.base + first * 8,
                capacity: Bitmap.words(range.count) * 8,
                owner: validity
            )
        }
        let last = (range.upperBound - 1) >> 6
        let out = Buffer(capacity: Bitmap.words(range.count) * 8)
        let target = out.base.assumingMemoryBound(to: UInt64.self)
        for index in 0..<Bitmap.words(range.count) {
            let high = first + index + 1 <= last ? words[first + index + 1] << (64 - shift) : 0
            target[index] = words[first + index] >> shift | high
        }
        return out
    }
}
