import Glibc
import Values

extension ScalarFunction {
    /// BYTES as text and numbers, and identifiers.
    static let encodings: [ScalarFunction] =
        [
            ScalarFunction(
                "ENCODE",
                "The text in another encoding: hex, utf8, ascii or base64.",
                example: "ENCODE('4578616d706c6521', 'hex', 'utf8')" → "'Example!'"
            ) { (text: Text, from: Text, to: Text) -> String? in
                let (input, output) = (try Encoding.named(from), try Encoding.named(to))
                if input == output { throw FunctionError("the text already is \(from.string)") }
                return output.text(of: try input.bytes(of: text.bytes))
            },
            ScalarFunction(
                "FROM_BYTES",
                "The bytes as text in an encoding: hex, utf8, ascii or base64.",
                example: "FROM_BYTES(CAST('Grs=' AS BYTES), 'hex')" → "'1ABB'"
            ) { (bytes: ByteRun, encoding: Text) -> String? in
                let encoding = try Encoding.named(encoding)
                let text = encoding.text(of: Array(bytes.bytes))
                return encoding == .hex ? text.uppercased() : text
            },
            ScalarFunction(
                writing: "TO_BYTES",
                "The bytes of a text in an encoding: hex, utf8, ascii or base64.",
                example: "TO_BYTES('1abb', 'hex')" → "CAST('Grs=' AS BYTES)",
                returns: .bytes
            ) { (text: Text, encoding: Text, out: inout ByteWriter) in
                try Encoding.named(encoding).bytes(of: text.bytes).withUnsafeBytes { out.append($0) }
                return true
            },
            ScalarFunction(
                "UUID",
                "A random identifier.",
                [],
                returns: .pattern(.exact(.string)),
                nulls: .sees,
                isDeterministic: false
            ) { call in
                let random = RandomBytes(count: call.count * 16)
                return call.texts(seesNull: []) { row, out in
                    var bytes = random[row * 16..<row * 16 + 16]
                    // Version 4, variant 1 of RFC 4122.
                    bytes[row * 16 + 6] = bytes[row * 16 + 6] & 0x0F | 0x40
                    bytes[row * 16 + 8] = bytes[row * 16 + 8] & 0x3F | 0x80
                    bytes.withUnsafeBytes { out.append(uuid: $0) }
                    return true
                }
            },
            ScalarFunction(
                writing: "UUID",
                "The identifier of 16 bytes; NULL for any other number of bytes.",
                example: "UUID(TO_BYTES('1234567890abcdef1234567890abcdef', 'hex'))"
                    → "'12345678-90ab-cdef-1234-567890abcdef'"
            ) { (bytes: ByteRun, out: inout ByteWriter) in
                guard bytes.bytes.count == 16 else { return false }
                out.append(uuid: bytes.bytes)
                return true
            },
            ScalarFunction(
                "GEO_DISTANCE",
                "The distance of two points on Earth given by latitude and longitude, in kilometres.",
                [.exact(.double), .exact(.double), .exact(.double), .exact(.double)],
                returns: .pattern(.exact(.double)),
                evaluate: geoDistance
            ),
            ScalarFunction(
                "GEO_DISTANCE",
                "The distance of two points on Earth given by latitude and longitude, in 'KM' or 'MILES'.",
                example: "ROUND(GEO_DISTANCE(37.4, -122.1, 51.5, -0.1, 'MI'))" → "5368",
                [.exact(.double), .exact(.double), .exact(.double), .exact(.double), .exact(.string)],
                returns: .pattern(.exact(.double)),
                nulls: .sees,
                evaluate: geoDistance
            ),
        ]
        + number("INT_FROM_BYTES", "INTEGER", 4, .integer, "INT_FROM_BYTES(CAST('AAAH5Q==' AS BYTES))" → "2021")
        + number(
            "BIGINT_FROM_BYTES",
            "BIGINT",
            8,
            .bigint,
            "BIGINT_FROM_BYTES(CAST('AAAAASoF8gA=' AS BYTES))" → "5000000000"
        )
        + number("DOUBLE_FROM_BYTES", "DOUBLE", 8, .double, "DOUBLE_FROM_BYTES(CAST('QFAAAAAAAAA=' AS BYTES))" → "64.0")

    private static func number(
        _ name: String,
        _ kind: String,
        _ width: Int,
        _ type: SQLType,
        _ example: FunctionExample
    ) -> [ScalarFunction] {
        [false, true].map { hasOrder in
            ScalarFunction(
                name,
                "The \(kind) of \(width) bytes, BIG_ENDIAN by default or LITTLE_ENDIAN.",
                example: hasOrder ? nil : example,
                [.exact(.bytes)] + (hasOrder ? [.exact(.string)] : []),
                returns: .pattern(.exact(type))
            ) { call in
                let word = { (row: Int) throws -> UInt64 in
                    let bytes = call.arguments[0].bytes(row)
                    guard bytes.count == width else {
                        throw FunctionError("\(kind) takes \(width) bytes, not \(bytes.count)")
                    }
                    let isLittle = hasOrder ? try Encoding.isLittleEndian(call.arguments[1].bytes(row)) : false
                    let ordered = isLittle ? Array(bytes.reversed()) : Array(bytes)
                    return ordered.reduce(0) { $0 << 8 | UInt64($1) }
                }
                let strict = call.arguments.map { _ in false }
                switch type {
                case .integer:
                    return call.rows(Int32.self, seesNull: strict) { Int32(truncatingIfNeeded: try word($0)) }
                case .bigint: return call.rows(Int64.self, seesNull: strict) { Int64(bitPattern: try word($0)) }
                default: return call.rows(Double.self, seesNull: strict) { Double(bitPattern: try word($0)) }
                }
            }
        }
    }
}

/// How bytes are written as text.
private enum Encoding {
    case hex, utf8, ascii, base64

    static func named(_ name: Text) throws -> Encoding {
        if name.equals("HEX") { return .hex }
        if name.equals("UTF8") { return .utf8 }
        if name.equals("ASCII") { return .ascii }
        if name.equals("BASE64") { return .base64 }
        throw FunctionError("the encodings are hex, utf8, ascii and base64, not \(name.string.prefix(60))")
    }

    static func isLittleEndian(_ order: UnsafeRawBufferPointer) throws -> Bool {
        if Text(order).equals("BIG_ENDIAN") { return false }
        if Text(order).equals("LITTLE_ENDIAN") { return true }
        throw FunctionError("the byte order is BIG_ENDIAN or LITTLE_ENDIAN, not \(Text(order).string.prefix(60))")
    }

    func text(of bytes: [UInt8]) -> String {
        var out = ByteWriter(capacity: bytes.count * 2)
        switch self {
        case .hex: for byte in bytes { out.append(hex: byte, upper: false) }
        case .utf8: return String(decoding: bytes, as: UTF8.self)
        case .ascii: return String(String.UnicodeScalarView(bytes.map { $0 < 0x80 ? Unicode.Scalar($0) : "\u{FFFD}" }))
        case .base64: bytes.withUnsafeBytes { out.append(base64: $0) }
        }
        return out.text
    }

    func bytes(of text: UnsafeRawBufferPointer) throws -> [UInt8] {
        switch self {
        case .utf8: return Array(text)
        case .ascii:
            return String(decoding: text, as: UTF8.self).unicodeScalars.map { $0.isASCII ? UInt8($0.value) : 0x3F }
        case .base64:
            guard let bytes = TextReader.base64(text) else { throw FunctionError("the text is not base64") }
            return bytes
        case .hex: return try Encoding.unhexed(text)
        }
    }

    /// Digits as they are, behind `0x`, or in `X'…'`; only behind `0x` may the first of an odd number stand alone.
    private static func unhexed(_ text: UnsafeRawBufferPointer) throws -> [UInt8] {
        var digits = text
        var mayBeOdd = false
        if text.count >= 2, text[0] == 0x30, text[1] | 0x20 == 0x78 {
            digits = text.part(2..<text.count)
            mayBeOdd = true
        } else if text.count >= 3, text[0] | 0x20 == 0x78, text[1] == 0x27, text[text.count - 1] == 0x27 {
            digits = text.part(2..<text.count - 1)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity((digits.count + 1) / 2)
        // The digit that waits for another one.
        var high: UInt8? = digits.count % 2 == 1 && mayBeOdd ? 0 : nil
        for sign in digits {
            guard let digit = hexDigit(sign) else { throw notHexadecimal(text) }
            if let waiting = high {
                bytes.append(waiting << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { throw notHexadecimal(text) }
        return bytes
    }

    private static func notHexadecimal(_ text: UnsafeRawBufferPointer) -> FunctionError {
        FunctionError("the text is not hexadecimal: \(String(decoding: text.prefix(60), as: UTF8.self))")
    }
}

extension ByteWriter {
    /// Appends 16 bytes as an identifier in hexadecimal digits.
    fileprivate mutating func append(uuid bytes: UnsafeRawBufferPointer) {
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { append(0x2D) }
            append(hex: byte, upper: false)
        }
    }
}

@Sendable
private func geoDistance(_ call: FunctionCall) -> Column {
    let angles = call.arguments[..<4].map { Double.Reader($0) }
    var radius: (Int) throws(FunctionError) -> Double = { _ in 6371 }
    if call.arguments.count > 4 {
        let units = Optional<Text>.Reader(call.arguments[4])
        radius = call.eachOrConstant(4) { (row: Int) throws(FunctionError) in try earthRadius(units(row)) }
    }
    return call.rows(Double.self, seesNull: call.arguments.indices.map { $0 == 4 }) { row in
        let (lat1, lon1, lat2, lon2) = (angles[0](row), angles[1](row), angles[2](row), angles[3](row))
        guard abs(lat1) <= 90, abs(lat2) <= 90, abs(lon1) <= 180, abs(lon2) <= 180 else {
            throw FunctionError("a latitude is within 90 degrees and a longitude within 180")
        }
        let radius = try radius(row)
        let toRadians = Double.pi / 180
        let (dLat, dLon) = ((lat2 - lat1) * toRadians, (lon2 - lon1) * toRadians)
        let chord =
            sin(dLat / 2) * sin(dLat / 2)
            + sin(dLon / 2) * sin(dLon / 2) * cos(lat1 * toRadians) * cos(lat2 * toRadians)
        return radius * 2 * asin(min(chord.squareRoot(), 1))
    }
}

private let kilometre: [StaticString] = ["KM", "KILOMETER", "KILOMETERS", "KILOMETRE", "KILOMETRES"]
private let mile: [StaticString] = ["MI", "MILE", "MILES"]

private func earthRadius(_ unit: Text?) throws(FunctionError) -> Double {
    guard let unit, !unit.bytes.isEmpty else { return 6371 }
    if kilometre.contains(where: unit.equals) { return 6371 }
    if mile.contains(where: unit.equals) { return 3959 }
    throw FunctionError("a distance is in KM or MILES, not \(unit.string.prefix(60))")
}
