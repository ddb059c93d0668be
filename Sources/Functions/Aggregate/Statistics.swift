import Glibc
import Values

extension AggregateFunction {
    static let statistics: [AggregateFunction] = [
        AggregateFunction(
            "STDDEV_SAMP",
            "The sample variance of the values that are not NULL, 0 when there are fewer than two.",
            ["STDDEV_SAMP(x INTEGER | BIGINT | DOUBLE) -> DOUBLE"],
            example: AggregateExample("STDDEV_SAMP(x)", .double, [.double(1), .double(3)], gives: .double(2))
        ) { call in call.single.flatMap { spread($0, takesRoot: false) } },
        AggregateFunction(
            "STDDEV_SAMPLE",
            "The sample standard deviation of the values that are not NULL, 0 when there are fewer than two.",
            ["STDDEV_SAMPLE(x INTEGER | BIGINT | DOUBLE) -> DOUBLE"],
            example: AggregateExample(
                "STDDEV_SAMPLE(x)",
                .double,
                [.double(1), .double(1), .double(4), .double(4)],
                gives: .double(1.7320508075688772)
            )
        ) { call in call.single.flatMap { spread($0, takesRoot: true) } },
    ]
}

private func spread(_ type: SQLType, takesRoot: Bool) -> AggregateBinding? {
    switch type {
    case .integer: AggregateBinding(.double, Spread<Int32>(takesRoot: takesRoot) { Double($0) })
    case .bigint: AggregateBinding(.double, Spread<Int64>(takesRoot: takesRoot) { Double($0) })
    case .double: AggregateBinding(.double, Spread<Double>(takesRoot: takesRoot) { $0 })
    default: nil
    }
}

/// Variance after Welford: slot = count Int64, mean Double, sum of squared differences Double.
private struct Spread<T: BitwiseCopyable & Sendable>: Accumulator {
    let takesRoot: Bool
    let number: @Sendable (T) -> Double
    var slotBytes: Int { 24 }
    var canUndo: Bool { true }

    private struct State: BitwiseCopyable {
        var count: Int64
        var mean: Double
        var squares: Double
    }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], T.self) { slot, value in
            var state = slot.load(as: State.self)
            let difference = number(value) - state.mean
            state.count += 1
            state.mean += difference / Double(state.count)
            state.squares += difference * (number(value) - state.mean)
            slot.storeBytes(of: state, as: State.self)
        }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], T.self) { slot, value in
            var state = slot.load(as: State.self)
            state.count -= 1
            if state.count <= 0 {
                state = State(count: 0, mean: 0, squares: 0)
            } else {
                let difference = number(value) - state.mean
                state.mean -= difference / Double(state.count)
                state.squares -= difference * (number(value) - state.mean)
            }
            slot.storeBytes(of: state, as: State.self)
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let source = sources[index].load(as: State.self)
            var target = targets[index].load(as: State.self)
            let total = Double(target.count + source.count)
            guard source.count > 0 else { continue }
            let difference = source.mean - target.mean
            target.squares +=
                source.squares + difference * difference * Double(target.count) * Double(source.count) / total
            target.mean += difference * Double(source.count) / total
            target.count += source.count
            targets[index].storeBytes(of: target, as: State.self)
        }
    }

    func result(_ slots: SlotRun) -> Column {
        let data = Buffer(capacity: slots.count * 8)
        let values = data.base.assumingMemoryBound(to: Double.self)
        for index in 0..<slots.count {
            let state = slots[index].load(as: State.self)
            let variance = state.count < 2 ? 0 : max(state.squares, 0) / Double(state.count - 1)
            values[index] = takesRoot ? variance.squareRoot() : variance
        }
        return Column(type: .double, count: slots.count, data: data)
    }
}
