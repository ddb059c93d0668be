import Functions
import Glibc
import Values

/// `value IN (constants)` for many constants: a hash table of their bytes.
final class ConstantListKernel: Kernel {
    private let value: Kernel
    private let members: Column
    /// Open addressing with twice as many slots as members or more; -1 is free.
    private var slots: [Int32]
    override var isTotal: Bool { value.isTotal }

    /// - Parameter constants: one-row columns of the value's type, STRING, BYTES or of a fixed width, none NULL.
    init(_ value: Kernel, _ constants: [Column]) {
        self.value = value
        members = Column.concatenated(constants)
        var size = 16
        while size < constants.count * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        super.init(.boolean)
        for member in 0..<members.count {
            var slot = Int(truncatingIfNeeded: hash(members.rawBytes(member))) & (size - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(truncatingIfNeeded: member)
        }
    }

    override func evaluate(_ frame: Frame) -> Column {
        let column = value.evaluate(frame)
        return booleans(frame.count) { out in
            for row in 0..<frame.count { out[row] = !column.isNull(row) && holds(column.rawBytes(row)) ? 1 : 0 }
        }
    }

    @inline(__always)
    private func holds(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash(bytes)) & mask
        while slots[slot] >= 0 {
            if sameBytes(members.rawBytes(Int(slots[slot])), bytes) { return true }
            slot = (slot + 1) & mask
        }
        return false
    }

    @inline(__always)
    private func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        bytes.baseAddress.map { Hash.of($0, bytes.count) } ?? 0
    }
}

extension Column {
    /// The bytes of a row as they lie in the column; not for ARRAY, MAP and STRUCT.
    @inline(__always)
    fileprivate func rawBytes(_ row: Int) -> UnsafeRawBufferPointer {
        guard case .fixed(let width) = type.storage, let data else { return bytes(row) }
        return UnsafeRawBufferPointer(start: data.base + row * width, count: width)
    }
}
