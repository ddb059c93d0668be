import Functions
import Parser
import Runtime
import Values

/// Turns expressions as written into typed ones: names become columns, operators and calls get their types.
struct ExpressionTyper {
    let scope: Scope
    let functions: FunctionLibrary
    let catalog: Catalog
    /// Whether a name means an aggregate function.
    let isAggregate: (String) -> Bool
    /// Whether a name means a function that makes rows.
    let isTableFunction: (String) -> Bool
    /// The parameters of the lambdas around the expression, innermost last.
    var parameters: [Expression.Parameter] = []
    /// Asked first for every part; what it returns stands for the part.
    var replacement: ((SyntaxExpression, ExpressionTyper) throws(PlanError) -> Expression?)?
    /// The names of the functions that are not scalar, for messages.
    var otherFunctions: () -> [String] = { [] }
    /// The clause that the expression is in, for messages.
    var clause = "SELECT"

    init(
        scope: Scope,
        functions: FunctionLibrary,
        catalog: Catalog,
        isAggregate: @escaping (String) -> Bool = { _ in false },
        isTableFunction: @escaping (String) -> Bool = { _ in false }
    ) {
        self.scope = scope
        self.functions = functions
        self.catalog = catalog
        self.isAggregate = isAggregate
        self.isTableFunction = isTableFunction
    }

    /// The same typer for another clause.
    func inClause(_ clause: String) -> ExpressionTyper {
        var copy = self
        copy.clause = clause
        return copy
    }

    /// The same typer without a replacement.
    var plain: ExpressionTyper {
        var copy = self
        copy.replacement = nil
        return copy
    }

    /// The typed expression.
    func type(_ syntax: SyntaxExpression) throws(PlanError) -> Expression {
        if let replacement, let expression = try replacement(syntax, self) { return expression }
        switch syntax.kind {
        case .literal(let literal): return try type(literal, at: syntax.position)
        case .typedLiteral(let kind, let text): return try type(kind, text, at: syntax.position)
        case .column(let source, let name): return try column(source, name)
        case .field(let value, let name): return try field(of: value, name)
        case .element(let value, let index): return try element(of: value, index)
        case .unary(let op, let value): return try unary(op, value, at: syntax.position)
        case .binary(let op, let left, let right): return try binary(op, left, right, at: syntax.position)
        case .comparison(let op, let left, let right): return try comparison(op, left, right, at: syntax.position)
        case .logical(let op, let parts): return try logical(op, parts)
        case .not(let value): return .not(try condition(value))
        case .isNull(let value, let negated):
            let typed = try type(value)
            return negated ? .isNotNull(typed) : .isNull(typed)
        case .between(let value, let low, let high, let negated):
            let typed = try between(value, low, high, at: syntax.position)
            return negated ? .not(typed) : typed
        case .inList(let value, let items, let negated):
            let typed = try inList(value, items)
            return negated ? .not(typed) : typed
        case .like(let value, let pattern, let escape, let negated):
            let typed = try like(value, pattern, escape)
            return negated ? .not(typed) : typed
        case .cases(let operand, let branches, let otherwise):
            return try cases(operand, branches, otherwise, at: syntax.position)
        case .cast(let value, let type): return try cast(value, to: type, at: syntax.position)
        case .call(let call): return try self.call(call)
        case .array, .map, .structure: return try constructor(syntax)
        case .lambda, .timeUnit, .atTimeZone: throw misplaced(syntax)
        }
    }

    /// A condition: an expression that must be BOOLEAN.
    func condition(_ syntax: SyntaxExpression) throws(PlanError) -> Expression {
        let typed = try type(syntax)
        guard typed.type == .boolean else {
            throw PlanError(
                SQLState.typeMismatch,
                "\(clause) needs a BOOLEAN here, but \(typed) is \(typed.type)",
                at: syntax.position,
                hint: typed.type.isNumeric ? "compare it, e.g. \(typed) <> 0" : nil
            )
        }
        return typed
    }

    private func column(_ source: Identifier?, _ name: Identifier) throws(PlanError) -> Expression {
        if source == nil, let parameter = parameters.last(where: { $0.name == name.text }) {
            return .parameter(parameter.name, parameter.type)
        }
        return try scope.resolve(source, name)
    }

    private func field(of value: SyntaxExpression, _ name: Identifier) throws(PlanError) -> Expression {
        let typed = try type(value)
        guard case .structure(let fields) = typed.type else {
            throw PlanError(
                SQLState.typeMismatch,
                "-> needs a STRUCT before it, but \(typed) is \(typed.type)",
                at: name.position,
                hint: reading(name.text, of: typed)
            )
        }
        if let index = fields.firstIndex(where: { $0.name == name.text }) { return .field(typed, index) }
        throw PlanError(
            SQLState.unknownColumn,
            "\(typed) has no field named \(quotedIdentifier(name.text))",
            at: name.position,
            hint: didYouMean(name.text, among: fields.map(\.name))
                ?? "its fields are \(fields.map { quotedIdentifier($0.name) }.joined(separator: ", "))"
        )
    }

    /// What reads a part by its name from something that is no STRUCT; nil when nothing does.
    private func reading(_ name: String, of value: Expression) -> String? {
        switch value.type {
        case .string: "EXTRACTJSONFIELD(\(value), '$.\(name.lowercased())') reads a field of a JSON text"
        case .map(.string, _): "\(value)['\(name.lowercased())'] reads an entry of a MAP"
        default: nil
        }
    }

    private func element(of value: SyntaxExpression, _ index: SyntaxExpression) throws(PlanError) -> Expression {
        let container = try type(value)
        let position = try type(index)
        switch container.type {
        case .array:
            guard position.type == .integer || position.type == .bigint else {
                throw PlanError(
                    SQLState.typeMismatch,
                    "an ARRAY is indexed by an INTEGER, but \(position) is \(position.type)",
                    at: index.position,
                    hint: position.type.isNumeric
                        ? position.castHint(to: .integer) : "the first element is \(container)[1]"
                )
            }
            return .element(container, index: position)
        case .map(let key, _):
            return .element(container, index: try coerced(position, index, to: key))
        default:
            throw PlanError(
                SQLState.typeMismatch,
                "[…] needs an ARRAY or a MAP before it, but \(container) is \(container.type)",
                at: value.position,
                hint: containerHint(container)
            )
        }
    }

    private func containerHint(_ container: Expression) -> String? {
        switch container.type {
        case .structure(let fields):
            fields.first.map { "a field is read with ->, e.g. \(container)->\(quotedIdentifier($0.name))" }
        case .string: "SUBSTRING(\(container), 1, 1) is the first character"
        default: nil
        }
    }

    private func cast(_ value: SyntaxExpression, to name: TypeName, at place: SourcePosition) throws(PlanError)
        -> Expression
    {
        let target = try catalog.resolve(name)
        if value.isNullLiteral { return .literal(.null, target) }
        let typed = try type(value)
        guard typed.type.canCast(to: target) else {
            throw PlanError(
                SQLState.cannotCast,
                "\(typed.type) cannot be cast to \(target)",
                at: place,
                hint: conversion(of: typed, to: target)
            )
        }
        return typed.type == target ? typed : .cast(typed, target)
    }

    private func misplaced(_ syntax: SyntaxExpression) -> PlanError {
        switch syntax.kind {
        case .lambda:
            PlanError(
                SQLState.syntax,
                "a lambda can only be an argument of TRANSFORM, FILTER or REDUCE",
                at: syntax.position,
                hint: "TRANSFORM(list, x => x + 1)"
            )
        case .timeUnit(let unit):
            PlanError(
                SQLState.syntax,
                "\(unit.rawValue) is a unit of time here, which only functions such as TIMESTAMPADD take",
                at: syntax.position,
                hint: "a column of that name is written `\(unit.rawValue)`"
            )
        default:
            PlanError(
                SQLState.notSupported,
                "AT TIME ZONE is not supported",
                at: syntax.position,
                hint: "CONVERT_TZ(timestamp, from, to) converts between time zones"
            )
        }
    }
}
