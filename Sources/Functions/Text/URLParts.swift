import Values

/// The parts of a URL by RFC 3986, in place: valid as long as the text that they were read from.
struct URLParts {
    private(set) var scheme: URLPart?
    /// NULL as well when the authority is no host name, as with `http://a_b/`.
    private(set) var host: URLPart?
    private(set) var port: Int32?
    /// Still encoded, as are the query and the fragment.
    private(set) var path: URLPart?
    private(set) var query: URLPart?
    private(set) var fragment: URLPart?

    /// - Throws: ``FunctionError`` for signs that no URL has, and for a `%` without two hexadecimal digits.
    init(_ url: Text) throws(FunctionError) {
        var rest = URLPart(url.bytes)
        guard rest.bytes.allSatisfy({ URLParts.isAllowed[Int($0)] }), hasWholeEscapes(rest.bytes) else {
            throw FunctionError("not a URL: \(url.string.prefix(100))")
        }
        if let hash = rest.first(0x23) {
            fragment = rest.from(hash + 1)
            rest = rest.upTo(hash)
        }
        if let colon = rest.first(0x3A), rest.upTo(colon).isScheme {
            scheme = rest.upTo(colon)
            rest = rest.from(colon + 1)
            // Such as mailto:someone: neither host nor path.
            if rest.bytes.first != 0x2F { return }
        }
        if let mark = rest.first(0x3F) {
            query = rest.from(mark + 1)
            rest = rest.upTo(mark)
        }
        if rest.bytes.count >= 2, rest.bytes[0] == 0x2F, rest.bytes[1] == 0x2F {
            rest = rest.from(2)
            let end = rest.first(0x2F) ?? rest.bytes.count
            readAuthority(rest.upTo(end))
            rest = rest.from(end)
        }
        path = rest
    }

    /// For each byte whether a URL may have it: no blanks, no control characters, none of `"<>\^`{|}`.
    private static let isAllowed: [Bool] = (0..<256).map { byte in
        byte > 0x20 && byte != 0x7F && !"\"<>\\^`{|}".utf8.contains(UInt8(byte))
    }

    private mutating func readAuthority(_ authority: URLPart) {
        var rest = authority
        if let at = rest.last(0x40) { rest = rest.from(at + 1) }
        var number: Int32?
        if let colon = rest.last(0x3A), rest.bytes.last != 0x5D {
            let digits = rest.from(colon + 1)
            if !digits.bytes.isEmpty {
                guard let value = digits.number else { return }
                number = value
            }
            rest = rest.upTo(colon)
        }
        guard rest.isHost else { return }
        host = rest
        port = number
    }
}

/// A piece of a URL.
struct URLPart {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func first(_ byte: UInt8) -> Int? { bytes.firstIndex(of: byte) }
    func last(_ byte: UInt8) -> Int? { bytes.lastIndex(of: byte) }
    func upTo(_ end: Int) -> URLPart { URLPart(bytes.part(0..<end)) }
    func from(_ start: Int) -> URLPart { URLPart(bytes.part(start..<bytes.count)) }

    fileprivate var isScheme: Bool {
        guard let first = bytes.first, isLetter(first) else { return false }
        return bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E }
    }

    /// True for a name of labels, an IPv4 address, and an IPv6 address in brackets.
    fileprivate var isHost: Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        if first == 0x5B { return last == 0x5D && bytes.count > 2 }
        var labels = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        if labels.count == 4, labels.allSatisfy({ URLPart(UnsafeRawBufferPointer(rebasing: $0)).isOctet }) {
            return true
        }
        // The name may end with a point.
        if labels.count > 1, labels[labels.count - 1].isEmpty { labels.removeLast() }
        let areLabels = labels.allSatisfy { label in
            guard let first = label.first, let last = label.last, first != 0x2D, last != 0x2D else { return false }
            return label.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x2D }
        }
        guard areLabels, let top = labels.last?.first else { return false }
        return labels.count == 1 || isLetter(top)
    }

    private var isOctet: Bool { bytes.count <= 3 && (number.map { $0 <= 255 } ?? false) }

    /// The number that the digits are; nil for anything else.
    fileprivate var number: Int32? {
        guard !bytes.isEmpty, bytes.count <= 10, bytes.allSatisfy(isDigit) else { return nil }
        return Int32(exactly: bytes.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) })
    }

    /// The value of the first parameter of a name, in a query.
    func parameter(_ name: Text) -> URLPart? {
        var start = 0
        while start <= bytes.count {
            let end = bytes[start...].firstIndex(of: 0x26) ?? bytes.count
            let pair = URLPart(bytes.part(start..<end))
            start = end + 1
            if pair.bytes.isEmpty { continue }
            let sign = pair.first(0x3D)
            if pair.upTo(sign ?? pair.bytes.count).bytes.elementsEqual(name.bytes) {
                return sign.map { pair.from($0 + 1) } ?? pair.from(pair.bytes.count)
            }
        }
        return nil
    }

    func write(to out: inout ByteWriter) { out.append(bytes) }

    /// Writes the text with every `%XX` as its byte; bytes that are not UTF-8 then become U+FFFD.
    func writeDecoded(to out: inout ByteWriter) { bytes.contains(0x25) ? out.append(decoded()) : out.append(bytes) }

    /// The text with every `%XX` as its byte.
    func decoded(plusIsBlank: Bool = false) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x25, index + 2 < bytes.count,
                let high = hexDigit(bytes[index + 1]), let low = hexDigit(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(plusIsBlank && bytes[index] == 0x2B ? 0x20 : bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}

/// True when two hexadecimal digits follow every `%`.
func hasWholeEscapes(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.contains(0x25) else { return true }
    return text.indices.allSatisfy { index in
        text[index] != 0x25
            || index + 2 < text.count && hexDigit(text[index + 1]) != nil && hexDigit(text[index + 2]) != nil
    }
}

/// The value of a hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x57
    default: nil
    }
}

private func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
