import Values

/// Computes the columns of its output from those of its input: SELECT.
public struct Project: OperatorSpec {
    /// One expression over the input for every column of ``output``, key columns and window bounds included.
    public let columns: [Expression]
    public let output: Schema

    /// - Precondition: an expression of the right type for every column.
    public init(_ columns: [Expression], output: Schema) {
        precondition(columns.map(\.type) == output.fields.map(\.type), "an expression of the type of every column")
        self.columns = columns
        self.output = output
    }

    public var summary: String {
        let list = zip(columns, output.fields).map { expression, field in
            let name = quotedIdentifier(field.name)
            return expression.description == name ? name : "\(expression) AS \(name)"
        }
        return "Project (\(list.joined(separator: ", ")))"
    }

    public func makeOperator(_ context: TaskContext) throws -> any Operator {
        ProjectOperator(try columns.map { try $0.compiled() }, output, context)
    }
}

/// Deleted rows keep their key and stay deleted; the rows that changes replace are projected as well.
private final class ProjectOperator: Operator {
    private let expressions: [CompiledExpression]
    private let schema: Schema
    private let context: TaskContext
    private let evaluation = EvaluationContext()

    init(_ expressions: [CompiledExpression], _ schema: Schema, _ context: TaskContext) {
        self.expressions = expressions
        self.schema = schema
        self.context = context
    }

    func process(_ batch: Batch, input _: Int, into output: Emitter) throws {
        context.metrics.rowsIn.add(batch.count)
        var result = batch.with(schema: schema, columns: expressions.map { $0.evaluate(batch, evaluation) })
        evaluation.log(batch, context)
        if let deleted = batch.deleted { result.columns = result.clearingValues(of: deleted, from: schema.valueStart) }
        if let before = batch.before {
            result.before = expressions.map { $0.evaluate(before, of: batch, evaluation) }
            result.hadBefore = batch.hadBefore
            _ = evaluation.takeProblems()
        }
        context.metrics.rowsOut.add(result.count)
        output.emit(result)
    }
}
