import Values

extension AggregateFunction {
    static let summing: [AggregateFunction] = [
        AggregateFunction(
            "SUM",
            "The sum of the values that are not NULL, 0 when there is none; of integers it wraps around, of DECIMALs it is "
                + "NULL while it has too many digits.",
            [
                "SUM(x INTEGER) -> INTEGER", "SUM(x BIGINT) -> BIGINT", "SUM(x DOUBLE) -> DOUBLE",
                "SUM(x DECIMAL(p, s)) -> DECIMAL(p, s)",
            ],
            example: AggregateExample("SUM(x)", .bigint, [.bigint(1), .null, .bigint(4)], gives: .bigint(5))
        ) { call in
            switch call.single {
            case .integer: AggregateBinding(.integer, SumOfIntegers<Int32>(type: .integer))
            case .bigint: AggregateBinding(.bigint, SumOfIntegers<Int64>(type: .bigint))
            case .double: AggregateBinding(.double, SumOfDoubles())
            case .decimal(let precision, let scale) where precision > SQLType.narrowPrecisionMax:
                AggregateBinding(
                    .decimal(precision: precision, scale: scale),
                    SumOfWideDecimals(type: .decimal(precision: precision, scale: scale))
                )
            case .decimal(let precision, let scale):
                AggregateBinding(
                    .decimal(precision: precision, scale: scale),
                    SumOfDecimals(precision: precision, scale: scale)
                )
            default: nil
            }
        },
        AggregateFunction(
            "SUM_LIST",
            "The sum of all elements of all arrays, without NULLs; of integers it wraps around.",
            ["SUM_LIST(x ARRAY<INTEGER | BIGINT | DOUBLE>) -> INTEGER | BIGINT | DOUBLE"],
            example: AggregateExample(
                "SUM_LIST(x)",
                .array(.bigint),
                [.array([.bigint(1), .null]), .null, .array([.bigint(4), .bigint(2)])],
                gives: .bigint(7)
            )
        ) { call in
            guard case .array(let element) = call.single else { return nil }
            return switch element {
            case .integer:
                AggregateBinding(.integer, SumOfLists<Int32>(SumOfIntegers<Int32>(type: .integer)) { $0 &+ $1 })
            case .bigint: AggregateBinding(.bigint, SumOfLists<Int64>(SumOfIntegers<Int64>(type: .bigint)) { $0 &+ $1 })
            case .double: AggregateBinding(.double, SumOfLists<Double>(SumOfDoubles()) { $0 + $1 })
            default: nil
            }
        },
        AggregateFunction(
            "AVG",
            "The mean of the values that are not NULL, 0 when there is none.",
            ["AVG(x INTEGER | BIGINT | DOUBLE | DECIMAL) -> DOUBLE"],
            example: AggregateExample("AVG(x)", .bigint, [.bigint(1), .null, .bigint(4)], gives: .double(2.5))
        ) { call in
            switch call.single {
            case .integer: AggregateBinding(.double, MeanOfIntegers<Int32>(scale: 0))
            case .bigint: AggregateBinding(.double, MeanOfIntegers<Int64>(scale: 0))
            case .decimal(let precision, let scale) where precision > SQLType.narrowPrecisionMax:
                AggregateBinding(.double, MeanOfWideDecimals(scale: scale))
            case .decimal(_, let scale): AggregateBinding(.double, MeanOfIntegers<Int128>(scale: scale))
            case .double: AggregateBinding(.double, MeanOfDoubles())
            default: nil
            }
        },
    ]
}

/// Calls `body` with each slot's address and its row's value, without the NULLs.
@inline(__always)
func forEachValue<T: BitwiseCopyable>(
    _ slots: SlotRun,
    _ input: Column,
    _: T.Type,
    _ body: (UnsafeMutableRawPointer, T) -> Void
) {
    let records = slots.records
    let offset = slots.offset
    let rows = slots.rows
    let values = input.values(as: T.self)
    guard let validity = input.validityWords else {
        for index in 0..<slots.count { body(records[index] + offset, values[Int(rows[index])]) }
        return
    }
    for index in 0..<slots.count where Bitmap.get(validity, Int(rows[index])) {
        body(records[index] + offset, values[Int(rows[index])])
    }
}

/// SUM of INTEGER or BIGINT: slot = Int64, cut to the type's width in the result.
private struct SumOfIntegers<T: FixedWidthInteger & BitwiseCopyable & Sendable>: Accumulator {
    let type: SQLType
    var slotBytes: Int { 8 }
    var canUndo: Bool { true }
    var isCommutative: Bool { true }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], T.self) { slot, value in
            slot.assumingMemoryBound(to: Int64.self).pointee &+= Int64(truncatingIfNeeded: value)
        }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], T.self) { slot, value in
            slot.assumingMemoryBound(to: Int64.self).pointee &-= Int64(truncatingIfNeeded: value)
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) { mergeSums(targets, sources) }

    func result(_ slots: SlotRun) -> Column {
        let data = Buffer(capacity: slots.count * MemoryLayout<T>.stride)
        let values = data.base.assumingMemoryBound(to: T.self)
        for index in 0..<slots.count { values[index] = T(truncatingIfNeeded: slots[index].load(as: Int64.self)) }
        return Column(type: type, count: slots.count, data: data)
    }
}

/// SUM of DOUBLE: slot = Double.
private struct SumOfDoubles: Accumulator {
    var slotBytes: Int { 8 }
    var canUndo: Bool { true }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], Double.self) { slot, value in
            slot.assumingMemoryBound(to: Double.self).pointee += value
        }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], Double.self) { slot, value in
            slot.assumingMemoryBound(to: Double.self).pointee -= value
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            targets[index].assumingMemoryBound(to: Double.self).pointee += sources[index].load(as: Double.self)
        }
    }

    func result(_ slots: SlotRun) -> Column { numbers(slots, .double) }
}

/// A sum of DECIMALs of any number: 16 bytes with the low bits (Int128), 8 bytes with the bits above them (Int64).
///
/// It never overflows, so that it is right again when rows that made it too long are taken back.
private struct WideSum {
    static let bytes = 24
    private let slot: UnsafeMutableRawPointer

    @inline(__always)
    init(_ slot: UnsafeMutableRawPointer) { self.slot = slot }

    var low: Int128 { slot.loadUnaligned(as: Int128.self) }
    var high: Int64 { slot.load(fromByteOffset: 16, as: Int64.self) }

    @inline(__always)
    func add(_ value: Int128) {
        let (sum, overflow) = low.addingReportingOverflow(value)
        slot.storeBytes(of: sum, as: Int128.self)
        if overflow { carry(value < 0 ? -1 : 1) }
    }

    @inline(__always)
    func subtract(_ value: Int128) {
        let (sum, overflow) = low.subtractingReportingOverflow(value)
        slot.storeBytes(of: sum, as: Int128.self)
        if overflow { carry(value < 0 ? 1 : -1) }
    }

    func add(_ other: WideSum) {
        add(other.low)
        carry(other.high)
    }

    private func carry(_ count: Int64) { (slot + 16).assumingMemoryBound(to: Int64.self).pointee &+= count }

    /// The nearest DOUBLE.
    var doubleValue: Double { high == 0 ? Double(low) : Double(high) * 0x1p128 + Double(low) }
}

/// SUM of DECIMAL: slot = ``WideSum`` unscaled; a sum with more digits than the type has is NULL.
private struct SumOfDecimals: Accumulator {
    let precision: Int
    let scale: Int
    var slotBytes: Int { WideSum.bytes }
    var canUndo: Bool { true }
    var isCommutative: Bool { true }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], Int128.self) { WideSum($0).add($1) }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], Int128.self) { WideSum($0).subtract($1) }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count { WideSum(targets[index]).add(WideSum(sources[index])) }
    }

    func result(_ slots: SlotRun) -> Column {
        let type = SQLType.decimal(precision: precision, scale: scale)
        let builder = ColumnBuilder(type, capacity: slots.count)
        let bound = Decimal.powerOfTen(precision).map { UInt128($0) } ?? .max
        for index in 0..<slots.count {
            let sum = WideSum(slots[index])
            if sum.high == 0, sum.low.magnitude < bound { builder.append(sum.low) } else { builder.appendNull() }
        }
        return builder.finish()
    }
}

/// AVG of INTEGER, BIGINT or DECIMAL: slot = ``WideSum``, count Int64, so that no sum overflows.
private struct MeanOfIntegers<T: FixedWidthInteger & BitwiseCopyable & Sendable>: Accumulator {
    let scale: Int
    var slotBytes: Int { WideSum.bytes + 8 }
    var canUndo: Bool { true }
    var isCommutative: Bool { true }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], T.self) { slot, value in
            WideSum(slot).add(Int128(truncatingIfNeeded: value))
            count(slot, 1)
        }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], T.self) { slot, value in
            WideSum(slot).subtract(Int128(truncatingIfNeeded: value))
            count(slot, -1)
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            WideSum(targets[index]).add(WideSum(sources[index]))
            count(targets[index], sources[index].load(fromByteOffset: WideSum.bytes, as: Int64.self))
        }
    }

    @inline(__always)
    private func count(_ slot: UnsafeMutableRawPointer, _ step: Int64) {
        (slot + WideSum.bytes).assumingMemoryBound(to: Int64.self).pointee &+= step
    }

    func result(_ slots: SlotRun) -> Column {
        let data = Buffer(capacity: slots.count * 8)
        let values = data.base.assumingMemoryBound(to: Double.self)
        let divisor = Double(Decimal.powerOfTen(scale) ?? 1)
        for index in 0..<slots.count {
            let count = slots[index].load(fromByteOffset: WideSum.bytes, as: Int64.self)
            values[index] = count == 0 ? 0 : WideSum(slots[index]).doubleValue / Double(count) / divisor
        }
        return Column(type: .double, count: slots.count, data: data)
    }
}

/// AVG of DOUBLE: slot = count Int64, sum Double.
private struct MeanOfDoubles: Accumulator {
    var slotBytes: Int { 16 }
    var canUndo: Bool { true }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], Double.self) { add($0, 1, $1) }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) {
        forEachValue(slots, inputs[0], Double.self) { add($0, -1, -$1) }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let source = sources[index]
            add(targets[index], source.load(as: Int64.self), source.load(fromByteOffset: 8, as: Double.self))
        }
    }

    @inline(__always)
    private func add(_ slot: UnsafeMutableRawPointer, _ count: Int64, _ sum: Double) {
        slot.assumingMemoryBound(to: Int64.self).pointee &+= count
        (slot + 8).assumingMemoryBound(to: Double.self).pointee += sum
    }

    func result(_ slots: SlotRun) -> Column {
        let data = Buffer(capacity: slots.count * 8)
        let values = data.base.assumingMemoryBound(to: Double.self)
        for index in 0..<slots.count {
            let count = slots[index].load(as: Int64.self)
            values[index] = count == 0 ? 0 : slots[index].load(fromByteOffset: 8, as: Double.self) / Double(count)
        }
        return Column(type: .double, count: slots.count, data: data)
    }
}

/// SUM_LIST: the SUM of each array's sum.
private struct SumOfLists<T: BitwiseCopyable & Sendable & ExpressibleByIntegerLiteral>: Accumulator {
    private let sum: any Accumulator
    private let add: @Sendable (T, T) -> T

    init(_ sum: any Accumulator, _ add: @escaping @Sendable (T, T) -> T) {
        self.sum = sum
        self.add = add
    }

    var slotBytes: Int { sum.slotBytes }
    var canUndo: Bool { true }
    var isCommutative: Bool { sum.isCommutative }

    func prepare(_ inputs: [Column]) -> [Column] {
        let lists = inputs[0]
        let elements = lists.children[0]
        let data = Buffer(capacity: lists.count * MemoryLayout<T>.stride)
        let sums = data.base.assumingMemoryBound(to: T.self)
        let values = elements.values(as: T.self)
        for row in 0..<lists.count {
            var total: T = 0
            for element in Int(lists.offsets[row])..<Int(lists.offsets[row + 1]) where !elements.isNull(element) {
                total = add(total, values[element])
            }
            sums[row] = total
        }
        return [Column(type: elements.type, count: lists.count, validity: lists.validity, data: data)]
    }

    func update(_ slots: SlotRun, _ inputs: [Column]) { sum.update(slots, inputs) }
    func undo(_ slots: SlotRun, _ inputs: [Column]) { sum.undo(slots, inputs) }
    func merge(_ targets: SlotRun, _ sources: SlotRun) { sum.merge(targets, sources) }
    func result(_ slots: SlotRun) -> Column { sum.result(slots) }
}
