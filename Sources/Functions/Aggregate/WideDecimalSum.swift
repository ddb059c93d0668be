import Values

/// A sum of DECIMALs of more than 38 digits in a blob word of a slot: ``BigInteger/orderedBytes``, none for zero.
private struct BlobSum {
    let word: UnsafeMutableRawPointer

    var value: BigInteger {
        let bytes = UnsafeRawBufferPointer(Blob.bytes(word))
        return bytes.isEmpty ? BigInteger(0) : BigInteger(orderedBytes: bytes)
    }

    func add(_ number: BigInteger, _ memory: UnsafeMutablePointer<Int>) {
        (value + number).orderedBytes.withUnsafeBytes { Blob.assign(word, $0, memory) }
    }
}

/// SUM of wide DECIMALs: slot = blob with the sum; a sum with more digits than the type has is NULL.
struct SumOfWideDecimals: Accumulator {
    let type: SQLType
    var slotBytes: Int { 8 }
    var blobs: [Int] { [0] }
    var canUndo: Bool { true }
    var isCommutative: Bool { true }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        forEachNumber(slots, inputs[0]) { BlobSum(word: $0).add($1, slots.memory) }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) {
        forEachNumber(slots, inputs[0]) { BlobSum(word: $0).add(-$1, slots.memory) }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            BlobSum(word: targets[index]).add(BlobSum(word: sources[index]).value, targets.memory)
        }
    }

    func result(_ slots: SlotRun) -> Column {
        guard case .decimal(_, let scale) = type else { preconditionFailure("the sum is a DECIMAL") }
        let builder = ColumnBuilder(type, capacity: slots.count)
        for index in 0..<slots.count {
            builder.append(decimal: Decimal(unscaled: BlobSum(word: slots[index]).value, scale: scale))
        }
        return builder.finish()
    }
}

/// AVG of wide DECIMALs: slot = blob with the sum, count Int64.
struct MeanOfWideDecimals: Accumulator {
    let scale: Int
    var slotBytes: Int { 16 }
    var blobs: [Int] { [0] }
    var canUndo: Bool { true }
    var isCommutative: Bool { true }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        forEachNumber(slots, inputs[0]) { add($0, $1, 1, slots.memory) }
    }

    func undo(_ slots: SlotRun, _ inputs: [Column]) {
        forEachNumber(slots, inputs[0]) { add($0, -$1, -1, slots.memory) }
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let source = sources[index]
            let count = source.load(fromByteOffset: 8, as: Int64.self)
            add(targets[index], BlobSum(word: source).value, count, targets.memory)
        }
    }

    private func add(
        _ slot: UnsafeMutableRawPointer,
        _ number: BigInteger,
        _ count: Int64,
        _ memory: UnsafeMutablePointer<Int>
    ) {
        BlobSum(word: slot).add(number, memory)
        (slot + 8).assumingMemoryBound(to: Int64.self).pointee &+= count
    }

    func result(_ slots: SlotRun) -> Column {
        let data = Buffer(capacity: slots.count * 8)
        let values = data.base.assumingMemoryBound(to: Double.self)
        for index in 0..<slots.count {
            let count = slots[index].load(fromByteOffset: 8, as: Int64.self)
            let sum = Decimal(unscaled: BlobSum(word: slots[index]).value, scale: scale)
            values[index] = count == 0 ? 0 : sum.doubleValue / Double(count)
        }
        return Column(type: .double, count: slots.count, data: data)
    }
}

/// Calls `body` with each slot's address and its row's unscaled number, without the NULLs.
private func forEachNumber(_ slots: SlotRun, _ input: Column, _ body: (UnsafeMutableRawPointer, BigInteger) -> Void) {
    for index in 0..<slots.count {
        let row = Int(slots.rows[index])
        if !input.isNull(row) { body(slots[index], input.decimal(row).unscaled) }
    }
}
