/// The lines of a bulk insert: collected into runs, one byte buffer each, and handed over once per piece of input.
extension Session {
    private static let runBytesMax = 1 << 20

    mutating func beginRecords(of id: RequestID, strict: Bool) {
        input = .records(BulkProgress(id: id, strict: strict))
        recordLine = 1
        records = BulkLines(firstLine: 1)
        bulkUnconsumed = 0
    }

    /// Consumes record lines until the bytes, or the bulk insert, end.
    mutating func consumeRecord(_ bytes: UnsafeRawBufferPointer, _ start: BulkProgress) -> Int {
        var bulk = start
        var position = 0
        while position < bytes.count {
            guard let end = bytes.lineEnd(from: position) else {
                keepPartialRecord(UnsafeRawBufferPointer(rebasing: bytes[position...]), &bulk)
                input = .records(bulk)
                return bytes.count
            }
            let isLast = readRecord(UnsafeRawBufferPointer(rebasing: bytes[position..<end]), &bulk)
            position = end + 1
            if isLast {
                endRecords(bulk)
                return position
            }
            if records.bytes.count >= Self.runBytesMax {
                input = .records(bulk)
                flushRecords()
                guard wantsInput else { return position }
            }
        }
        input = .records(bulk)
        return position
    }

    private mutating func keepPartialRecord(_ bytes: UnsafeRawBufferPointer, _ bulk: inout BulkProgress) {
        guard !bulk.inLongLine else { return }
        partial.append(contentsOf: bytes)
        guard partial.count > limits.lineMax + 1 else { return }
        bulk.inLongLine = true
        partial = []
    }

    /// Reads one line without its line feed.
    ///
    /// - Returns: whether it is the `\.` that ends the records.
    private mutating func readRecord(_ part: UnsafeRawBufferPointer, _ bulk: inout BulkProgress) -> Bool {
        defer { recordLine += 1 }
        let length = partial.count + part.count
        guard !bulk.inLongLine, length <= limits.lineMax + 1 else {
            bulk.inLongLine = false
            partial = []
            refuseRecord("longer than \(limits.lineMax) bytes", &bulk)
            return false
        }
        if partial.isEmpty { return keepRecord(part, bulk) }
        partial.append(contentsOf: part)
        let line = partial
        partial.removeAll(keepingCapacity: partial.capacity <= 4096)
        return line.withUnsafeBytes { keepRecord($0, bulk) }
    }

    private mutating func keepRecord(_ whole: UnsafeRawBufferPointer, _ bulk: BulkProgress) -> Bool {
        let length = whole.last == 0x0d ? whole.count - 1 : whole.count
        if length == 2, whole[0] == UInt8(ascii: "\\"), whole[1] == UInt8(ascii: ".") { return true }
        guard !bulk.isSkipping else { return false }
        records.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: whole[..<length]))
        records.offsets.append(Int32(truncatingIfNeeded: records.bytes.count))
        return false
    }

    /// A line that never becomes a record: said so, and skipped or, under STRICT, the end of the insert.
    private mutating func refuseRecord(_ why: String, _ bulk: inout BulkProgress) {
        // The lines before it keep their numbers in a run of their own.
        input = .records(bulk)
        flushRecords()
        records.firstLine = recordLine + 1
        guard !bulk.isSkipping else { return }
        if bulk.strict {
            bulk.isSkipping = true
            actions.append(.fail(bulk.id, ReplyError("22P02", "line \(recordLine): \(why)")))
            actions.append(.cancel(bulk.id, .request))
        } else {
            let prefix = tagsByRequest[bulk.id].map { Array("@\($0) ".utf8) } ?? []
            send(prefix + ReplyLine.make(.notice, "22P02 line \(recordLine): \(why), skipped"))
        }
    }

    /// Hands over the records read so far.
    mutating func flushRecords() {
        guard records.count > 0, case .records(let bulk) = input else { return }
        let run = records
        records = BulkLines(firstLine: run.firstLine + run.count)
        guard !bulk.isSkipping else { return }
        bulkUnconsumed += run.bytes.count
        actions.append(.records(bulk.id, run))
    }

    private mutating func endRecords(_ bulk: BulkProgress) {
        input = .records(bulk)
        flushRecords()
        if !bulk.isSkipping { actions.append(.endOfRecords(bulk.id)) }
        input = .requests
        records = BulkLines(firstLine: 1)
        partial = []
    }

    /// The client closed its side without `\.`: a last line without its line feed may be cut off, so it is refused.
    mutating func endRecordsAtEndOfInput(_ start: BulkProgress) {
        var bulk = start
        if partial.count == 2, partial[0] == UInt8(ascii: "\\"), partial[1] == UInt8(ascii: ".") {
            partial = []
        } else if !partial.isEmpty || bulk.inLongLine {
            partial = []
            refuseRecord("the input ended before the line did", &bulk)
        }
        endRecords(bulk)
    }
}
