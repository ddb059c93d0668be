/// Finds where statements end in text that comes in pieces.
///
/// Looks at every byte once, keeps a few bytes of state, and knows quotes and comments but no grammar: a statement
/// ends at the first `;` outside of both. Made for a connection that reads lines and for a prompt that wants to know
/// whether to ask for more.
public struct StatementSplitter: Sendable, Hashable {
    /// Where the text read so far stops.
    public enum State: Sendable, Hashable {
        /// Between statements: nothing but space and comments since the last `;`.
        case blank
        /// Inside a statement.
        case statement
        /// Inside `'…'`.
        case singleQuote
        /// Inside `"…"`.
        case doubleQuote
        /// Inside `` `…` ``.
        case backquote
        /// Inside `-- …`, up to the end of the line.
        case lineComment
        /// Inside `/* … */`.
        case blockComment
    }

    /// Where the text read so far stops.
    public private(set) var state = State.blank
    /// Whether something of a statement has been read since the last `;`.
    public private(set) var hasStatement = false
    /// A `-`, `/` or, in a comment, `*` that may be half of a comment's mark; else 0.
    private var pending: UInt8 = 0

    /// A splitter at the start of a text.
    public init() {}

    /// Reads on, up to the end of a statement.
    ///
    /// - Returns: the number of bytes up to and with the `;`, after which the splitter stands between statements; or
    ///   nil if all bytes are read and no statement has ended.
    public mutating func scan(_ bytes: RawSpan) -> Int? {
        for offset in 0..<bytes.byteCount {
            let byte = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            if step(byte) { return offset + 1 }
        }
        return nil
    }

    /// Reads on, up to the end of a statement; see the other form.
    public mutating func scan(_ bytes: some Sequence<UInt8>) -> Int? {
        let scanned: Int?? = bytes.withContiguousStorageIfAvailable { scan(UnsafeRawBufferPointer($0).bytes) }
        if let scanned { return scanned }
        var count = 0
        for byte in bytes {
            count += 1
            if step(byte) { return count }
        }
        return nil
    }

    /// Forgets everything read.
    public mutating func reset() { self = StatementSplitter() }

    /// Reads one byte; true if it ends a statement.
    private mutating func step(_ byte: UInt8) -> Bool {
        switch state {
        case .blank, .statement:
            return stepOutside(byte)
        case .singleQuote:
            if byte == UInt8(ascii: "'") { state = .statement }
        case .doubleQuote:
            if byte == UInt8(ascii: "\"") { state = .statement }
        case .backquote:
            if byte == UInt8(ascii: "`") { state = .statement }
        case .lineComment:
            if byte == UInt8(ascii: "\n") { leaveComment() }
        case .blockComment:
            if byte == UInt8(ascii: "/"), pending == UInt8(ascii: "*") {
                leaveComment()
            } else {
                pending = byte == UInt8(ascii: "*") ? byte : 0
            }
        }
        return false
    }

    private mutating func stepOutside(_ byte: UInt8) -> Bool {
        if pending != 0 {
            let opener = pending
            pending = 0
            if opener == UInt8(ascii: "-"), byte == opener {
                state = .lineComment
                return false
            }
            if opener == UInt8(ascii: "/"), byte == UInt8(ascii: "*") {
                state = .blockComment
                return false
            }
            enter(.statement)
        }
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "/"): pending = byte
        case UInt8(ascii: "'"): enter(.singleQuote)
        case UInt8(ascii: "\""): enter(.doubleQuote)
        case UInt8(ascii: "`"): enter(.backquote)
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x0B, 0x0C: break
        case UInt8(ascii: ";"):
            reset()
            return true
        default: enter(.statement)
        }
        return false
    }

    private mutating func enter(_ next: State) {
        state = next
        hasStatement = true
    }

    private mutating func leaveComment() {
        pending = 0
        state = hasStatement ? .statement : .blank
    }
}
