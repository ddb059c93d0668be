import Parser

/// Finds the `;` that ends a statement in bytes that arrive piece by piece, and tells empty statements apart.
public struct StatementScanner: Sendable {
    private var splitter = StatementSplitter()
    /// Whether the statement that the last `scan` ended had anything but white space and comments.
    public private(set) var endedWithContent = false

    /// A scanner at the start of a text.
    public init() {}

    /// Whether there was anything but white space and comments since the last `;`.
    public var hasContent: Bool { splitter.hasStatement }

    /// Whether the bytes so far could be forgotten: no content and no open comment.
    public var isBlank: Bool { splitter.state == .blank }

    /// Looks through `bytes` from `start`.
    ///
    /// - Returns: the position of the `;`, after which the scanner is between statements, or nil.
    public mutating func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let before = splitter
        guard let count = splitter.scan(UnsafeRawBufferPointer(rebasing: bytes[start...]).bytes) else { return nil }
        let end = start + count - 1
        endedWithContent = before.hasStatement || Self.hasContent(bytes[start..<end], after: before)
        return end
    }

    private static func hasContent(_ part: Slice<UnsafeRawBufferPointer>, after state: StatementSplitter) -> Bool {
        var state = state
        _ = state.scan(UnsafeRawBufferPointer(rebasing: part).bytes)
        return state.hasStatement
    }
}
