import Functions
import Runtime
import Testing
import Values

/// Every example in the function table is carried out, and the table as a whole keeps its promises.
@Suite struct FunctionExampleTests {
    private static let functions = FunctionLibrary.builtin.names.flatMap { FunctionLibrary.builtin.overloads(of: $0) }

    @Test(arguments: functions.compactMap(\.example))
    func exampleIsTrue(example: FunctionExample) throws {
        let expected = try SQLSnippet.expression(example.result)
        let (values, problems) = try evaluate(SQLSnippet.expression(example.call))
        #expect(problems.map(\.reason) == [])
        let result = try evaluate(Expression.cast(expected, expected.type)).values[0]
        let shown = (values[0].sqlText, result.sqlText)
        #expect(shown.0 == shown.1, "\(example.call)")
    }

    @Test func everyFunctionHasASummaryAndAnExample() {
        for name in FunctionLibrary.builtin.names {
            let overloads = FunctionLibrary.builtin.overloads(of: name)
            #expect(overloads.allSatisfy { $0.summary.hasSuffix(".") }, "\(name)")
            let isTimely = overloads.contains { !$0.isDeterministic }
            #expect(isTimely || overloads.contains { $0.example != nil }, "\(name) has no example")
        }
    }

    /// Strict functions answer NULL to NULL in every place, over columns and as constants.
    @Test(arguments: functions.filter { $0.nulls == .strict && !$0.parameters.isEmpty })
    func nullGivesNull(function: ScalarFunction) throws {
        guard let types = function.sampleTypes, !function.parameters.contains(where: \.isLambda) else { return }
        let resolved = try FunctionLibrary.builtin.resolve(
            function.name,
            zip(function.parameters, types).map { $0 == .timeUnit ? .timeUnit : .value($1) }
        )
        #expect(resolved.function == function)
        let arguments = types.indices.map { column($0, resolved.argumentTypes[$0]) }
        for missing in types.indices where function.parameters[missing] != .timeUnit {
            let columns = types.indices.map { index in
                (resolved.argumentTypes[index], [index == missing ? .null : resolved.argumentTypes[index].sample])
            }
            let (values, problems) = try evaluate(.call(resolved, arguments), columns)
            #expect(values == [.null], "\(function.signature), argument \(missing + 1)")
            #expect(problems.isEmpty)
        }
    }
}

extension ParameterType {
    var isLambda: Bool {
        if case .lambda = self { return true }
        return false
    }

    fileprivate var sample: SQLType? {
        switch self {
        case .exact(let type): type
        case .decimal: .decimal(precision: 6, scale: 2)
        case .generic: .string
        case .array(let element): element.sample.map { .array($0) }
        case .map(let key, let value): key.sample.flatMap { key in value.sample.map { .map(key: key, value: $0) } }
        case .timeUnit: .string
        case .lambda: nil
        }
    }
}

extension ScalarFunction {
    var sampleTypes: [SQLType]? {
        let types = parameters.compactMap(\.sample)
        return types.count == parameters.count ? types : nil
    }
}

extension SQLType {
    fileprivate var sample: Value {
        switch self {
        case .boolean: .boolean(true)
        case .integer: .integer(1)
        case .bigint: .bigint(1)
        case .double: .double(1)
        case .decimal(_, let scale): .decimal(Decimal(unscaled: 1, scale: scale))
        case .string: .string("DAYS")
        case .bytes: .bytes([1])
        case .time: .time(1)
        case .date: .date(1)
        case .timestamp: .timestamp(1)
        case .array(let element): .array([element.sample])
        case .map(let key, let value): .map([MapEntry(key.sample, value.sample)])
        case .structure(let fields): .structure(fields.map(\.type.sample))
        }
    }
}
