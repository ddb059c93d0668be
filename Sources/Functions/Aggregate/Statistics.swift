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
        AggregateFunction(
            "CORRELATION",
            "Pearson's correlation coefficient of two columns over the rows where neither is NULL.",
            ["CORRELATION(x INTEGER | BIGINT | DOUBLE, y INTEGER | BIGINT | DOUBLE) -> DOUBLE"],
            example: AggregateExample(
                "CORRELATION(x, x)",
                .double,
                [.double(1), .double(2), .double(4)],
                columns: 2,
                gives: .double(1)
            )
        ) { call in
            guard call.count == 2, call.types.allSatisfy({ spread($0, takesRoot: false) != nil }) else { return nil }
            return AggregateBinding(.double, columns: 2, Correlation())
        },
    ]
}

private func spread(_ type: SQLType, takesRoot: Bool) -> AggregateBinding? {
    switch type {
    case .integer: AggregateBinding(.double, Spread<Int32>(takesRoot: takesRoot))
    case .bigint: AggregateBinding(.double, Spread<Int64>(takesRoot: takesRoot))
    case .double: AggregateBinding(.double, Spread<Double>(takesRoot: takesRoot))
    default: nil
    }
}

/// Variance after Youngs and Cramer: slot = count Int64, sum Double, sum of squared differences Double.
private struct Spread<T: DoubleConvertible>: Accumulator {
    let takesRoot: Bool
    var slotBytes: Int { 24 }
    var canUndo: Bool { true }

    private struct State: BitwiseCopyable {
        var count: Int64
        var sum: Double
        var squares: Double

        /// What the last of the counted values adds to ``squares``.
        func share(_ value: Double) -> Double {
            guard count > 1 else { return 0 }
            let difference = Double(count) * value - sum
            return difference * difference / (Double(count) * Double(count - 1))
        }
    }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], T.self) { slot, value in
            var state = slot.load(as: State.self)
            state.count += 1
            state.sum += value.double
            state.squares += state.share(value.double)
            slot.storeBytes(of: state, as: State.self)
        }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], T.self) { slot, value in
            var state = slot.load(as: State.self)
            if state.count <= 1 {
                state = State(count: 0, sum: 0, squares: 0)
            } else {
                state.squares -= state.share(value.double)
                state.sum -= value.double
                state.count -= 1
            }
            slot.storeBytes(of: state, as: State.self)
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let source = sources[index].load(as: State.self)
            var target = targets[index].load(as: State.self)
            guard source.count > 0 else { continue }
            target.squares += source.squares
            if target.count > 0 {
                let (n, m) = (Double(target.count), Double(source.count))
                let difference = source.sum / m - target.sum / n
                target.squares += difference * difference * n * m / (n + m)
            }
            target.sum += source.sum
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

/// A type that values of can be taken as DOUBLE.
protocol DoubleConvertible: BitwiseCopyable, Sendable {
    var double: Double { get }
}

extension Int32: DoubleConvertible { var double: Double { Double(self) } }
extension Int64: DoubleConvertible { var double: Double { Double(self) } }
extension Double: DoubleConvertible { var double: Double { self } }

/// The numbers of a column as DOUBLEs.
private func doubles(_ column: Column) -> Column {
    func converted<T: DoubleConvertible>(_: T.Type) -> Column {
        let data = Buffer(capacity: column.count * 8)
        let target = data.base.assumingMemoryBound(to: Double.self)
        let source = column.values(as: T.self)
        for row in 0..<column.count { target[row] = source[row].double }
        return Column(type: .double, count: column.count, validity: column.validity, data: data)
    }
    switch column.type {
    case .integer: return converted(Int32.self)
    case .bigint, .timestamp: return converted(Int64.self)
    default: return column
    }
}

/// CORRELATION: slot = count, sums of x, y, x², y², xy, all Double.
private struct Correlation: Accumulator {
    var slotBytes: Int { 48 }
    var canUndo: Bool { true }

    func prepare(_ inputs: [Column]) -> [Column] { inputs.map(doubles) }
    func update(_ slots: SlotRun, _ inputs: [Column]) { add(slots, inputs, 1) }
    func undo(_ slots: SlotRun, _ inputs: [Column]) { add(slots, inputs, -1) }

    private func add(_ slots: SlotRun, _ inputs: [Column], _ sign: Double) {
        let x = inputs[0].values(as: Double.self)
        let y = inputs[1].values(as: Double.self)
        for index in 0..<slots.count {
            let row = Int(slots.rows[index])
            if inputs[0].isNull(row) || inputs[1].isNull(row) { continue }
            let sums = slots[index].assumingMemoryBound(to: Double.self)
            sums[0] += sign
            sums[1] += sign * x[row]
            sums[2] += sign * y[row]
            sums[3] += sign * x[row] * x[row]
            sums[4] += sign * y[row] * y[row]
            sums[5] += sign * x[row] * y[row]
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let target = targets[index].assumingMemoryBound(to: Double.self)
            let source = sources[index].assumingMemoryBound(to: Double.self)
            for sum in 0..<6 { target[sum] += source[sum] }
        }
    }

    func result(_ slots: SlotRun) -> Column {
        let data = Buffer(capacity: slots.count * 8)
        let values = data.base.assumingMemoryBound(to: Double.self)
        for index in 0..<slots.count {
            let sums = slots[index].assumingMemoryBound(to: Double.self)
            let (n, x, y) = (sums[0], sums[1], sums[2])
            let spread = ((n * sums[3] - x * x) * (n * sums[4] - y * y)).squareRoot()
            values[index] = (n * sums[5] - x * y) / spread
        }
        return Column(type: .double, count: slots.count, data: data)
    }
}
