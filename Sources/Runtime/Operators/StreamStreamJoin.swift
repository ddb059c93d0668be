import Values

/// Joins the rows of two streams (inputs 0 and 1) that have equal keys and are not too far apart in time.
///
/// Each row meets the rows of the other side that came before it, whichever side that is, and makes a row with the later
/// one's timestamp for each. What becomes of a row without a match, where ``kind`` keeps it, depends on the window: with
/// ``JoinSpan/waits`` it comes once, when stream time says that no match can come any more, with its own timestamp;
/// without it comes at once, and matches may follow.
public struct StreamStreamJoin: OperatorSpec, Hashable {
    public enum Kind: String, Hashable, Sendable {
        case inner = "INNER"
        case left = "LEFT"
        case right = "RIGHT"
        case full = "FULL"

        /// True when rows of that input are kept without a match.
        func keeps(_ input: Int) -> Bool { self == .full || self == (input == 0 ? .left : .right) }
    }

    public let kind: Kind
    /// The columns of the sides; those in front of ``Schema/valueStart`` are the join key.
    public let left: Schema
    public let right: Schema
    public let window: JoinSpan
    /// The join key, the values of the left side, the values of the right side.
    public let output: Schema
    public let leftStore: StoreSpec
    public let rightStore: StoreSpec

    /// - Parameter output: names the output's columns, see ``output``.
    public init(
        _ kind: Kind,
        left: Schema,
        right: Schema,
        window: JoinSpan,
        output: Schema,
        leftStore: StoreSpec,
        rightStore: StoreSpec
    ) {
        precondition(
            left.fields[..<left.valueStart].map(\.type) == right.fields[..<right.valueStart].map(\.type),
            "the sides have keys of equal types"
        )
        precondition(
            output.fields.map(\.type)
                == (left.fields + right.values).map(\.type),
            "a join's output has the key and the values of both sides"
        )
        self.kind = kind
        self.left = left
        self.right = right
        self.window = window
        self.output = output
        self.leftStore = leftStore
        self.rightStore = rightStore
    }

    public var stores: [StoreSpec] { [leftStore, rightStore] }

    public var graceMilliseconds: Int64? { window.graceMilliseconds }

    /// True when a row without a match comes at once, so that it shows which side was read first.
    public var showsOrder: Bool { kind != .inner && !window.waits }

    public var summary: String {
        let keys = [left, right].map { $0.key.map { quotedIdentifier($0.name) }.joined(separator: ", ") }
        return "\(kind.rawValue) join streams on \(keys[0]) = \(keys[1]) \(window)"
    }

    public func makeOperator(_ context: TaskContext) -> any Operator { StreamStreamJoinOperator(self, context) }

    /// The columns of an input.
    func side(_ input: Int) -> Schema { input == 0 ? left : right }
}

/// How far apart in time two rows of a join may be.
public struct JoinSpan: Hashable, Sendable, CustomStringConvertible {
    /// How much earlier than the left row the right row may be.
    public let beforeMilliseconds: Int64
    /// How much later than the left row the right row may be.
    public let afterMilliseconds: Int64
    /// How late rows may come, beyond the window; rows are kept for so long.
    public let graceMilliseconds: Int64
    /// True: a row without a match comes when its window and the grace period are over; false: at once.
    public let waits: Bool

    public init(beforeMilliseconds: Int64, afterMilliseconds: Int64, graceMilliseconds: Int64, waits: Bool) {
        precondition(beforeMilliseconds >= 0 && afterMilliseconds >= 0, "a join's window reaches from before to after")
        self.beforeMilliseconds = beforeMilliseconds
        self.afterMilliseconds = afterMilliseconds
        self.graceMilliseconds = max(graceMilliseconds, 0)
        self.waits = waits
    }

    public var description: String {
        "within (before \(beforeMilliseconds) ms, after \(afterMilliseconds) ms), grace \(graceMilliseconds) ms"
            + (waits ? "" : ", rows without a match at once")
    }

    /// How much earlier than a row of that input its match may be.
    func reachBack(_ input: Int) -> Int64 { input == 0 ? beforeMilliseconds : afterMilliseconds }

    /// How much later than a row of that input its match may be.
    func reachAhead(_ input: Int) -> Int64 { reachBack(1 - input) }

    /// How long a row stays in the store, by the timestamps of its own side.
    var retentionMilliseconds: Int64 { size.addingClamped(graceMilliseconds) }

    private var size: Int64 { beforeMilliseconds.addingClamped(afterMilliseconds) }

    /// The time that rows share a record for: so much that the matches of a row lie in two records at the most.
    var bucketMilliseconds: Int64 { max(size.addingClamped(1), 100) }
}

/// What a stream-stream join knows about time.
struct JoinClock {
    private let window: JoinSpan
    /// The largest timestamp so far on either side.
    private(set) var streamTime = Int64.min
    /// The largest timestamp of a row that was kept, per side.
    private(set) var latest = [Int64.min, Int64.min]
    /// Buckets that start before are gone from the store, per side.
    private var expiredBefore: [Int64] = [0, 0]
    /// True when something changed since the last flush.
    var hasChanged = false

    init(_ window: JoinSpan) { self.window = window }

    /// - Throws: ``StateError`` when the bytes are not ``stored``.
    init(_ window: JoinSpan, stored: [UInt8]) throws(StateError) {
        self.window = window
        guard stored.count == 40 else { throw StateError.size(stored.count) }
        let words = stored.withUnsafeBytes { bytes in
            (0..<5).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self) }
        }
        streamTime = words[0]
        latest = [words[1], words[2]]
        expiredBefore = [words[3], words[4]]
    }

    var stored: [UInt8] {
        ([streamTime] + latest + expiredBefore).flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
    }

    @inline(__always)
    mutating func see(_ time: Int64) {
        guard time > streamTime else { return }
        streamTime = time
        hasChanged = true
    }

    /// Notes that a row of that side was kept.
    @inline(__always)
    mutating func keep(_ time: Int64, _ input: Int) {
        guard time > latest[input] else { return }
        latest[input] = time
        hasChanged = true
    }

    /// Kept rows of that side that are earlier are out of the retention time.
    func hiddenBefore(_ input: Int) -> Int64 {
        // Of a window without extent, rows of the same time meet.
        latest[input].subtractingClamped(max(window.retentionMilliseconds - 1, 0))
    }

    /// Rows of that side that are earlier find no match any more.
    func unmatchedBefore(_ input: Int) -> Int64 {
        streamTime.subtractingClamped(window.reachAhead(input)).subtractingClamped(window.graceMilliseconds)
    }

    /// The starts of the buckets of that side that nobody needs since the last call; nil when there are none.
    mutating func expire(_ input: Int) -> Range<Int64>? {
        // A bucket is needed until the last row in it has been hidden and told to be without a match.
        let bound = hiddenBefore(input).subtractingClamped(window.bucketMilliseconds)
        guard bound > expiredBefore[input] else { return nil }
        defer { expiredBefore[input] = bound }
        return expiredBefore[input]..<bound
    }
}
