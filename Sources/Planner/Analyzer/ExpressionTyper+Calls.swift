import Functions
import Parser
import Runtime
import Values

extension ExpressionTyper {
    func call(_ call: SyntaxCall) throws(PlanError) -> Expression {
        let name = call.name.text
        if isAggregate(name) {
            throw PlanError(
                SQLState.grouping,
                "aggregate function \(name) cannot be used in \(clause)",
                at: call.name.position,
                hint: clause == "WHERE" ? "HAVING filters groups" : "it can stand in SELECT and in HAVING"
            )
        }
        guard !call.isStar else {
            throw PlanError(
                SQLState.syntax,
                "\(name) does not take *",
                at: call.name.position,
                hint: "name a column: \(name)(column)"
            )
        }
        if isTableFunction(name) {
            throw PlanError(
                SQLState.grouping,
                "table function \(name) cannot be used \(parameters.isEmpty ? "in \(clause)" : "in a lambda")",
                at: call.name.position,
                hint: "it makes rows, which only the SELECT of a stream without aggregate functions can have"
            )
        }
        if call.arguments.contains(where: \.isLambda) { return try higherOrder(call) }
        var typed: [Expression] = []
        for argument in call.arguments { typed.append(try self.argument(argument)) }
        return try resolve(name, typed, call.arguments, at: call.name.position)
    }

    private func argument(_ syntax: SyntaxExpression) throws(PlanError) -> Expression {
        if case .timeUnit(let unit) = syntax.kind { return .literal(.string(unit.rawValue), .string) }
        return try type(syntax)
    }

    /// A call of the function that suits the arguments.
    func resolve(
        _ name: String,
        _ arguments: [Expression],
        _ syntax: [SyntaxExpression],
        at position: SourcePosition
    ) throws(PlanError) -> Expression {
        let types = zip(arguments, syntax).map { typed, written in written.argumentType(typed.type) }
        do {
            let function = try functions.resolve(name, types)
            return .call(
                function,
                zip(arguments, function.argumentTypes).map { argument, type in
                    if case .lambda = argument { argument } else { argument.converted(to: type) }
                }
            )
        } catch {
            throw unresolved(error, at: position)
        }
    }

    private func unresolved(_ error: FunctionResolutionError, at position: SourcePosition) -> PlanError {
        var hint = error.hint
        if case .unknown(let name, let similar) = error, similar.isEmpty {
            hint = name == "ARRAY" ? "ARRAY[a, b] makes an array" : didYouMean(name, among: otherFunctions()) ?? hint
        }
        return PlanError(SQLState.unknownFunction, error.description, at: position, hint: hint)
    }

    /// A call with lambdas: the plain arguments give the types of their parameters.
    private func higherOrder(_ call: SyntaxCall) throws(PlanError) -> Expression {
        var typed: [Expression] = []
        var types: [ArgumentType] = []
        for argument in call.arguments {
            if case .lambda(let names, _) = argument.kind {
                typed.append(.literal(.null, .string))
                types.append(.lambda(arity: names.count, result: nil))
            } else {
                typed.append(try self.argument(argument))
                types.append(argument.argumentType(typed[typed.count - 1].type))
            }
        }
        let lists: [[SQLType]]
        do {
            lists = try functions.lambdaParameters(call.name.text, types)
        } catch {
            throw unresolved(error, at: call.name.position)
        }
        var remaining = lists[...]
        for (index, argument) in call.arguments.enumerated() {
            guard case .lambda(let names, let body) = argument.kind, let list = remaining.popFirst() else { continue }
            typed[index] = try lambda(names, list, body)
        }
        return try resolve(call.name.text, typed, call.arguments, at: call.name.position)
    }

    private func lambda(_ names: [Identifier], _ types: [SQLType], _ body: SyntaxExpression) throws(PlanError)
        -> Expression
    {
        let own = zip(names, types).map { Expression.Parameter($0.text, $1) }
        var inner = self
        inner.parameters += own
        return .lambda(own, body: try inner.type(body))
    }
}

extension SyntaxExpression {
    fileprivate var isLambda: Bool {
        if case .lambda = kind { return true }
        return false
    }

    /// What overload resolution sees of an argument that was typed.
    fileprivate func argumentType(_ type: SQLType) -> ArgumentType {
        switch kind {
        case .literal(.null): .null
        case .timeUnit: .timeUnit
        case .lambda(let names, _): .lambda(arity: names.count, result: type)
        default: .value(type)
        }
    }
}
