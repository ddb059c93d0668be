/// Where a piece of syntax starts in the text it was read from.
///
/// Positions never take part in comparing syntax: any two are equal and hash alike, so two trees that say the same
/// are equal wherever they were written. Compare ``offset`` to compare places.
public struct SourcePosition: Sendable {
    private let storedLine: UInt32
    private let storedColumn: UInt32
    private let storedOffset: UInt32

    /// The line, from 1.
    public var line: Int { Int(storedLine) }
    /// The column in characters (Unicode scalars), from 1.
    public var column: Int { Int(storedColumn) }
    /// The number of UTF-8 bytes before it.
    public var offset: Int { Int(storedOffset) }

    /// The start of a text; also the position of syntax that was made, not read.
    public static let start = SourcePosition(line: 1, column: 1, offset: 0)

    /// A position; parts beyond 32 bits are clamped.
    public init(line: Int, column: Int, offset: Int) {
        storedLine = UInt32(clamping: line)
        storedColumn = UInt32(clamping: column)
        storedOffset = UInt32(clamping: offset)
    }
}

extension SourcePosition: Hashable {
    /// Always true, see the type.
    public static func == (_: SourcePosition, _: SourcePosition) -> Bool { true }

    /// Adds nothing, see the type.
    public func hash(into _: inout Hasher) {}
}

extension SourcePosition: CustomStringConvertible {
    /// `line:column`.
    public var description: String { "\(line):\(column)" }
}
