import Functions
import Values

/// GROUP BY with session windows: rows of a key that lie no further apart than the gap are one group.
///
/// A session's row has its bounds as window and its end as timestamp. When a session grows or swallows others, their rows
/// are deleted: at each row that does it, or once per batch for the windows that are gone; see
/// ``TaskSettings/emitsEveryChange``.
public struct SessionAggregate: OperatorSpec, Hashable {
    public let input: Schema
    /// The columns of the input that are grouped by, in the order of the output's key.
    public let keys: [Int]
    public let calls: [Aggregate.Call]
    public let window: SessionWindow
    /// EMIT FINAL: a session's row comes once, when it can no longer grow.
    public let emitsFinal: Bool
    /// See ``Aggregate/keepsNullsInKeys``.
    public let keepsNullsInKeys: Bool
    public let store: StoreSpec

    public init(
        input: Schema,
        keys: [Int],
        calls: [Aggregate.Call],
        window: SessionWindow,
        emitsFinal: Bool = false,
        keepsNullsInKeys: Bool = false,
        store: StoreSpec
    ) {
        self.input = input
        self.keys = keys
        self.calls = calls
        self.window = window
        self.emitsFinal = emitsFinal
        self.keepsNullsInKeys = keepsNullsInKeys
        self.store = store
    }

    public var stores: [StoreSpec] { [store] }

    public var graceMilliseconds: Int64? { window.graceMilliseconds }

    public var output: Schema {
        Schema(key: keys.map { input.fields[$0] }, isWindowed: true, values: groups.output.values.map { $0 })
    }

    public var summary: String {
        groups.summary + " window \(window)" + (emitsFinal ? " emit final" : "")
    }

    public func makeOperator(_ context: TaskContext) -> any Operator { SessionAggregateOperator(self, context) }

    /// The same without windows: what happens inside of a session.
    var groups: Aggregate {
        Aggregate(input: input, keys: keys, calls: calls, keepsNullsInKeys: keepsNullsInKeys, store: store)
    }
}

/// Windows that end when no row comes for a while.
public struct SessionWindow: Hashable, Sendable, CustomStringConvertible {
    public let gapMilliseconds: Int64
    /// How long after its end plus the gap (in stream time) a session still takes rows.
    public let graceMilliseconds: Int64
    /// How long after its end a session stays in the store; at least gap and grace.
    public let retentionMilliseconds: Int64

    public init(gapMilliseconds: Int64, graceMilliseconds: Int64, retentionMilliseconds: Int64? = nil) {
        precondition(gapMilliseconds > 0, "a session's gap is positive")
        self.gapMilliseconds = gapMilliseconds
        self.graceMilliseconds = max(graceMilliseconds, 0)
        self.retentionMilliseconds = max(
            retentionMilliseconds ?? 0,
            gapMilliseconds.addingClamped(self.graceMilliseconds)
        )
    }

    public var description: String {
        "session (gap \(gapMilliseconds) ms, grace \(graceMilliseconds) ms, retention \(retentionMilliseconds) ms)"
    }
}

/// What a session aggregate knows about time.
struct SessionClock {
    private let window: SessionWindow
    private let isFinal: Bool
    /// The largest timestamp so far.
    private(set) var streamTime = Int64.min
    /// Sessions that end before were emitted as final.
    var finalBefore = Int64.min
    /// True when something changed since the last flush.
    var hasChanged = false

    init(_ window: SessionWindow, isFinal: Bool) {
        self.window = window
        self.isFinal = isFinal
    }

    /// - Throws: ``StateError`` when the bytes are not ``stored``.
    init(_ window: SessionWindow, isFinal: Bool, stored: [UInt8]) throws(StateError) {
        self.init(window, isFinal: isFinal)
        guard stored.count == 16 else { throw StateError.size(stored.count) }
        stored.withUnsafeBytes { bytes in
            streamTime = bytes.loadUnaligned(as: Int64.self)
            finalBefore = bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self)
        }
    }

    var stored: [UInt8] { [streamTime, finalBefore].flatMap { word in withUnsafeBytes(of: word) { Array($0) } } }

    mutating func see(_ time: Int64) {
        guard time > streamTime else { return }
        streamTime = time
        hasChanged = true
    }

    /// Sessions that end before this take no more rows.
    var closedBefore: Int64 {
        streamTime.subtractingClamped(window.graceMilliseconds).subtractingClamped(window.gapMilliseconds)
    }

    /// Sessions that end before this are out of the retention time.
    var hiddenBefore: Int64 {
        streamTime.subtractingClamped(window.retentionMilliseconds).addingClamped(isFinal ? 0 : 1)
    }

    /// Sessions that end before this may leave the store: those out of the retention time, but none that is still to be
    /// emitted as final.
    var forgottenBefore: Int64 { isFinal ? min(hiddenBefore, finalBefore) : hiddenBefore }

    /// Sessions that end before this are not found by a row.
    ///
    /// With final results that includes all that have closed: they were emitted, or are about to be.
    var lostBefore: Int64 { isFinal ? max(hiddenBefore, closedBefore) : hiddenBefore }
}
