import Values

/// The neighbouring windows of a key that one entry of a store holds.
///
/// Windows that overlap change together: a row that goes to five of them changes one or two entries instead of five, and
/// entries, in the store and in the changelog, are what costs.
struct WindowSpan: Sendable {
    /// Milliseconds between the starts of two windows.
    let advance: Int64
    /// Windows of a span; 1: every window has an entry of its own.
    let count: Int

    /// Every window, or the group without windows, has an entry of its own.
    static let single = WindowSpan(advance: 1, count: 1)

    /// An entry is written whole, so it must stay small.
    private static let entryBytesMax = 1024
    private static let windowsMax = 16

    private init(advance: Int64, count: Int) {
        self.advance = advance
        self.count = count
    }

    /// The span of windows that overlap.
    /// - Parameter recordBytes: of a window in the store; nil when that depends on the rows.
    init(_ window: TimeWindow, recordBytes: Int?) {
        let overlapping = (window.sizeMilliseconds - 1) / window.advanceMilliseconds + 1
        var count = 1
        while count < overlapping, count < WindowSpan.windowsMax { count *= 2 }
        while let recordBytes, count > 1, count * recordBytes > WindowSpan.entryBytesMax { count /= 2 }
        while window.advanceMilliseconds.multipliedReportingOverflow(by: Int64(count)).overflow { count /= 2 }
        self.init(advance: window.advanceMilliseconds, count: recordBytes == nil ? 1 : count)
    }

    private var milliseconds: Int64 { advance &* Int64(count) }

    /// The start of the span's first window.
    @inline(__always)
    func start(_ window: Int64) -> Int64 { count == 1 ? window : window - window % milliseconds }

    /// The place of a window in its span.
    @inline(__always)
    func index(_ window: Int64) -> Int { count == 1 ? 0 : Int(window % milliseconds / advance) }

    /// The start of the window at a place.
    @inline(__always)
    func window(_ start: Int64, _ index: Int) -> Int64 { start.addingClamped(Int64(index) &* advance) }
}

/// An entry that holds several windows of a key: eight bytes with a bit for each window that is there, then the stored
/// form of each of them, all of one size, the earliest first.
struct SpanEntry {
    let mask: UInt64
    private let bytes: UnsafeRawBufferPointer
    private let recordBytes: Int

    /// - Throws: ``StateError`` when the bytes are not such an entry.
    init(_ stored: UnsafeRawBufferPointer, _ layout: GroupLayout) throws(StateError) {
        guard stored.count >= 8 else { throw StateError.size(stored.count) }
        mask = stored.loadUnaligned(as: UInt64.self)
        recordBytes = layout.fixedStoredBytes
        guard stored.count == 8 + mask.nonzeroBitCount * recordBytes, mask >> layout.span.count == 0 else {
            throw StateError.size(stored.count)
        }
        bytes = UnsafeRawBufferPointer(rebasing: stored[8...])
    }

    /// The stored form of the window at a place; nil when it is not there.
    subscript(index: Int) -> UnsafeRawBufferPointer? {
        guard mask >> UInt64(index) & 1 != 0 else { return nil }
        let before = (mask & (1 << UInt64(index) - 1)).nonzeroBitCount
        return UnsafeRawBufferPointer(rebasing: bytes[before * recordBytes..<(before + 1) * recordBytes])
    }
}

extension GroupLayout {
    /// Bytes of every record in the store, where none has blobs.
    var fixedStoredBytes: Int { 8 + slotBytes }

    /// Calls `body` with the key, the window and the stored form of each record of an entry of the store.
    /// - Throws: ``StateError`` when the entry is not one of this layout, and what `body` throws.
    func forEachRecord(
        _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer,
        _ body: (_ key: UnsafeRawBufferPointer, _ window: Int64, _ stored: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard isWindowed else { return try body(key, 0, value) }
        guard key.count >= 8 else { throw StateError.size(key.count) }
        let start = Int64(bigEndian: key.loadUnaligned(as: Int64.self))
        let userKey = UnsafeRawBufferPointer(rebasing: key[8...])
        if span.count == 1 { return try body(userKey, start, value) }
        let entry = try SpanEntry(value, self)
        for index in 0..<span.count {
            guard let stored = entry[index] else { continue }
            try body(userKey, span.window(start, index), stored)
        }
    }
}
