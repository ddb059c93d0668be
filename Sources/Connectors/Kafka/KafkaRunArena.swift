import CRdKafka
import Runtime
import Values

/// Collects the messages that librdkafka hands out one by one into the columns of a ``MessageRun``: each byte is copied
/// once, and nothing is allocated per message.
///
/// Lives in raw memory, because the C callback gets its address: the hot path touches only its plain pointers, the
/// buffers beside them own the memory.
struct KafkaRunArena {
    /// Asked to stop handing out messages when the run is full.
    let client: OpaquePointer
    private(set) var count = 0
    /// An error of the partition, which ended the run.
    private(set) var failure: KafkaFailure?
    /// Where the partition ended when it was last read to its end.
    var end: Int64?

    private var rowsMax = 0
    private var bytesMax = 0
    private var rowCapacity = 0
    private var keyCapacity = 0
    private var valueCapacity = 0
    private var keyBytes = 0
    private var valueBytes = 0
    private var nullKeys = 0
    private var nullValues = 0

    private var offsets: UnsafeMutablePointer<Int64>
    private var timestamps: UnsafeMutablePointer<Int64>
    private var keyEnds: UnsafeMutablePointer<Int32>
    private var valueEnds: UnsafeMutablePointer<Int32>
    private var keyData: UnsafeMutableRawPointer
    private var valueData: UnsafeMutableRawPointer
    private var keyValidity: UnsafeMutablePointer<UInt64>
    private var valueValidity: UnsafeMutablePointer<UInt64>

    private var offsetBuffer = Buffer(capacity: 0)
    private var timestampBuffer = Buffer(capacity: 0)
    private var keyEndBuffer = Buffer(capacity: 0)
    private var valueEndBuffer = Buffer(capacity: 0)
    private var keyBuffer = Buffer(capacity: 0)
    private var valueBuffer = Buffer(capacity: 0)
    private var keyValidityBuffer = Buffer(capacity: 0)
    private var valueValidityBuffer = Buffer(capacity: 0)
    private var headers: ColumnBuilder?

    /// How large the last run was: the next one is likely to be alike.
    private var expected = (rows: 0, keyBytes: 0, valueBytes: 0)
    private var isOpen = false

    init(client: OpaquePointer) {
        self.client = client
        offsets = offsetBuffer.base.assumingMemoryBound(to: Int64.self)
        timestamps = timestampBuffer.base.assumingMemoryBound(to: Int64.self)
        keyEnds = keyEndBuffer.base.assumingMemoryBound(to: Int32.self)
        valueEnds = valueEndBuffer.base.assumingMemoryBound(to: Int32.self)
        keyData = keyBuffer.base
        valueData = valueBuffer.base
        keyValidity = keyValidityBuffer.base.assumingMemoryBound(to: UInt64.self)
        valueValidity = valueValidityBuffer.base.assumingMemoryBound(to: UInt64.self)
    }

    /// Prepares for a run; memory of a run that stayed empty is used again.
    mutating func begin(rowsMax: Int, bytesMax: Int) {
        self.bytesMax = bytesMax
        failure = nil
        guard !isOpen || self.rowsMax != rowsMax else { return }
        self.rowsMax = rowsMax
        isOpen = true
        count = 0
        (keyBytes, valueBytes, nullKeys, nullValues) = (0, 0, 0, 0)
        headers = nil
        rowCapacity = min(max(expected.rows + expected.rows / 4, 16), rowsMax)
        offsetBuffer = Buffer(capacity: rowCapacity * 8)
        timestampBuffer = Buffer(capacity: rowCapacity * 8)
        keyEndBuffer = Buffer(capacity: (rowCapacity + 1) * 4)
        valueEndBuffer = Buffer(capacity: (rowCapacity + 1) * 4)
        keyValidityBuffer = Bitmap.buffer(rowsMax, allSet: true)
        valueValidityBuffer = Bitmap.buffer(rowsMax, allSet: true)
        keyCapacity = expected.keyBytes + expected.keyBytes / 4
        valueCapacity = expected.valueBytes + expected.valueBytes / 4 + 256
        keyBuffer = Buffer(capacity: keyCapacity)
        valueBuffer = Buffer(capacity: valueCapacity)
        refreshPointers()
        keyEnds[0] = 0
        valueEnds[0] = 0
    }

    private mutating func refreshPointers() {
        offsets = offsetBuffer.base.assumingMemoryBound(to: Int64.self)
        timestamps = timestampBuffer.base.assumingMemoryBound(to: Int64.self)
        keyEnds = keyEndBuffer.base.assumingMemoryBound(to: Int32.self)
        valueEnds = valueEndBuffer.base.assumingMemoryBound(to: Int32.self)
        keyData = keyBuffer.base
        valueData = valueBuffer.base
        keyValidity = keyValidityBuffer.base.assumingMemoryBound(to: UInt64.self)
        valueValidity = valueValidityBuffer.base.assumingMemoryBound(to: UInt64.self)
    }

    /// The message callback of librdkafka; `opaque` is the address of an arena.
    static let collect: @convention(c) (UnsafeMutablePointer<rd_kafka_message_t>?, UnsafeMutableRawPointer?) -> Void = {
        guard let message = $0, let arena = $1?.assumingMemoryBound(to: KafkaRunArena.self) else { return }
        arena.pointee.add(message)
    }

    @inline(__always)
    private mutating func add(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            addEvent(message)
            return
        }
        let row = count
        let keyLength = message.pointee.key_len
        let valueLength = message.pointee.len
        if row == rowCapacity || keyBytes + keyLength > keyCapacity || valueBytes + valueLength > valueCapacity {
            grow(keyLength, valueLength)
        }
        offsets[row] = message.pointee.offset
        timestamps[row] = rd_kafka_message_timestamp(message, nil)
        if let key = message.pointee.key {
            (keyData + keyBytes).copyMemory(from: key, byteCount: keyLength)
            keyBytes += keyLength
        } else {
            Bitmap.clear(keyValidity, row)
            nullKeys += 1
        }
        if let value = message.pointee.payload {
            (valueData + valueBytes).copyMemory(from: value, byteCount: valueLength)
            valueBytes += valueLength
        } else {
            Bitmap.clear(valueValidity, row)
            nullValues += 1
        }
        keyEnds[row + 1] = Int32(truncatingIfNeeded: keyBytes)
        valueEnds[row + 1] = Int32(truncatingIfNeeded: valueBytes)
        addHeaders(message)
        count = row + 1
        // What librdkafka has queued behind this message stays there.
        if count == rowsMax || keyBytes + valueBytes >= bytesMax { rd_kafka_yield(client) }
    }

    @inline(__always)
    private mutating func addHeaders(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        if KafkaHeaders.isWithout(message) {
            if headers != nil { appendHeaders(nil) }
            return
        }
        var found: OpaquePointer?
        let hasHeaders = rd_kafka_message_headers(message, &found) == RD_KAFKA_RESP_ERR_NO_ERROR
        if hasHeaders || headers != nil { appendHeaders(hasHeaders ? found : nil) }
    }

    @inline(never)
    private mutating func appendHeaders(_ found: OpaquePointer?) {
        let builder = headers ?? ColumnBuilder(headersType, capacity: rowCapacity)
        headers = builder
        while builder.count < count { builder.appendComposite() }
        if let found { KafkaHeaders.append(found, to: builder.children[0]) }
        builder.appendComposite()
    }

    @inline(never)
    private mutating func addEvent(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        if message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            end = message.pointee.offset
            return
        }
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        if failure == nil { failure = KafkaFailure(message.pointee.err, text) }
        rd_kafka_yield(client)
    }

    @inline(never)
    private mutating func grow(_ keyLength: Int, _ valueLength: Int) {
        func copied(_ old: Buffer, _ used: Int, _ capacity: Int) -> Buffer {
            let wide = Buffer(capacity: capacity)
            wide.base.copyMemory(from: old.base, byteCount: used)
            return wide
        }
        if count == rowCapacity {
            rowCapacity = min(rowCapacity * 4, rowsMax)
            // The callback may get a message or two behind the one that asked to stop.
            if rowCapacity == count { rowCapacity = count + 1 }
            offsetBuffer = copied(offsetBuffer, count * 8, rowCapacity * 8)
            timestampBuffer = copied(timestampBuffer, count * 8, rowCapacity * 8)
            keyEndBuffer = copied(keyEndBuffer, (count + 1) * 4, (rowCapacity + 1) * 4)
            valueEndBuffer = copied(valueEndBuffer, (count + 1) * 4, (rowCapacity + 1) * 4)
            if Bitmap.words(rowCapacity) > Bitmap.words(rowsMax) {
                rowsMax = rowCapacity
                let keys = Bitmap.buffer(rowCapacity, allSet: true)
                keys.base.copyMemory(from: keyValidityBuffer.base, byteCount: Bitmap.words(count) * 8)
                keyValidityBuffer = keys
                let values = Bitmap.buffer(rowCapacity, allSet: true)
                values.base.copyMemory(from: valueValidityBuffer.base, byteCount: Bitmap.words(count) * 8)
                valueValidityBuffer = values
            }
        }
        if keyBytes + keyLength > keyCapacity {
            keyCapacity = capacityFor(keyBytes + keyLength)
            keyBuffer = copied(keyBuffer, keyBytes, keyCapacity)
        }
        if valueBytes + valueLength > valueCapacity {
            valueCapacity = capacityFor(valueBytes + valueLength)
            valueBuffer = copied(valueBuffer, valueBytes, valueCapacity)
        }
        precondition(max(keyCapacity, valueCapacity) < Int(Int32.max), "the bytes of a run stay below 2 GiB")
        refreshPointers()
    }

    /// Room for `bytes` and for as much as the rows to come may need, judged by those that came.
    private func capacityFor(_ bytes: Int) -> Int {
        max(bytes * 2, min(bytes / (count + 1) * rowsMax * 9 / 8, 4 << 20))
    }

    /// The collected messages, whose memory now belongs to the run.
    mutating func finish(_ partition: TopicPartition) -> MessageRun {
        precondition(count > 0, "a run has a message")
        isOpen = false
        expected = (count, keyBytes, valueBytes)
        func bytes(_ data: Buffer, _ ends: Buffer, _ validity: Buffer?) -> Column {
            Column(type: .bytes, count: count, validity: validity, data: data, offsets: ends)
        }
        if let headers { while headers.count < count { headers.appendComposite() } }
        return MessageRun(
            topic: partition.topic,
            partition: partition.partition,
            offsets: Column(type: .bigint, count: count, data: offsetBuffer),
            timestamps: Column(type: .bigint, count: count, data: timestampBuffer),
            keys: bytes(keyBuffer, keyEndBuffer, nullKeys > 0 ? keyValidityBuffer : nil),
            values: bytes(valueBuffer, valueEndBuffer, nullValues > 0 ? valueValidityBuffer : nil),
            headers: headers?.finish(),
            nextOffset: offsets[count - 1] + 1
        )
    }
}
