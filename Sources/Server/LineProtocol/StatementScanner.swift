/// Finds the `;` that ends a statement, outside quotes and comments, in bytes that arrive piece by piece.
public struct StatementScanner: Sendable {
    private enum State {
        case text
        /// Inside quotes; a doubled quote ends and starts again, which comes to the same.
        case quoted(UInt8)
        case afterDash
        case afterSlash
        case lineComment
        case blockComment
        case blockCommentAfterStar
    }

    private var state = State.text

    /// A scanner at the start of a text.
    public init() {}

    /// Whether there was anything but white space and comments.
    public private(set) var hasContent = false

    /// Whether the bytes so far could be forgotten: no content and no open comment.
    public var isBlank: Bool {
        guard !hasContent, case .text = state else { return false }
        return true
    }

    /// Looks through `bytes` from `start`.
    ///
    /// - Returns: the position of the `;`, after which the scanner is as new, or nil.
    public mutating func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        var state = self.state
        var hasContent = self.hasContent
        while index < bytes.count {
            let byte = bytes[index]
            switch state {
            case .afterDash where byte == UInt8(ascii: "-"): state = .lineComment
            case .afterSlash where byte == UInt8(ascii: "*"): state = .blockComment
            case .text, .afterDash, .afterSlash:
                if case .text = state {} else { hasContent = true }
                state = .text
                switch byte {
                case UInt8(ascii: ";"):
                    self = StatementScanner()
                    self.endedWithContent = hasContent
                    return index
                case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
                    state = .quoted(byte)
                    hasContent = true
                case UInt8(ascii: "-"): state = .afterDash
                case UInt8(ascii: "/"): state = .afterSlash
                case 0x20, 0x09...0x0d: break
                default: hasContent = true
                }
            case .quoted(let quote):
                if byte == quote { state = .text }
            case .lineComment:
                if byte == 0x0a { state = .text }
            case .blockComment:
                if byte == UInt8(ascii: "*") { state = .blockCommentAfterStar }
            case .blockCommentAfterStar:
                if byte == UInt8(ascii: "/") {
                    state = .text
                } else if byte != UInt8(ascii: "*") {
                    state = .blockComment
                }
            }
            index += 1
        }
        self.state = state
        self.hasContent = hasContent
        return nil
    }

    /// Whether the statement that the last `scan` ended had anything but white space and comments.
    public private(set) var endedWithContent = false
}
