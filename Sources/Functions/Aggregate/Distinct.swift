import Glibc
import Values

extension AggregateFunction {
    static let distinct: [AggregateFunction] = [
        AggregateFunction(
            "COUNT_DISTINCT",
            "How many different values that are not NULL there are; exact up to 1024, then about (within 2 %).",
            ["COUNT_DISTINCT(x ANY) -> BIGINT"],
            example: AggregateExample(
                "COUNT_DISTINCT(x)",
                .string,
                [.string("a"), .null, .string("b"), .string("a")],
                gives: .bigint(2)
            )
        ) { call in call.single.map { _ in AggregateBinding(.bigint, DistinctCount()) } }
    ]
}

/// COUNT_DISTINCT: slot = number of hashes Int64 (-1: a sketch), blob.
///
/// The blob is a hash table of 64-bit hashes (0 is free), and from ``exactMax`` values on a HyperLogLog sketch of a byte
/// for each of 2^14 registers.
private struct DistinctCount: Accumulator {
    var slotBytes: Int { 16 }
    var blobs: [Int] { [8] }
    var isCommutative: Bool { true }

    private static let exactMax: Int64 = 1024
    private static let registerBits = 14
    private static var registers: Int { 1 << registerBits }

    func prepare(_ inputs: [Column]) -> [Column] { [KeyEncoder.encode(inputs, count: inputs[0].count)] }

    func update(_ slots: SlotRun, _ inputs: [Column]) {
        let input = inputs[0]
        for index in 0..<slots.count {
            let row = Int(slots.rows[index])
            if input.isNull(row) { continue }
            let bytes = input.bytes(row)
            guard let base = bytes.baseAddress else { continue }
            add(slots[index], max(scrambled(Hash.of(base, bytes.count)), 1), slots.memory)
        }
    }

    /// A sketch asks more of a hash than a hash table does: every bit must depend on every other (MurmurHash3's end).
    private func scrambled(_ hash: UInt64) -> UInt64 {
        var word = hash
        word = (word ^ (word >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        word = (word ^ (word >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return word ^ (word >> 33)
    }

    private func add(_ slot: UnsafeMutableRawPointer, _ hash: UInt64, _ memory: UnsafeMutablePointer<Int>) {
        let count = slot.load(as: Int64.self)
        if count < 0 { return note(hash, in: Blob.bytes(slot + 8)) }
        if Blob.bytes(slot + 8).count / 16 <= Int(count) { grow(slot, Int(count), memory) }
        guard insert(hash, in: Blob.bytes(slot + 8)) else { return }
        slot.storeBytes(of: count + 1, as: Int64.self)
        if count + 1 > DistinctCount.exactMax { sketch(slot, memory) }
    }

    /// Makes the hash table larger, so that half of it is free.
    private func grow(_ slot: UnsafeMutableRawPointer, _ count: Int, _ memory: UnsafeMutablePointer<Int>) {
        let old = hashes(Blob.bytes(slot + 8))
        let size = max(4, 1 << (Int.bitWidth - (count * 2).leadingZeroBitCount)) * 8
        Blob.resize(slot + 8, size, memory).initializeMemory(as: UInt8.self, repeating: 0, count: size)
        for hash in old { _ = insert(hash, in: Blob.bytes(slot + 8)) }
    }

    private func hashes(_ table: UnsafeMutableRawBufferPointer) -> [UInt64] {
        (0..<(table.count / 8)).map { table.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }.filter { $0 != 0 }
    }

    private func insert(_ hash: UInt64, in table: UnsafeMutableRawBufferPointer) -> Bool {
        let mask = table.count / 8 - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let other = table.loadUnaligned(fromByteOffset: place * 8, as: UInt64.self)
            if other == hash { return false }
            if other == 0 { break }
            place = (place + 1) & mask
        }
        table.storeBytes(of: hash, toByteOffset: place * 8, as: UInt64.self)
        return true
    }

    /// Turns the hash table into a sketch.
    private func sketch(_ slot: UnsafeMutableRawPointer, _ memory: UnsafeMutablePointer<Int>) {
        let known = hashes(Blob.bytes(slot + 8))
        let size = DistinctCount.registers
        Blob.resize(slot + 8, size, memory).initializeMemory(as: UInt8.self, repeating: 0, count: size)
        slot.storeBytes(of: -1, as: Int64.self)
        for hash in known { note(hash, in: Blob.bytes(slot + 8)) }
    }

    private func note(_ hash: UInt64, in registers: UnsafeMutableRawBufferPointer) {
        let register = Int(hash >> UInt64(64 - DistinctCount.registerBits))
        let rank = UInt8((hash << UInt64(DistinctCount.registerBits)).leadingZeroBitCount + 1)
        let bound = UInt8(64 - DistinctCount.registerBits + 1)
        registers[register] = max(registers[register], min(rank, bound))
    }

    func merge(_ targets: SlotRun, _ sources: SlotRun) {
        for index in 0..<targets.count {
            let target = targets[index]
            let source = Blob.bytes(sources[index] + 8)
            if sources[index].load(as: Int64.self) >= 0 {
                for hash in hashes(source) { add(target, hash, targets.memory) }
                continue
            }
            if target.load(as: Int64.self) >= 0 { sketch(target, targets.memory) }
            let registers = Blob.bytes(target + 8)
            for register in 0..<DistinctCount.registers {
                registers[register] = max(registers[register], source[register])
            }
        }
    }

    func result(_ slots: SlotRun) -> Column {
        let data = Buffer(capacity: slots.count * 8)
        let values = data.base.assumingMemoryBound(to: Int64.self)
        for index in 0..<slots.count {
            let count = slots[index].load(as: Int64.self)
            values[index] = count >= 0 ? count : estimate(Blob.bytes(slots[index] + 8))
        }
        return Column(type: .bigint, count: slots.count, data: data)
    }

    private func estimate(_ registers: UnsafeMutableRawBufferPointer) -> Int64 {
        let size = Double(DistinctCount.registers)
        var sum = 0.0
        var empty = 0.0
        for register in registers {
            sum += scalbn(1.0, -Int(register))
            if register == 0 { empty += 1 }
        }
        let raw = 0.7213 / (1 + 1.079 / size) * size * size / sum
        // Few values leave registers empty, and their number says more.
        return Int64((raw <= 2.5 * size && empty > 0 ? size * log(size / empty) : raw).rounded())
    }
}
