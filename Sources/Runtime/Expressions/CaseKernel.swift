import Values

/// Searched CASE: each row takes the result of its first true branch, and only that one is evaluated for it.
final class CaseKernel: Kernel {
    /// A branch and what its two parts read.
    struct Branch {
        let condition: Kernel
        let conditionNeeds: ColumnNeeds
        let result: Kernel
        let resultNeeds: ColumnNeeds
    }

    private let branches: [Branch]
    private let otherwise: (kernel: Kernel, needs: ColumnNeeds)?
    /// Conditions that cannot fail are evaluated for all rows, whether earlier branches took them or not.
    private let hasTotalConditions: Bool
    override var isTotal: Bool {
        hasTotalConditions && branches.allSatisfy(\.result.isTotal) && (otherwise?.kernel.isTotal ?? true)
    }

    /// - Precondition: results and `otherwise` have the type.
    init(_ branches: [Branch], otherwise: (kernel: Kernel, needs: ColumnNeeds)?, _ type: SQLType) {
        precondition(branches.count < 255, "the number of a branch fits a byte")
        self.branches = branches
        self.otherwise = otherwise
        hasTotalConditions = branches.allSatisfy(\.condition.isTotal)
        super.init(type)
    }

    /// The number of a row's branch when no branch takes it.
    private static let none = UInt8.max

    override func evaluate(_ frame: Frame) -> Column {
        let chosen = hasTotalConditions ? chooseForAll(frame) : chooseStepwise(frame)
        let choices = chosen.base.assumingMemoryBound(to: UInt8.self)
        var merge = RowMerge(type, frame.count)
        for (index, branch) in branches.enumerated() {
            add(branch.result, branch.resultNeeds, UInt8(truncatingIfNeeded: index), choices, frame, &merge)
        }
        if let otherwise { add(otherwise.kernel, otherwise.needs, CaseKernel.none, choices, frame, &merge) }
        return merge.finish()
    }

    /// Adds the rows that chose a branch to the result.
    private func add(
        _ kernel: Kernel,
        _ needs: ColumnNeeds,
        _ branch: UInt8,
        _ choices: UnsafePointer<UInt8>,
        _ frame: Frame,
        _ merge: inout RowMerge
    ) {
        var rows: [Int32] = []
        rows.reserveCapacity(frame.count)
        for row in 0..<frame.count where choices[row] == branch { rows.append(Int32(truncatingIfNeeded: row)) }
        if rows.isEmpty { return }
        if let constant = kernel.constant {
            merge.add(constant, to: rows) { _ in 0 }
        } else if kernel.isTotal || rows.count == frame.count {
            merge.add(kernel.evaluate(frame), to: rows) { rows[$0] }
        } else {
            let part = frame.gather(rows, needed: needs)
            let column = kernel.evaluate(part)
            frame.absorb(part, rows)
            merge.add(column, to: rows) { Int32(truncatingIfNeeded: $0) }
        }
    }

    private func chooseForAll(_ frame: Frame) -> Buffer {
        let chosen = Buffer(capacity: frame.count)
        let choices = chosen.base.assumingMemoryBound(to: UInt8.self)
        choices.update(repeating: CaseKernel.none, count: frame.count)
        // Backwards, so that the first true branch has the last word.
        for index in branches.indices.reversed() {
            let number = UInt8(truncatingIfNeeded: index)
            let condition = branches[index].condition.evaluate(frame)
            let values = condition.values(as: UInt8.self)
            if let words = condition.validityWords {
                for row in 0..<frame.count where values[row] & 1 != 0 && Bitmap.get(words, row) {
                    choices[row] = number
                }
            } else {
                for row in 0..<frame.count { choices[row] = values[row] != 0 ? number : choices[row] }
            }
        }
        return chosen
    }

    private func chooseStepwise(_ frame: Frame) -> Buffer {
        let chosen = Buffer(capacity: frame.count)
        let choices = chosen.base.assumingMemoryBound(to: UInt8.self)
        choices.update(repeating: CaseKernel.none, count: frame.count)
        var open = (0..<frame.count).map { Int32(truncatingIfNeeded: $0) }
        for (index, branch) in branches.enumerated() where !open.isEmpty {
            let isWhole = open.count == frame.count
            let part = isWhole ? frame : frame.gather(open, needed: branch.conditionNeeds)
            let condition = branch.condition.evaluate(part)
            if !isWhole { frame.absorb(part, open) }
            let values = condition.values(as: UInt8.self)
            var rest: [Int32] = []
            for (position, row) in open.enumerated() {
                if values[position] != 0, !condition.isNull(position) {
                    choices[Int(row)] = UInt8(truncatingIfNeeded: index)
                } else {
                    rest.append(row)
                }
            }
            open = rest
        }
        return chosen
    }
}

/// Puts a column together from rows of other columns of the same type; rows that nobody gives are NULL.
struct RowMerge {
    private let type: SQLType
    private let count: Int
    private var sources: [Column] = []
    /// The source of each row, -1 for none, and the row in it.
    private var sourceOf: [Int32]
    private var rowOf: [Int32]

    init(_ type: SQLType, _ count: Int) {
        self.type = type
        self.count = count
        sourceOf = Array(repeating: -1, count: count)
        rowOf = Array(repeating: 0, count: count)
    }

    /// Gives rows `rows` of the result; the i-th of them is row `sourceRow(i)` of the column.
    @inline(__always)
    mutating func add(_ column: Column, to rows: [Int32], _ sourceRow: (Int) -> Int32) {
        let number = Int32(truncatingIfNeeded: sources.count)
        sources.append(column)
        for (index, row) in rows.enumerated() {
            sourceOf[Int(row)] = number
            rowOf[Int(row)] = sourceRow(index)
        }
    }

    func finish() -> Column {
        guard !sources.isEmpty else { return Column.nulls(type, count: count) }
        switch type.storage {
        case .fixed(1): return fixed(UInt8.self)
        case .fixed(4): return fixed(Int32.self)
        case .fixed(8): return fixed(Int64.self)
        case .fixed: return fixed(Int128.self)
        case .variable: return bytes()
        default: return built()
        }
    }

    private func fixed<T: BitwiseCopyable & ExpressibleByIntegerLiteral>(_: T.Type) -> Column {
        let data = Buffer(capacity: count * MemoryLayout<T>.stride)
        let out = data.base.assumingMemoryBound(to: T.self)
        let bases = sources.map { UnsafePointer($0.values(as: T.self)) }
        for row in 0..<count {
            let source = Int(sourceOf[row])
            if source >= 0 { out[row] = bases[source][Int(rowOf[row])] } else { out[row] = 0 }
        }
        return Column(type: type, count: count, validity: validity(), data: data)
    }

    /// STRING or BYTES: where each row ends first, then the bytes.
    private func bytes() -> Column {
        let offsetBuffer = Buffer(capacity: (count + 1) * 4)
        let ends = offsetBuffer.base.assumingMemoryBound(to: Int32.self)
        let from = sources.map { UnsafePointer($0.offsets) }
        var total: Int32 = 0
        ends[0] = 0
        for row in 0..<count {
            let source = Int(sourceOf[row])
            if source >= 0 {
                let index = Int(rowOf[row])
                total += from[source][index + 1] - from[source][index]
            }
            ends[row + 1] = total
        }
        let data = Buffer(capacity: Int(total))
        let arenas = sources.map { UnsafePointer($0.arena) }
        for row in 0..<count {
            let source = Int(sourceOf[row])
            let length = Int(ends[row + 1] - ends[row])
            if source < 0 || length == 0 { continue }
            let start = arenas[source] + Int(from[source][Int(rowOf[row])])
            (data.base + Int(ends[row])).copyMemory(from: start, byteCount: length)
        }
        return Column(type: type, count: count, validity: validity(), data: data, offsets: offsetBuffer)
    }

    /// The bitmap of the result; nil when no row is NULL.
    private func validity() -> Buffer? {
        let words = sources.map(\.validityWords)
        if words.allSatisfy({ $0 == nil }), !sourceOf.contains(-1) { return nil }
        let bitmap = Bitmap.buffer(count, allSet: true)
        let out = bitmap.base.assumingMemoryBound(to: UInt64.self)
        for row in 0..<count {
            let source = Int(sourceOf[row])
            if source < 0 || words[source].map({ !Bitmap.get($0, Int(rowOf[row])) }) ?? false { Bitmap.clear(out, row) }
        }
        return bitmap
    }

    private func built() -> Column {
        let builder = ColumnBuilder(type, capacity: count)
        for row in 0..<count {
            let source = Int(sourceOf[row])
            if source < 0 { builder.appendNull() } else { builder.append(rowOf: sources[source], Int(rowOf[row])) }
        }
        return builder.finish()
    }
}
