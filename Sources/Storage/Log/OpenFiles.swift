import Synchronization

/// Bounds how many segment files are open: the least recently used are closed.
final class OpenFiles: Sendable {
    /// A segment, which itself holds on to this object.
    private struct Entry {
        weak var segment: Segment?
    }

    private let limit: Int
    private let clock = Atomic<UInt64>(0)
    private let open = Mutex<[Entry]>([])

    init(limit: Int) { self.limit = max(limit, 8) }

    func tick() -> UInt64 { clock.wrappingAdd(1, ordering: .relaxed).newValue }

    func add(_ segment: Segment) {
        let released = open.withLock { open -> ArraySlice<Segment> in
            open.append(Entry(segment: segment))
            guard open.count > limit else { return [] }
            let segments = open.compactMap(\.segment).sorted { $0.lastUse > $1.lastUse }
            let kept = min(segments.count, limit - limit / 4)
            open = segments[..<kept].map { Entry(segment: $0) }
            return segments[kept...]
        }
        for segment in released { segment.releaseFile() }
    }

    func remove(_ segments: [Segment]) {
        guard !segments.isEmpty else { return }
        open.withLock { open in
            open.removeAll { one in one.segment == nil || segments.contains { $0 === one.segment } }
        }
    }
}
