import Functions
import Values

/// The sum of a row's numbers and of the lengths of its texts, over all rows; NULL counts as 0.
struct RowSum: Accumulator {
    /// SUM of BIGINT.
    let sum: any Accumulator
    /// What the sum starts with.
    let start: Int64
    let canUndo: Bool
    var slotBytes: Int { sum.slotBytes }

    func prepare(_ inputs: [Column]) -> [Column] {
        let sums = (0..<(inputs.first?.count ?? 0)).map { row in
            Value.bigint(inputs.reduce(0) { $0 &+ RowSum.size($1.value(at: row)) })
        }
        return sum.prepare([Column.of(.bigint, sums)])
    }

    private static func size(_ value: Value) -> Int64 {
        switch value {
        case .integer(let number): Int64(number)
        case .bigint(let number): number
        case .string(let text): Int64(text.utf16.count)
        default: 0
        }
    }

    func update(_ slots: SlotRun, _ inputs: [Column]) { sum.update(slots, inputs) }
    func undo(_ slots: SlotRun, _ inputs: [Column]) { sum.undo(slots, inputs) }
    func merge(_ targets: SlotRun, _ sources: SlotRun) { sum.merge(targets, sources) }

    func result(_ slots: SlotRun) -> Column {
        let sums = sum.result(slots)
        return Column.of(.bigint, (0..<sums.count).map { .bigint(sums.values(as: Int64.self)[$0] &+ start) })
    }
}

/// The sums of the fields of a record: a slot for each.
struct RecordSum: Accumulator {
    static let record = SQLType.structure([StructField("A", .integer), StructField("B", .integer)])
    /// SUM of INTEGER.
    let sum: any Accumulator
    var slotBytes: Int { 2 * sum.slotBytes }

    func prepare(_ inputs: [Column]) -> [Column] {
        inputs[0].children.map { sum.prepare([$0.masked(by: inputs[0].validity)])[0] }
    }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        for (index, input) in inputs.enumerated() { sum.update(part(slots, index), [input]) }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<2 { sum.merge(part(targets, index), part(sources, index)) }
    }

    func result(_ slots: SlotRun) -> Column {
        Column(type: RecordSum.record, count: slots.count, children: (0..<2).map { sum.result(part(slots, $0)) })
    }

    private func part(_ slots: SlotRun, _ index: Int) -> SlotRun {
        SlotRun(
            count: slots.count,
            records: slots.records,
            rows: slots.rows,
            offset: slots.offset + index * sum.slotBytes,
            memory: slots.memory
        )
    }
}

/// An aggregate of the first column over the rows in which no column is NULL.
struct CompleteRows: Accumulator {
    /// Ignores NULLs.
    let inner: any Accumulator
    var slotBytes: Int { inner.slotBytes }
    var blobs: [Int] { inner.blobs }

    func prepare(_ inputs: [Column]) -> [Column] {
        inner.prepare([inputs.dropFirst().reduce(inputs[0]) { $0.masked(by: $1.validity) }])
    }

    func update(_ slots: SlotRun, _ inputs: [Column]) { inner.update(slots, inputs) }
    func merge(_ targets: SlotRun, _ sources: SlotRun) { inner.merge(targets, sources) }
    func result(_ slots: SlotRun) -> Column { inner.result(slots) }
}
