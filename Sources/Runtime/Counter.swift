import Synchronization

/// A number that one thread changes and any thread reads.
public final class Counter: Sendable {
    private let number = Atomic<Int64>(0)

    public init() {}

    public func add(_ amount: Int) { number.wrappingAdd(Int64(amount), ordering: .relaxed) }

    public func set(_ amount: Int64) { number.store(amount, ordering: .relaxed) }

    public var value: Int64 { number.load(ordering: .relaxed) }
}
