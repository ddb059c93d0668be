import CRdKafka
import Values

/// Message headers between librdkafka's lists and columns; rare, so nothing here is tuned.
enum KafkaHeaders {
    /// True when a message that came from a fetch is known to have no headers; false says nothing.
    ///
    /// Asking librdkafka costs an allocation per message, a tenth of all reading. It hands a value out where it lies in
    /// the fetched record, and there the number of headers follows. The record formats of Kafka before 0.11 have no
    /// headers, and nothing either behind the last value, so the byte is not read across the end of a memory page.
    @inline(__always)
    static func isWithout(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> Bool {
        guard isLayoutKnown, let value = message.pointee.payload else { return false }
        let next = value + message.pointee.len
        guard UInt(bitPattern: next) & 4095 != 0 else { return false }
        return next.load(as: UInt8.self) == 0
    }

    /// Versions in which values lie in the fetched record, as has been looked up.
    private static let isLayoutKnown = rd_kafka_version() >> 16 == 0x0200

    /// Appends the headers of one message to `list`, a builder of STRUCT<KEY STRING, VALUE BYTES>.
    static func append(_ headers: OpaquePointer, to list: ColumnBuilder) {
        var index = 0
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while rd_kafka_header_get_all(headers, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            list.children[0].append(string: name.map { String(cString: $0) } ?? "")
            if let value {
                list.children[1].append(bytes: UnsafeRawBufferPointer(start: value, count: size))
            } else {
                list.children[1].appendNull()
            }
            list.appendComposite()
            index += 1
        }
    }

    /// The headers of row `row` of a headers column, to be owned by the caller; nil when it has none.
    static func list(_ column: Column, _ row: Int) -> OpaquePointer? {
        guard !column.isNull(row) else { return nil }
        let entries = Int(column.offsets[row])..<Int(column.offsets[row + 1])
        guard !entries.isEmpty, let list = rd_kafka_headers_new(entries.count) else { return nil }
        let names = column.children[0].children[0]
        let values = column.children[0].children[1]
        for entry in entries {
            let name = names.bytes(entry)
            let value = values.bytes(entry)
            // An empty value still needs an address: none at all means NULL to librdkafka.
            let start = values.isNull(entry) ? nil : value.baseAddress ?? UnsafeRawPointer(values.arena)
            rd_kafka_header_add(
                list,
                name.baseAddress?.assumingMemoryBound(to: CChar.self),
                name.count,
                start,
                value.count
            )
        }
        return list
    }
}
