import Values

extension AggregateFunction {
    static let counting: [AggregateFunction] = [
        AggregateFunction(
            "COUNT",
            "The number of rows, or of rows whose value is not NULL.",
            ["COUNT(*) -> BIGINT", "COUNT(x ANY) -> BIGINT"],
            example: AggregateExample("COUNT(x)", .bigint, [.bigint(1), .null, .bigint(1)], gives: .bigint(2))
        ) { call in
            switch call.count {
            case 0: AggregateBinding(.bigint, columns: 0, CountRows())
            case 1: AggregateBinding(.bigint, CountValues())
            default: nil
            }
        }
    ]
}

/// COUNT(*): slot = Int64.
private struct CountRows: Accumulator {
    var slotBytes: Int { 8 }
    var canUndo: Bool { true }
    var isCommutative: Bool { true }

    func update(_ slots: SlotRun, _: [Column]) { add(1, slots) }
    func undo(_ slots: SlotRun, _: [Column]) { add(-1, slots) }

    private func add(_ step: Int64, _ slots: SlotRun) {
        let records = slots.records
        let offset = slots.offset
        for index in 0..<slots.count {
            (records[index] + offset).assumingMemoryBound(to: Int64.self).pointee &+= step
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) { mergeSums(targets, sources) }
    func result(_ slots: SlotRun) -> Column { numbers(slots, .bigint) }
}

/// COUNT(x): slot = Int64.
private struct CountValues: Accumulator {
    var slotBytes: Int { 8 }
    var canUndo: Bool { true }
    var isCommutative: Bool { true }

    func update(_ slots: SlotRun, _ inputs: [Column]) { add(1, slots, inputs[0]) }
    func undo(_ slots: SlotRun, _ inputs: [Column]) { add(-1, slots, inputs[0]) }

    private func add(_ step: Int64, _ slots: SlotRun, _ input: Column) {
        let records = slots.records
        let offset = slots.offset
        let rows = slots.rows
        let validity = input.validityWords
        for index in 0..<slots.count {
            if let validity, !Bitmap.get(validity, Int(rows[index])) { continue }
            (records[index] + offset).assumingMemoryBound(to: Int64.self).pointee &+= step
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) { mergeSums(targets, sources) }
    func result(_ slots: SlotRun) -> Column { numbers(slots, .bigint) }
}

/// Adds Int64 slots to Int64 slots.
func mergeSums(_ targets: SlotRun, _ sources: SlotRun) {
    for index in 0..<targets.count {
        targets[index].assumingMemoryBound(to: Int64.self).pointee &+= sources[index].load(as: Int64.self)
    }
}

/// Int64 slots as a column without NULLs.
func numbers(_ slots: SlotRun, _ type: SQLType) -> Column {
    let data = Buffer(capacity: slots.count * 8)
    let values = data.base.assumingMemoryBound(to: Int64.self)
    for index in 0..<slots.count { values[index] = slots[index].load(as: Int64.self) }
    return Column(type: type, count: slots.count, data: data)
}
