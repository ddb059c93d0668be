import Functions
import Values

/// An aggregate function that takes the rows of its example over and over, dealt to many groups.
struct AggregateBenchCall {
    /// As SQL.
    let text: String
    private let accumulator: any Accumulator
    private let inputs: [Column]
    private static let groups = 512

    init(_ function: AggregateFunction) throws {
        let example = function.example
        text = example.call
        let columns = [SQLType](repeating: example.type, count: example.columns)
        let literals = example.literals.map { if case .boolean = $0 { SQLType.boolean } else { SQLType.integer } }
        accumulator = try AggregateLibrary.standard.resolve(
            function.name,
            columns + literals,
            literals: [Value?](repeating: nil, count: columns.count) + example.literals
        ).accumulator
        let rows = (0..<FunctionBench.rows).map { example.rows[$0 % example.rows.count] }
        inputs = columns.map { Column.of($0, rows) }
    }

    func measure() -> Double {
        let size = (accumulator.slotBytes + 15) & ~15
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size * AggregateBenchCall.groups, alignment: 16)
        defer { memory.deallocate() }
        var dice = BenchDice()
        let records = (0..<FunctionBench.rows).map { _ in memory + dice.roll(AggregateBenchCall.groups) * size }
        let rows = (0..<FunctionBench.rows).map { Int32($0) }
        var used = 0
        return records.withUnsafeBufferPointer { records in
            rows.withUnsafeBufferPointer { rows in
                guard let record = records.baseAddress, let row = rows.baseAddress else { return 0 }
                return withUnsafeMutablePointer(to: &used) { used in
                    let slots = SlotRun(count: rows.count, records: record, rows: row, offset: 0, memory: used)
                    return FunctionBench.measured { round(memory, size, slots) }
                }
            }
        }
    }

    /// A batch into groups that are empty at first.
    private func round(_ memory: UnsafeMutableRawPointer, _ size: Int, _ slots: SlotRun) {
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size * AggregateBenchCall.groups)
        accumulator.update(slots, accumulator.prepare(inputs))
        for group in 0..<AggregateBenchCall.groups {
            for blob in accumulator.blobs { Blob.release(memory + group * size + blob, slots.memory) }
        }
    }
}

/// A table function that makes all rows of its example's argument, for every row of a batch.
struct TableBenchCall {
    private let function: any TableFunction
    private let arguments: [Column]

    init(_ function: any TableFunction) {
        self.function = function
        let example = function.example
        arguments = [Column.constant(example.type, example.argument, count: FunctionBench.rows)]
    }

    func measure() -> Double {
        var counts = [Int32](repeating: 0, count: FunctionBench.rows)
        return FunctionBench.measured {
            counts.withUnsafeMutableBufferPointer { counts in
                guard let base = counts.baseAddress else { return }
                function.counts(arguments, count: counts.count, into: base)
            }
            var rows: [Int32] = []
            var positions: [Int32] = []
            for (row, count) in counts.enumerated() {
                for position in 0..<max(count, 0) {
                    rows.append(Int32(truncatingIfNeeded: row))
                    positions.append(position)
                }
            }
            rows.withUnsafeBufferPointer { rows in
                positions.withUnsafeBufferPointer { positions in
                    guard let row = rows.baseAddress, let position = positions.baseAddress else { return }
                    _ = function.values(arguments, rows: row, positions: position, count: rows.count)
                }
            }
        }
    }
}
