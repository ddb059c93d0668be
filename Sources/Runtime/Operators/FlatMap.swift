import Functions
import Values

/// Table functions in SELECT: each row becomes as many rows as the function that gives most, with a value of each; the
/// functions that give fewer have NULL in the last ones.
public struct FlatMap: OperatorSpec {
    /// One function over expressions of the input.
    public struct Call: Sendable {
        /// Of the output column.
        public let name: String
        public let function: any TableFunction
        public let arguments: [Expression]
        let resultType: SQLType

        /// - Parameter resultType: what the function says about the types of the arguments.
        public init(_ name: String, _ function: any TableFunction, _ arguments: [Expression], resultType: SQLType) {
            self.name = name
            self.function = function
            self.arguments = arguments
            self.resultType = resultType
        }
    }

    public let input: Schema
    public let calls: [Call]

    public init(_ calls: [Call], input: Schema) {
        precondition(!calls.isEmpty, "a function that makes rows")
        self.calls = calls
        self.input = input
    }

    /// The columns of the input, and one for each call.
    public var output: Schema {
        Schema(
            key: Array(input.key),
            isWindowed: input.isWindowed,
            values: input.values + calls.map { Schema.Field($0.name, $0.resultType) }
        )
    }

    public var summary: String {
        let list = calls.map { call in
            let arguments = call.arguments.map(\.description).joined(separator: ", ")
            return "\(quotedIdentifier(call.name)) := \(call.function.name)(\(arguments))"
        }
        return "FlatMap (\(list.joined(separator: ", ")))"
    }

    public func makeOperator(_ context: TaskContext) throws -> any Operator { try FlatMapOperator(self, context) }
}

/// Deleted rows, which have no values, become no rows.
private final class FlatMapOperator: Operator {
    private let calls: [FlatMap.Call]
    private let arguments: [[CompiledExpression]]
    private let schema: Schema
    private let context: TaskContext
    private let evaluation = EvaluationContext()
    private let lengths = Scratch<Int32>()
    private let counts = Scratch<Int32>()
    private let rows = Scratch<Int32>()
    private let numbers = Scratch<Int32>()
    private let positions = Scratch<Int32>()

    init(_ spec: FlatMap, _ context: TaskContext) throws {
        calls = spec.calls
        arguments = try spec.calls.map { try $0.arguments.map { try $0.compiled() } }
        schema = spec.output
        self.context = context
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        let columns = arguments.map { $0.map { $0.evaluate(batch, evaluation) } }
        let lengths = count(batch, columns)
        evaluation.log(batch, context)
        let rowsMax = context.settings.batchRowsMax
        let rows = rows.reserve(rowsMax)
        let numbers = numbers.reserve(rowsMax)
        var count = 0
        for row in 0..<batch.count {
            var next: Int32 = 0
            // A row can give more rows than a batch holds.
            while next < lengths[row] {
                let end = min(Int(lengths[row] - next), rowsMax - count)
                for step in 0..<end {
                    rows[count + step] = Int32(truncatingIfNeeded: row)
                    numbers[count + step] = next + Int32(truncatingIfNeeded: step)
                }
                count += end
                next += Int32(truncatingIfNeeded: end)
                if count == rowsMax {
                    emit(batch, columns, count, output)
                    count = 0
                }
            }
        }
        if count > 0 { emit(batch, columns, count, output) }
    }

    /// How many rows each row becomes: for every call in ``counts``, and the most of them.
    private func count(_ batch: Batch, _ columns: [[Column]]) -> UnsafeMutablePointer<Int32> {
        let lengths = lengths.reserve(batch.count)
        let counts = counts.reserve(batch.count * calls.count)
        lengths.update(repeating: 0, count: batch.count)
        for (number, call) in calls.enumerated() {
            let own = counts + number * batch.count
            call.function.counts(columns[number], count: batch.count, into: own)
            for row in 0..<batch.count {
                if own[row] < 0, !batch.isDeleted(row) {
                    evaluation.report(row, call.function.name, call.function.failure)
                }
                lengths[row] = max(lengths[row], own[row])
            }
        }
        for row in 0..<batch.count where batch.isDeleted(row) { lengths[row] = 0 }
        return lengths
    }

    private func emit(_ batch: Batch, _ columns: [[Column]], _ count: Int, _ output: Emitter) {
        let (rows, numbers) = (rows.base, numbers.base)
        var result = batch.gather(rows, count: count)
        let positions = positions.reserve(count)
        var values: [Column] = []
        for (number, call) in calls.enumerated() {
            let counts = counts.base + number * batch.count
            for index in 0..<count {
                positions[index] = numbers[index] < counts[Int(rows[index])] ? numbers[index] : -1
            }
            values.append(
                call.function.values(columns[number], rows: rows, positions: positions, count: count)
            )
        }
        result.schema = schema
        result.columns += values
        result.deleted = nil
        context.metrics.rowsOut.add(count)
        output.emit(result)
    }
}
