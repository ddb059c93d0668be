import Values

/// AND or OR over two or more BOOLEANs, from left to right.
///
/// A row whose value is settled (FALSE for AND, TRUE for OR) no longer asks the operands behind; a NULL operand that is
/// asked makes the row NULL.
final class LogicKernel: Kernel {
    private let parts: [Kernel]
    private let needs: [ColumnNeeds]
    /// The value that settles a row.
    private let settling: UInt8
    override var isTotal: Bool { parts.allSatisfy(\.isTotal) }

    /// - Parameter needs: what each part reads.
    init(isAnd: Bool, _ parts: [Kernel], needs: [ColumnNeeds]) {
        self.parts = parts
        self.needs = needs
        settling = isAnd ? 0 : 1
        super.init(.boolean)
    }

    /// Below this share of open rows they are picked out instead of evaluating an operand for all.
    private static let sparse = 0.25

    override func evaluate(_ frame: Frame) -> Column {
        let count = frame.count
        let first = parts[0].evaluate(frame)
        let data = Buffer(capacity: count)
        let state = data.base.assumingMemoryBound(to: UInt8.self)
        state.update(from: first.values(as: UInt8.self), count: count)
        var validity = first.validity.map { Bitmap.copy($0, count) }
        setBytes(state, count, whereClear: validity, to: settling)
        for index in 1..<parts.count {
            let part = parts[index]
            if part.isTotal {
                merge(part.evaluate(frame), into: state, count, &validity)
            } else {
                mergeOpen(index, frame, state, &validity)
            }
        }
        return Column(type: .boolean, count: count, validity: validity, data: data)
    }

    /// Settles the rows that are still open with the values of an operand of all rows.
    private func merge(
        _ column: Column,
        into state: UnsafeMutablePointer<UInt8>,
        _ count: Int,
        _ validity: inout Buffer?
    ) {
        let values = column.values(as: UInt8.self)
        if let words = column.validityWords {
            for row in 0..<count where state[row] != settling && !Bitmap.get(words, row) {
                setNull(row, state, count, &validity)
            }
        }
        if settling == 0 {
            for row in 0..<count { state[row] &= values[row] }
        } else {
            for row in 0..<count { state[row] |= values[row] & 1 }
        }
        // A NULL operand has any byte in its slot.
        setBytes(state, count, whereClear: validity, to: settling)
    }

    private func setNull(_ row: Int, _ state: UnsafeMutablePointer<UInt8>, _ count: Int, _ validity: inout Buffer?) {
        let bitmap = validity ?? Bitmap.buffer(count, allSet: true)
        validity = bitmap
        Bitmap.clear(bitmap.base.assumingMemoryBound(to: UInt64.self), row)
        state[row] = settling
    }

    /// Evaluates an operand that may fail, for the open rows.
    private func mergeOpen(
        _ index: Int,
        _ frame: Frame,
        _ state: UnsafeMutablePointer<UInt8>,
        _ validity: inout Buffer?
    ) {
        let count = frame.count
        var open: [Int32] = []
        for row in 0..<count where state[row] != settling { open.append(Int32(truncatingIfNeeded: row)) }
        if open.isEmpty { return }
        if Double(open.count) > LogicKernel.sparse * Double(count) {
            let relevant = Buffer(capacity: count)
            let flags = relevant.base.assumingMemoryBound(to: UInt8.self)
            for row in 0..<count { flags[row] = state[row] ^ settling }
            merge(frame.speculated(where: flags) { parts[index].evaluate(frame) }, into: state, count, &validity)
            return
        }
        let part = frame.gather(open, needed: needs[index])
        let column = parts[index].evaluate(part)
        frame.absorb(part, open)
        let values = column.values(as: UInt8.self)
        for (position, row) in open.enumerated() {
            if column.isNull(position) {
                setNull(Int(row), state, count, &validity)
            } else {
                state[Int(row)] = values[position]
            }
        }
    }
}

/// NOT; NULL stays NULL.
final class NotKernel: Kernel {
    private let value: Kernel
    override var isTotal: Bool { value.isTotal }

    init(_ value: Kernel) {
        self.value = value
        super.init(.boolean)
    }

    override func evaluate(_ frame: Frame) -> Column { mapped(value.evaluate(frame), .boolean) { (x: UInt8) in x ^ 1 } }
}

/// A test that is NULL where one of the values that it reads is.
final class StrictKernel: Kernel {
    private let test: Kernel
    private let values: [Kernel]
    override var isTotal: Bool { test.isTotal && values.allSatisfy(\.isTotal) }

    init(_ test: Kernel, of values: [Kernel]) {
        self.test = test
        self.values = values
        super.init(.boolean)
    }

    override func evaluate(_ frame: Frame) -> Column {
        // First, so that the test finds them computed for all rows, whose failures are told once.
        let columns = values.map { $0.evaluate(frame) }
        return columns.reduce(test.evaluate(frame)) { column, value in column.masked(by: value.validity) }
    }
}

/// IS NULL and IS NOT NULL; a value that failed is NULL.
final class NullTest: Kernel {
    private let value: Kernel
    private let isNull: Bool
    override var isTotal: Bool { value.isTotal }

    init(_ value: Kernel, isNull: Bool) {
        self.value = value
        self.isNull = isNull
        super.init(.boolean)
    }

    override func evaluate(_ frame: Frame) -> Column {
        let validity = value.guarded(frame).validity
        return booleans(frame.count) { out in
            out.update(repeating: isNull ? 0 : 1, count: frame.count)
            setBytes(out, frame.count, whereClear: validity, to: isNull ? 1 : 0)
        }
    }
}

/// A value that several kernels read: computed once a frame.
final class SharedKernel: Kernel {
    private let value: Kernel
    private weak var frame: Frame?
    private var column: Column?
    override var isTotal: Bool { value.isTotal }
    override var constant: Column? { value.constant }

    init(_ value: Kernel) {
        self.value = value
        super.init(value.type)
    }

    override func evaluate(_ frame: Frame) -> Column {
        if let column, self.frame === frame { return column }
        let column = value.evaluate(frame)
        self.frame = frame
        self.column = column
        return column
    }
}
