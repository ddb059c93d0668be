import CSimdJSON
import Values

/// Why a JSON payload was refused, in words.
struct JSONReason: CustomStringConvertible {
    /// One of the decoder's reasons.
    let code: Int
    /// The offending text.
    let text: String
    /// The column's type; nil when the payload as a whole is wrong.
    let type: SQLType?

    var description: String {
        switch code {
        case Int(WEIR_JSON_EMPTY): "the payload is empty, expected JSON"
        case Int(WEIR_JSON_NOT_UTF8): "the payload is not valid UTF-8"
        case Int(WEIR_JSON_UNCLOSED_STRING): "malformed JSON: a string does not end"
        case Int(WEIR_JSON_CONTROL_CHARACTER): "malformed JSON: a control character in a string must be escaped"
        case Int(WEIR_JSON_NOT_AN_OBJECT): "expected a JSON object, found \(found)"
        case Int(WEIR_JSON_TRAILING): "malformed JSON: there is more text behind the value"
        case Int(WEIR_JSON_WRONG_KIND): "expected \(expected), found \(found)"
        case Int(WEIR_JSON_OUT_OF_RANGE): "the number does not fit \(expected)"
        case Int(WEIR_JSON_INEXACT): "the number has more digits behind the point than \(expected)"
        case Int(WEIR_JSON_NOT_A_NUMBER): "the text is not a number, expected \(expected)"
        case Int(WEIR_JSON_NOT_A_TIME): "the text is neither a number nor ISO 8601, expected \(expected)"
        case Int(WEIR_JSON_NOT_BASE64): "the text is not base64, expected BYTES"
        case Int(WEIR_JSON_TOO_DEEP): "the value is nested too deeply"
        case Int(WEIR_JSON_BAD_ESCAPE): "malformed JSON: unknown escape in a string"
        default: "malformed JSON"
        }
    }

    private var expected: String { type?.description ?? "another value" }

    private var found: String {
        switch text.utf8.first(where: { $0 > 32 }) ?? 0 {
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "["): "an array"
        case UInt8(ascii: "\""): "a string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
        case UInt8(ascii: "n"): "null"
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): "a number"
        default: "no JSON value"
        }
    }
}
