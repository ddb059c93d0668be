import Values

extension AggregateFunction {
    static let extremes: [AggregateFunction] = [
        AggregateFunction(
            "MIN",
            "The least value that is not NULL.",
            ["MIN(x INTEGER | BIGINT | DOUBLE | DECIMAL | STRING | BYTES | DATE | TIME | TIMESTAMP) -> x"],
            example: AggregateExample("MIN(x)", .string, [.string("b"), .null, .string("a")], gives: .string("a"))
        ) { call in call.single.flatMap { extreme($0, isGreatest: false) } },
        AggregateFunction(
            "MAX",
            "The greatest value that is not NULL.",
            ["MAX(x INTEGER | BIGINT | DOUBLE | DECIMAL | STRING | BYTES | DATE | TIME | TIMESTAMP) -> x"],
            example: AggregateExample("MAX(x)", .bigint, [.bigint(3), .null, .bigint(-4)], gives: .bigint(3))
        ) { call in call.single.flatMap { extreme($0, isGreatest: true) } },
    ]
}

private func extreme(_ type: SQLType, isGreatest: Bool) -> AggregateBinding? {
    switch type {
    case .integer, .date, .time: AggregateBinding(type, FixedExtreme<Int32>(type: type, isGreatest: isGreatest))
    case .bigint, .timestamp: AggregateBinding(type, FixedExtreme<Int64>(type: type, isGreatest: isGreatest))
    case .double: AggregateBinding(type, FixedExtreme<Double>(type: type, isGreatest: isGreatest))
    case .decimal where type.isWideDecimal:
        AggregateBinding(type, BytesExtreme(type: type, isGreatest: isGreatest))
    case .decimal: AggregateBinding(type, FixedExtreme<Int128>(type: type, isGreatest: isGreatest))
    case .string, .bytes: AggregateBinding(type, BytesExtreme(type: type, isGreatest: isGreatest))
    case .boolean, .array, .map, .structure: nil
    }
}

/// MIN or MAX of a fixed width type: slot = flag (1: has a value) in 8 bytes, value.
private struct FixedExtreme<T: Comparable & BitwiseCopyable & Sendable>: Accumulator {
    let type: SQLType
    let isGreatest: Bool
    var slotBytes: Int { 8 + max(8, MemoryLayout<T>.size) }
    var isCommutative: Bool { true }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        if isGreatest {
            forEachValue(slots, inputs[0], T.self) { take($0, $1) { $0 > $1 } }
        } else {
            forEachValue(slots, inputs[0], T.self) { take($0, $1) { $0 < $1 } }
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count where sources[index].load(as: UInt8.self) == 1 {
            let value = sources[index].loadUnaligned(fromByteOffset: 8, as: T.self)
            take(targets[index], value) { isGreatest ? $0 > $1 : $0 < $1 }
        }
    }

    @inline(__always)
    private func take(_ slot: UnsafeMutableRawPointer, _ value: T, _ isBetter: (T, T) -> Bool) {
        if slot.load(as: UInt8.self) == 0 {
            slot.storeBytes(of: 1, as: UInt8.self)
        } else if !isBetter(value, slot.loadUnaligned(fromByteOffset: 8, as: T.self)) {
            return
        }
        slot.storeBytes(of: value, toByteOffset: 8, as: T.self)
    }

    func result(_ slots: SlotRun) -> Column { slots.column(type, at: 8, T.self) }
}

/// MIN or MAX of STRING, BYTES or a wide DECIMAL, whose bytes are ordered: slot = flag in 8 bytes, blob.
private struct BytesExtreme: Accumulator {
    let type: SQLType
    let isGreatest: Bool
    var slotBytes: Int { 16 }
    var blobs: [Int] { [8] }
    var isCommutative: Bool { true }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        let input = inputs[0]
        for index in 0..<slots.count {
            let row = Int(slots.rows[index])
            if !input.isNull(row) { take(slots[index], input.bytes(row), slots.memory) }
        }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count where sources[index].load(as: UInt8.self) == 1 {
            take(targets[index], UnsafeRawBufferPointer(Blob.bytes(sources[index] + 8)), targets.memory)
        }
    }

    private func take(
        _ slot: UnsafeMutableRawPointer,
        _ bytes: UnsafeRawBufferPointer,
        _ memory: UnsafeMutablePointer<Int>
    ) {
        if slot.load(as: UInt8.self) == 1 {
            let order = compareBytes(bytes, UnsafeRawBufferPointer(Blob.bytes(slot + 8)))
            guard isGreatest ? order > 0 : order < 0 else { return }
        }
        slot.storeBytes(of: 1, as: UInt8.self)
        Blob.assign(slot + 8, bytes, memory)
    }

    func result(_ slots: SlotRun) -> Column { blobColumn(slots, type) }
}

/// The blob at byte 8 of each slot as a STRING or BYTES column, NULL where the slot's first byte is not 1.
func blobColumn(_ slots: SlotRun, _ type: SQLType) -> Column {
    let builder = ColumnBuilder(type, capacity: slots.count)
    for index in 0..<slots.count {
        if slots[index].load(as: UInt8.self) == 1 {
            builder.append(bytes: UnsafeRawBufferPointer(Blob.bytes(slots[index] + 8)))
        } else {
            builder.appendNull()
        }
    }
    return builder.finish()
}
