import Values

/// A signature laid over the arguments of a call: what the variables stand for, and how far the arguments are from it.
struct SignatureMatch {
    let function: ScalarFunction
    /// Compared in order: widening steps, variables, whether the parameter list had to be repeated.
    private(set) var cost: Cost
    private let parameters: [ParameterType]
    private let arguments: [ArgumentType]
    private var variables: [String: SQLType] = [:]

    /// How far a call is from a signature; the smallest wins.
    struct Cost: Comparable {
        var widening = 0
        var generics = 0
        var variadic = 0

        static func < (left: Cost, right: Cost) -> Bool {
            (left.widening, left.generics, left.variadic) < (right.widening, right.generics, right.variadic)
        }
    }

    /// Nil when the arguments do not fit.
    init?(_ function: ScalarFunction, _ arguments: [ArgumentType]) {
        guard let parameters = function.parameters(forCount: arguments.count) else { return nil }
        self.function = function
        self.parameters = parameters
        self.arguments = arguments
        cost = Cost(generics: parameters.filter(\.isGeneric).count, variadic: function.isVariadic ? 1 : 0)
        // Plain arguments first: they fix the variables that lambdas and NULLs then take.
        for (parameter, argument) in zip(parameters, arguments) {
            guard case .value(let type) = argument else { continue }
            guard bind(parameter, type) else { return nil }
        }
        for (parameter, argument) in zip(parameters, arguments) {
            guard accepts(parameter, argument) else { return nil }
        }
    }

    /// The function with all types fixed; nil when a variable is left open.
    func resolved() -> ResolvedFunction? {
        var types: [SQLType] = []
        for (parameter, argument) in zip(parameters, arguments) {
            switch (parameter, argument) {
            case (.timeUnit, _): types.append(.string)
            case (.lambda(_, let pattern), .lambda(_, let result)):
                guard let result else { return nil }
                types.append(substitute(pattern) ?? result)
            case (.decimal, .value(let type)): types.append(type.widenedToDecimal ?? type)
            case (.decimal, _): types.append(.decimal(precision: 1, scale: 0))
            // A NULL of any type, which nothing in the signature depends on.
            case (.generic(let name), .null) where function.occurrences(of: name) == 1: types.append(.string)
            default:
                guard let type = substitute(parameter) else { return nil }
                types.append(type)
            }
        }
        let decimals = types.filter(\.isDecimal)
        let result: SQLType?
        switch function.result {
        case .pattern(.decimal): result = decimals.dropFirst().reduce(decimals.first) { $0?.decimalUnion($1) }
        case .pattern(let pattern): result = substitute(pattern)
        case .rule(_, let rule): result = rule(types)
        }
        // Several DECIMAL arguments meet in one type.
        if case .pattern(.decimal) = function.result, let result, decimals.count > 1 {
            types = types.map { $0.isDecimal ? result : $0 }
        }
        return result.map { ResolvedFunction(function, argumentTypes: types, resultType: $0) }
    }

    /// The parameter types of the lambdas among the arguments; nil when a variable in them is open.
    func lambdaParameters() -> [[SQLType]]? {
        var lists: [[SQLType]] = []
        for case .lambda(let inner, _) in parameters {
            let types = inner.compactMap(substitute)
            guard types.count == inner.count else { return nil }
            lists.append(types)
        }
        return lists
    }

    private mutating func accepts(_ parameter: ParameterType, _ argument: ArgumentType) -> Bool {
        switch (parameter, argument) {
        case (.timeUnit, .timeUnit): return true
        case (.timeUnit, _), (_, .timeUnit): return false
        case (.lambda(let inner, let result), .lambda(let arity, let body)):
            guard inner.count == arity else { return false }
            // The body was typed with what its variables stood for, which it must not change any more.
            if let body, let fixed = substitute(result) { return body.wideningSteps(to: fixed) != nil }
            return body.map { bind(result, $0) } ?? true
        case (.lambda, _), (_, .lambda): return false
        case (_, .null): return true
        case (_, .value): return true
        }
    }

    /// Lays one parameter over a type, fixing variables.
    private mutating func bind(_ parameter: ParameterType, _ type: SQLType) -> Bool {
        switch (parameter, type) {
        case (.exact(let target), _):
            guard let steps = type.wideningSteps(to: target) else { return false }
            cost.widening += steps
            return true
        case (.decimal, _):
            guard let target = type.widenedToDecimal else { return false }
            cost.widening += target == type ? 0 : (type == .integer ? 2 : 1)
            return true
        case (.generic(let name), _):
            guard let bound = variables[name] else {
                variables[name] = type
                return true
            }
            if bound == type { return true }
            guard let union = bound.wideningUnion(type) else { return false }
            variables[name] = union
            cost.widening += 1
            return true
        case (.array(let element), .array(let actual)): return bind(element, actual)
        case (.map(let key, let value), .map(let actualKey, let actualValue)):
            return bind(key, actualKey) && bind(value, actualValue)
        default: return false
        }
    }

    private func substitute(_ parameter: ParameterType) -> SQLType? {
        switch parameter {
        case .exact(let type): return type
        case .decimal, .lambda: return nil
        case .timeUnit: return .string
        case .generic(let name): return variables[name]
        case .array(let element): return substitute(element).map { .array($0) }
        case .map(let key, let value):
            guard let key = substitute(key), let value = substitute(value) else { return nil }
            return .map(key: key, value: value)
        }
    }
}

extension SQLType {
    var isDecimal: Bool {
        if case .decimal = self { return true }
        return false
    }

    /// The DECIMAL that holds every value of the type; nil for types that do not widen to DECIMAL.
    var widenedToDecimal: SQLType? {
        switch self {
        case .integer: .decimal(precision: 10, scale: 0)
        case .bigint: .decimal(precision: 19, scale: 0)
        case .decimal: self
        default: nil
        }
    }

    /// The DECIMAL that holds both.
    func decimalUnion(_ other: SQLType) -> SQLType? {
        guard case .decimal(let p1, let s1)? = widenedToDecimal, case .decimal(let p2, let s2)? = other.widenedToDecimal
        else { return nil }
        let scale = max(s1, s2)
        return .decimal(precision: scale + max(p1 - s1, p2 - s2), scale: scale)
    }

    /// How many implicit widenings lead to `target`; nil when none do.
    func wideningSteps(to target: SQLType) -> Int? {
        if self == target { return 0 }
        switch (self, target) {
        case (.integer, .bigint), (.bigint, .decimal), (.decimal, .double): return 1
        case (.integer, .decimal), (.bigint, .double): return 2
        case (.integer, .double): return 3
        case (.string, .date), (.string, .time), (.string, .timestamp), (.string, .bytes): return 1
        default: return nil
        }
    }

    /// The type that both widen to implicitly.
    func wideningUnion(_ other: SQLType) -> SQLType? {
        if wideningSteps(to: other) != nil, !other.isDecimal { return other }
        if other.wideningSteps(to: self) != nil, !isDecimal { return self }
        return decimalUnion(other)
    }
}
