import Synchronization

/// A number that one thread changes and any thread reads.
public final class Counter: Sendable {
    private let number = Atomic<Int64>(0)

    public init() {}

    /// Adds and returns the new number.
    @discardableResult
    public func add(_ amount: Int) -> Int64 { number.wrappingAdd(Int64(amount), ordering: .relaxed).newValue }

    public func set(_ amount: Int64) { number.store(amount, ordering: .relaxed) }

    public var value: Int64 { number.load(ordering: .relaxed) }
}
