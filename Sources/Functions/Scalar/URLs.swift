import Values

extension ScalarFunction {
    /// Parts of URLs, and the form encoding of their parameters.
    static let urls: [ScalarFunction] = [
        ScalarFunction(
            "URL_EXTRACT_PROTOCOL",
            "The protocol of a URL.",
            example: "URL_EXTRACT_PROTOCOL('https://a.b/c')" → "'https'"
        ) {
            (url: String) -> String? in try URLParts(url).scheme
        },
        ScalarFunction(
            "URL_EXTRACT_HOST",
            "The host of a URL.",
            example: "URL_EXTRACT_HOST('https://me@a.b:80/c')" → "'a.b'"
        ) {
            (url: String) -> String? in try URLParts(url).host
        },
        ScalarFunction(
            "URL_EXTRACT_PORT",
            "The port of a URL; NULL when it names none.",
            example: "URL_EXTRACT_PORT('http://a.b:8080/')" → "8080"
        ) {
            (url: String) -> Int32? in try URLParts(url).port
        },
        ScalarFunction(
            "URL_EXTRACT_PATH",
            "The path of a URL.",
            example: "URL_EXTRACT_PATH('https://a.b/c%20d?e=f')" → "'/c d'"
        ) {
            (url: String) -> String? in try URLParts(url).path
        },
        ScalarFunction(
            "URL_EXTRACT_QUERY",
            "The query of a URL.",
            example: "URL_EXTRACT_QUERY('https://a.b/c?e=f#g')" → "'e=f'"
        ) {
            (url: String) -> String? in try URLParts(url).query.map { percentDecoded($0, plusIsBlank: false) }
        },
        ScalarFunction(
            "URL_EXTRACT_FRAGMENT",
            "The part behind the # of a URL.",
            example: "URL_EXTRACT_FRAGMENT('https://a.b/c#g')" → "'g'"
        ) {
            (url: String) -> String? in try URLParts(url).fragment
        },
        ScalarFunction(
            "URL_EXTRACT_PARAMETER",
            "The value of the first parameter of a name in the query of a URL.",
            example: "URL_EXTRACT_PARAMETER('https://a.b/c?x=1&y=2', 'y')" → "'2'"
        ) { (url: String, name: String) -> String? in
            guard let query = try URLParts(url).query else { return nil }
            for pair in percentDecoded(query, plusIsBlank: false).split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts[0] == name { return parts.count > 1 ? String(parts[1]) : "" }
            }
            return nil
        },
        ScalarFunction(
            "URL_ENCODE_PARAM",
            "The text as the value of a URL's parameter.",
            example: "URL_ENCODE_PARAM('a b&c')" → "'a+b%26c'"
        ) {
            (text: String) -> String? in formEncoded(text)
        },
        ScalarFunction(
            "URL_DECODE_PARAM",
            "The text of the value of a URL's parameter.",
            example: "URL_DECODE_PARAM('a+b%26c')" → "'a b&c'"
        ) {
            (text: String) -> String? in
            guard hasWholeEscapes(text) else { throw FunctionError("a % without two hexadecimal digits") }
            return percentDecoded(text, plusIsBlank: true)
        },
    ]
}

/// The parts of a URL by RFC 3986.
private struct URLParts {
    private(set) var scheme: String?
    private(set) var host: String?
    private(set) var port: Int32?
    private(set) var path: String?
    /// Still encoded.
    private(set) var query: String?
    private(set) var fragment: String?

    /// - Throws: ``FunctionError`` for signs that no URL has.
    init(_ url: String) throws {
        for byte in url.utf8 where byte <= 0x20 || byte == 0x7F || "\"<>\\^`{|}".utf8.contains(byte) {
            throw FunctionError("not a URL: \(url.prefix(100))")
        }
        var rest = url[...]
        if let hash = rest.firstIndex(of: "#") {
            fragment = percentDecoded(String(rest[rest.index(after: hash)...]), plusIsBlank: false)
            rest = rest[..<hash]
        }
        if let colon = rest.firstIndex(of: ":"), URLParts.isScheme(rest[..<colon]) {
            scheme = String(rest[..<colon])
            rest = rest[rest.index(after: colon)...]
            // Such as mailto:someone: neither host nor path.
            if !rest.hasPrefix("/") { return }
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex(of: "/") ?? rest.endIndex
            readAuthority(rest[..<end])
            rest = rest[end...]
        }
        path = percentDecoded(String(rest), plusIsBlank: false)
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.first, first.isASCII, first.isLetter else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }

    private mutating func readAuthority(_ authority: Substring) {
        var rest = authority
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        if let colon = rest.lastIndex(of: ":"), let number = Int32(rest[rest.index(after: colon)...]) {
            port = number
            rest = rest[..<colon]
        }
        host = rest.isEmpty ? nil : String(rest)
    }
}

/// True when two hexadecimal digits follow every `%`.
private func hasWholeEscapes(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.indices.allSatisfy { index in
        bytes[index] != 0x25
            || index + 2 < bytes.count && isHexDigit(bytes[index + 1]) && isHexDigit(bytes[index + 2])
    }
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
}

/// The text with every `%XX` as its byte; what is not valid stays.
private func percentDecoded(_ text: String, plusIsBlank: Bool) -> String {
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
        if bytes[index] == 0x25, index + 2 < bytes.count,
            let value = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
        {
            out.append(value)
            index += 3
        } else {
            out.append(plusIsBlank && bytes[index] == 0x2B ? 0x20 : bytes[index])
            index += 1
        }
    }
    return String(decoding: out, as: UTF8.self)
}

private func formEncoded(_ text: String) -> String {
    var out = ByteWriter(capacity: text.utf8.count + 16)
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x2D, 0x2A, 0x5F: out.append(byte)
        case 0x20: out.append(0x2B)
        default:
            out.append(0x25)
            out.append(hex: byte, upper: true)
        }
    }
    return out.text
}
