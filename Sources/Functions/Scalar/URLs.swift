import Values

extension ScalarFunction {
    /// Parts of URLs, and the form encoding of their parameters.
    static let urls: [ScalarFunction] = [
        ScalarFunction(
            writing: "URL_EXTRACT_PROTOCOL",
            "The protocol of a URL.",
            example: "URL_EXTRACT_PROTOCOL('https://a.b/c')" → "'https'"
        ) {
            (url: Text, out: inout ByteWriter) in try URLParts(url).scheme?.write(to: &out) != nil
        },
        ScalarFunction(
            writing: "URL_EXTRACT_HOST",
            "The host of a URL.",
            example: "URL_EXTRACT_HOST('https://me@a.b:80/c')" → "'a.b'"
        ) {
            (url: Text, out: inout ByteWriter) in try URLParts(url).host?.write(to: &out) != nil
        },
        ScalarFunction(
            "URL_EXTRACT_PORT",
            "The port of a URL; NULL when it names none.",
            example: "URL_EXTRACT_PORT('http://a.b:8080/')" → "8080"
        ) {
            (url: Text) -> Int32? in try URLParts(url).port
        },
        ScalarFunction(
            writing: "URL_EXTRACT_PATH",
            "The path of a URL.",
            example: "URL_EXTRACT_PATH('https://a.b/c%20d?e=f')" → "'/c d'"
        ) {
            (url: Text, out: inout ByteWriter) in try URLParts(url).path?.writeDecoded(to: &out) != nil
        },
        ScalarFunction(
            writing: "URL_EXTRACT_QUERY",
            "The query of a URL.",
            example: "URL_EXTRACT_QUERY('https://a.b/c?e=f#g')" → "'e=f'"
        ) {
            (url: Text, out: inout ByteWriter) in try URLParts(url).query?.writeDecoded(to: &out) != nil
        },
        ScalarFunction(
            writing: "URL_EXTRACT_FRAGMENT",
            "The part behind the # of a URL.",
            example: "URL_EXTRACT_FRAGMENT('https://a.b/c#g')" → "'g'"
        ) {
            (url: Text, out: inout ByteWriter) in try URLParts(url).fragment?.writeDecoded(to: &out) != nil
        },
        ScalarFunction(
            writing: "URL_EXTRACT_PARAMETER",
            "The value of the first parameter of a name in the query of a URL.",
            example: "URL_EXTRACT_PARAMETER('https://a.b/c?x=1&y=2', 'y')" → "'2'"
        ) { (url: Text, name: Text, out: inout ByteWriter) in
            guard let query = try URLParts(url).query else { return false }
            // Escapes are read before the query is taken apart: an escaped & or = parts, too.
            if query.bytes.contains(0x25) {
                return withBytes(query.decoded()) { URLPart($0).parameter(name)?.write(to: &out) != nil }
            }
            return query.parameter(name)?.write(to: &out) != nil
        },
        ScalarFunction(
            writing: "URL_ENCODE_PARAM",
            "The text as the value of a URL's parameter.",
            example: "URL_ENCODE_PARAM('a b&c')" → "'a+b%26c'"
        ) {
            (text: Text, out: inout ByteWriter) in
            writeFormEncoded(text.bytes, to: &out)
            return true
        },
        ScalarFunction(
            writing: "URL_DECODE_PARAM",
            "The text of the value of a URL's parameter.",
            example: "URL_DECODE_PARAM('a+b%26c')" → "'a b&c'"
        ) {
            (text: Text, out: inout ByteWriter) in
            guard hasWholeEscapes(text.bytes) else { throw FunctionError("a % without two hexadecimal digits") }
            out.append(URLPart(text.bytes).decoded(plusIsBlank: true))
            return true
        },
    ]
}

private func writeFormEncoded(_ text: UnsafeRawBufferPointer, to out: inout ByteWriter) {
    for byte in text {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x2D, 0x2A, 0x5F: out.append(byte)
        case 0x20: out.append(0x2B)
        default:
            out.append(0x25)
            out.append(hex: byte, upper: true)
        }
    }
}
