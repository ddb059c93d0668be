/// Memory that a hot loop uses again for every batch.
final class Scratch<T: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<T>
    private var capacity: Int

    init() {
        capacity = 64
        base = .allocate(capacity: capacity)
    }

    deinit { base.deallocate() }

    /// Memory for `count` values; what was there before is lost when it has to grow.
    @inline(__always)
    func reserve(_ count: Int) -> UnsafeMutablePointer<T> {
        if count > capacity { grow(count) }
        return base
    }

    private func grow(_ count: Int) {
        base.deallocate()
        capacity = max(count, capacity * 2)
        base = .allocate(capacity: capacity)
    }
}
