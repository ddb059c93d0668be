import CSimdJSON
import Runtime
import Values

/// Decodes the single column of the KAFKA format.
final class KafkaReader: FormatReader {
    private let field: Schema.Field?

    init(_ wanted: [Schema.Field]) { field = wanted.first }

    func read(_ payloads: Column, bad: inout [BadPayload]) throws -> [Column] {
        guard let field else { return [] }
        switch field.type {
        case .integer: return [fixed(payloads, field, UInt32.self, into: &bad)]
        case .bigint, .double: return [fixed(payloads, field, UInt64.self, into: &bad)]
        case .string: return [Self.text(payloads)]
        default: return [payloads.retyped(field.type)]
        }
    }

    private func fixed<T: FixedWidthInteger & BitwiseCopyable>(
        _ payloads: Column,
        _ field: Schema.Field,
        _: T.Type,
        into bad: inout [BadPayload]
    ) -> Column {
        let count = payloads.count
        let width = MemoryLayout<T>.size
        let data = Buffer(capacity: count * width)
        let values = data.base.assumingMemoryBound(to: T.self)
        let offsets = payloads.offsets
        let arena = UnsafeRawPointer(payloads.arena)
        let words = payloads.validityWords
        var validity = payloads.validity
        for row in 0..<count {
            let start = Int(offsets[row])
            if Int(offsets[row + 1]) - start == width {
                values[row] = T(bigEndian: arena.loadUnaligned(fromByteOffset: start, as: T.self))
                continue
            }
            values[row] = 0
            if words.map({ !Bitmap.get($0, row) }) ?? false { continue }
            bad.append(refused(payloads.bytes(row), row, field, width))
            if validity === payloads.validity { validity = copied(payloads.validity, count) }
            if let own = validity { Bitmap.clear(own.base.assumingMemoryBound(to: UInt64.self), row) }
        }
        return Column(type: field.type, count: count, validity: validity, data: data)
    }

    private func refused(_ bytes: UnsafeRawBufferPointer, _ row: Int, _ field: Schema.Field, _ width: Int) -> BadPayload
    {
        BadPayload(
            row: row,
            field: field.name,
            value: shownText(bytes),
            reason: "expected \(width) bytes of \(field.type), found \(bytes.count)"
        )
    }

    private func copied(_ validity: Buffer?, _ count: Int) -> Buffer {
        let copy = Bitmap.buffer(count, allSet: true)
        if let validity { copy.base.copyMemory(from: validity.base, byteCount: Bitmap.words(count) * 8) }
        return copy
    }

    /// The payloads themselves; where they are not UTF-8, with U+FFFD for the broken bytes, as Kafka's deserialiser does.
    static func text(_ payloads: Column) -> Column {
        guard payloads.count > 0, payloads.data != nil else { return payloads.retyped(.string) }
        let start = Int(payloads.offsets[0])
        let whole = UnsafeRawBufferPointer(
            start: payloads.arena + start,
            count: Int(payloads.offsets[payloads.count]) - start
        )
        if isASCII(whole) || (0..<payloads.count).allSatisfy({ isUTF8(payloads.bytes($0)) }) {
            return payloads.retyped(.string)
        }
        let builder = ColumnBuilder(.string, capacity: payloads.count)
        for row in 0..<payloads.count {
            if payloads.isNull(row) {
                builder.appendNull()
            } else {
                builder.append(string: String(decoding: payloads.bytes(row), as: UTF8.self))
            }
        }
        return builder.finish()
    }
}

/// True when no byte has its highest bit set.
func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    var seen: UInt64 = 0
    var position = 0
    while position + 8 <= bytes.count {
        seen |= base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        position += 8
    }
    while position < bytes.count {
        seen |= UInt64(bytes[position])
        position += 1
    }
    return seen & 0x8080_8080_8080_8080 == 0
}

/// True when the bytes are well-formed UTF-8.
func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    return weir_is_utf8(base.assumingMemoryBound(to: UInt8.self), bytes.count)
}

/// Bytes in a message: as text where they are some, in hexadecimal otherwise; shortened to 200 characters.
func shownText(_ bytes: UnsafeRawBufferPointer) -> String {
    let isText = isUTF8(bytes) && !bytes.contains { $0 < 0x20 && $0 != 9 }
    if isText { return String(String(decoding: bytes.prefix(800), as: UTF8.self).prefix(200)) }
    return "0x" + bytes.prefix(99).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
