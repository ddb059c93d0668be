import Values

extension AggregateFunction {
    static let byOffset: [AggregateFunction] = [
        AggregateFunction(
            "LATEST_BY_OFFSET",
            "The last value that came in, or an array of the last n; NULLs are ignored unless a FALSE says otherwise.",
            [
                "LATEST_BY_OFFSET(x ANY[, ignoreNulls BOOLEAN]) -> x",
                "LATEST_BY_OFFSET(x ANY, n INTEGER[, ignoreNulls BOOLEAN]) -> ARRAY<x>",
            ],
            example: AggregateExample(
                "LATEST_BY_OFFSET(x)",
                .bigint,
                [.bigint(1), .bigint(2), .null],
                gives: .bigint(2)
            )
        ) { (call: AggregateCall) throws(AggregateError) in try bindByOffset(call, .latest) },
        AggregateFunction(
            "EARLIEST_BY_OFFSET",
            "The first value that came in, or an array of the first n; NULLs are ignored unless a FALSE says otherwise.",
            [
                "EARLIEST_BY_OFFSET(x ANY[, ignoreNulls BOOLEAN]) -> x",
                "EARLIEST_BY_OFFSET(x ANY, n INTEGER[, ignoreNulls BOOLEAN]) -> ARRAY<x>",
            ],
            example: AggregateExample(
                "EARLIEST_BY_OFFSET(x, 2)",
                .string,
                [.string("a"), .null, .string("b"), .string("c")],
                literals: [.integer(2)],
                gives: .array([.string("a"), .string("b")])
            )
        ) { (call: AggregateCall) throws(AggregateError) in try bindByOffset(call, .earliest) },
    ]
}

/// Which of the values stays.
enum OffsetEnd: Sendable { case earliest, latest }

private func bindByOffset(_ call: AggregateCall, _ end: OffsetEnd) throws(AggregateError) -> AggregateBinding? {
    guard let type = call.types.first, call.count <= 3 else { return nil }
    if call.count == 1 { return AggregateBinding(type, offsetAccumulator(type, end, ignoresNulls: true)) }
    if call.count == 2, let flag = call.boolean(1) {
        return AggregateBinding(type, offsetAccumulator(type, end, ignoresNulls: flag))
    }
    guard let limit = try call.limit(1) else { return nil }
    guard let ignoresNulls = call.count == 2 ? true : call.boolean(2) else { return nil }
    return AggregateBinding(
        .array(type),
        ElementListAccumulator(type: type, limit: limit, dropsFirst: end == .latest, ignoresNulls: ignoresNulls)
    )
}

/// The accumulator of the first or last value; `takesBack` makes undo another update, see ``ResolvedAggregate/carried(_:)``.
func offsetAccumulator(
    _ type: SQLType,
    _ end: OffsetEnd,
    ignoresNulls: Bool,
    takesBack: Bool = false
) -> any Accumulator {
    switch type.storage {
    case .fixed(1): FixedByOffset<UInt8>(type: type, end: end, ignoresNulls: ignoresNulls, canUndo: takesBack)
    case .fixed(4): FixedByOffset<UInt32>(type: type, end: end, ignoresNulls: ignoresNulls, canUndo: takesBack)
    case .fixed(8): FixedByOffset<UInt64>(type: type, end: end, ignoresNulls: ignoresNulls, canUndo: takesBack)
    case .fixed: FixedByOffset<UInt128>(type: type, end: end, ignoresNulls: ignoresNulls, canUndo: takesBack)
    case .variable, .list, .structure:
        BytesByOffset(type: type, end: end, ignoresNulls: ignoresNulls, canUndo: takesBack)
    }
}

/// First or last value of a fixed width type: slot = flag (0 none yet, 1 value, 2 NULL) in 8 bytes, value.
private struct FixedByOffset<T: BitwiseCopyable & Sendable>: Accumulator {
    let type: SQLType
    let end: OffsetEnd
    let ignoresNulls: Bool
    let canUndo: Bool
    var slotBytes: Int { 8 + max(8, MemoryLayout<T>.size) }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        let values = inputs[0].values(as: T.self)
        let validity = inputs[0].validityWords
        let isLatest = end == .latest
        for index in 0..<slots.count {
            let slot = slots[index]
            if !isLatest, slot.load(as: UInt8.self) != 0 { continue }
            let row = Int(slots.rows[index])
            if let validity, !Bitmap.get(validity, row) {
                if !ignoresNulls { slot.storeBytes(of: 2, as: UInt8.self) }
                continue
            }
            slot.storeBytes(of: 1, as: UInt8.self)
            slot.storeBytes(of: values[row], toByteOffset: 8, as: T.self)
        }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) { update(slots, inputs) }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count where sources[index].load(as: UInt8.self) != 0 {
            if end == .latest || targets[index].load(as: UInt8.self) == 0 {
                targets[index].copyMemory(from: sources[index], byteCount: slotBytes)
            }
        }
    }

    func result(_ slots: SlotRun) -> Column { slots.column(type, at: 8, T.self) }
}

/// First or last value of any other type: slot = flag (0 none yet, 1 value, 2 NULL) in 8 bytes, blob.
private struct BytesByOffset: Accumulator {
    let type: SQLType
    let end: OffsetEnd
    let ignoresNulls: Bool
    let canUndo: Bool
    var slotBytes: Int { 16 }
    var blobs: [Int] { [8] }

    func prepare(_ inputs: [Column]) -> [Column] { [KeyEncoder.encode(inputs, count: inputs[0].count)] }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        let input = inputs[0]
        for index in 0..<slots.count {
            let slot = slots[index]
            if end == .earliest, slot.load(as: UInt8.self) != 0 { continue }
            let row = Int(slots.rows[index])
            if !input.isNull(row) {
                slot.storeBytes(of: 1, as: UInt8.self)
                Blob.assign(slot + 8, input.bytes(row), slots.memory)
            } else if !ignoresNulls {
                slot.storeBytes(of: 2, as: UInt8.self)
                Blob.release(slot + 8, slots.memory)
            }
        }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) { update(slots, inputs) }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let target = targets[index]
            let flag = sources[index].load(as: UInt8.self)
            guard flag != 0, end == .latest || target.load(as: UInt8.self) == 0 else { continue }
            target.storeBytes(of: flag, as: UInt8.self)
            Blob.assign(target + 8, UnsafeRawBufferPointer(Blob.bytes(sources[index] + 8)), targets.memory)
        }
    }

    func result(_ slots: SlotRun) -> Column {
        KeyDecoder.decode(blobColumn(slots, .bytes), types: [type])[0]
    }
}
