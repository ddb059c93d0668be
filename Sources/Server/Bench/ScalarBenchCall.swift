import Connectors
import Functions
import Parser
import Planner
import Runtime
import Values

/// The call of a function's example with columns for its arguments; texts behind the first one stay constants, as
/// patterns, paths and units of measure do.
struct ScalarBenchCall {
    /// As SQL.
    let text: String
    private let compiled: CompiledExpression
    private let batch: Batch

    /// Nil for a signature that has no example and takes more than numbers, texts and times.
    init?(_ function: ScalarFunction) throws {
        let planner = Planner(catalog: Catalog(), formats: FormatRegistry(Formats.all), topicSettings: { _ in nil })
        var dice = BenchDice()
        var fields: [Schema.Field] = []
        var columns: [Column] = []
        var arguments: [String] = []
        func add(_ type: SQLType, _ value: Value) {
            arguments.append("C\(fields.count)")
            fields.append(Schema.Field("C\(fields.count)", type))
            columns.append(dice.column(type, like: value))
        }
        if let example = function.example {
            guard let call = try ScalarBenchCall.find(function.name, in: SQLParser.parseExpression(example.call)) else {
                return nil
            }
            let subject = ScalarBenchCall.subject(function)
            for (index, argument) in call.arguments.enumerated() {
                guard let sample = try ScalarBenchCall.sample(argument, planner), sample.value != .null,
                    index == subject || sample.type != .string
                else {
                    arguments.append(SQLFormatter.sql(argument))
                    continue
                }
                add(sample.type, sample.value)
            }
        } else {
            for parameter in function.parameters {
                guard let (type, value) = ScalarBenchCall.sample(parameter) else { return nil }
                add(type, value)
            }
        }
        text = "\(function.name)(\(arguments.joined(separator: ", ")))"
        compiled = try planner.expression(SQLParser.parseExpression(text), over: fields).compiled()
        batch = Batch(
            schema: Schema(key: [], values: fields),
            count: FunctionBench.rows,
            columns: columns,
            timestamps: Column.constant(.bigint, .bigint(0), count: FunctionBench.rows)
        )
    }

    func measure() -> Double {
        let context = EvaluationContext()
        return FunctionBench.measured {
            _ = compiled.evaluate(batch, context)
            _ = context.takeProblems()
        }
    }

    /// The argument that the function works on; a pattern or a unit may stand before it.
    private static func subject(_ function: ScalarFunction) -> Int {
        if function.name.hasPrefix("REGEXP_EXTRACT") { return 1 }
        return function.parameters.firstIndex { $0 != .timeUnit } ?? 0
    }

    /// The call of the function inside an example.
    private static func find(_ name: String, in expression: Parser.Expression) -> Parser.FunctionCall? {
        if case .call(let call) = expression.kind {
            if call.name.text == name { return call }
            for argument in call.arguments { if let found = find(name, in: argument) { return found } }
        }
        return nil
    }

    /// The value of an argument; nil for a lambda or a unit.
    private static func sample(
        _ argument: Parser.Expression,
        _ planner: Planner
    ) throws -> (type: SQLType, value: Value)? {
        switch argument.kind {
        case .lambda, .timeUnit: return nil
        default: break
        }
        let expression = try planner.expression(argument)
        let row = Batch(
            schema: Schema(key: [], values: []),
            count: 1,
            columns: [],
            timestamps: Column.of(.bigint, [.bigint(0)])
        )
        let column = try expression.compiled().evaluate(row, EvaluationContext())
        return (expression.type, column.value(at: 0))
    }

    private static func sample(_ parameter: ParameterType) -> (SQLType, Value)? {
        guard case .exact(let type) = parameter else {
            let decimal = SQLType.decimal(precision: 12, scale: 2)
            return parameter == .decimal ? (decimal, .decimal(Decimal(unscaled: 12_345, scale: 2))) : nil
        }
        switch type {
        case .boolean: return (type, .boolean(true))
        case .integer: return (type, .integer(1))
        case .bigint: return (type, .bigint(1))
        case .double: return (type, .double(0.5))
        case .string: return (type, .string("a text of some words"))
        case .bytes: return (type, .bytes([1, 2, 3, 4, 5, 6, 7, 8]))
        case .date: return (type, .date(18_000))
        case .time: return (type, .time(36_000_000))
        case .timestamp: return (type, .timestamp(1_590_530_399_000))
        default: return nil
        }
    }
}
