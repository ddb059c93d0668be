import Values

/// Computes the columns of its output from those of its input: SELECT.
public struct Project: OperatorSpec {
    /// One expression over the input for every column of ``output``, key columns and window bounds included.
    public let columns: [Expression]
    public let output: Schema
    /// Key columns that records without a value do not have: those whose expressions read more than the input's key.
    public let keysOfValues: [Int]

    /// - Parameter inputKeyCount: how many of the input's columns, from the first, are its key.
    /// - Precondition: an expression of the right type for every column.
    public init(_ columns: [Expression], output: Schema, inputKeyCount: Int = .max) {
        precondition(columns.map(\.type) == output.fields.map(\.type), "an expression of the type of every column")
        self.columns = columns
        self.output = output
        keysOfValues = output.key.indices.filter { !columns[$0].isAnswered(byFirst: inputKeyCount) }
    }

    public var summary: String {
        let list = zip(columns, output.fields).map { expression, field in
            let name = quotedIdentifier(field.name)
            return expression.description == name ? name : "\(expression) AS \(name)"
        }
        return "Project (\(list.joined(separator: ", ")))"
    }

    public func makeOperator(_ context: TaskContext) throws -> any Operator {
        ProjectOperator(try columns.map { try $0.compiled() }, self, context)
    }
}

/// Deleted rows keep their key and stay deleted; the rows that changes replace are projected as well.
private final class ProjectOperator: Operator {
    private let expressions: [CompiledExpression]
    private let schema: Schema
    private let keysOfValues: [Int]
    private let context: TaskContext
    private let evaluation = EvaluationContext()

    init(_ expressions: [CompiledExpression], _ spec: Project, _ context: TaskContext) {
        self.expressions = expressions
        schema = spec.output
        keysOfValues = spec.keysOfValues
        self.context = context
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        var result = batch.with(schema: schema, columns: expressions.map { $0.evaluate(batch, evaluation) })
        evaluation.log(batch, context)
        if let deleted = batch.deleted {
            result.columns = result.clearingValues(of: deleted, from: schema.valueStart)
            // What the values would say is unknown where there are none; of a table, the row before says it.
            if batch.before == nil { result.clear(keysOfValues, of: deleted) }
        }
        if let before = batch.before {
            result.before = expressions.map { $0.evaluate(before, of: batch, evaluation) }
            result.hadBefore = batch.hadBefore
            _ = evaluation.takeProblems()
        }
        context.metrics.rowsOut.add(result.count)
        output.emit(result)
    }
}
